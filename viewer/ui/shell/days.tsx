import { useRef } from "preact/hooks";
import { dayBefore, shortDate } from "../format.ts";
import { isDay, RANGES, type Range, range } from "../range.ts";
import { chooseDays, OPEN } from "../ranged.ts";
import { behind } from "../route.ts";
import { today } from "../spend.ts";

/** The range of the view: a named one, or the first and the last day. It is in the address. */
export function Days() {
  const { name } = range.value;
  const open = OPEN[behind.value.page];
  const names = [...(open ? [["", open] as const] : []), ...Object.entries(RANGES)];
  return (
    <>
      <fieldset class="segments" aria-label="Days">
        {names.map(([key, label]) => (
          <button
            key={key}
            type="button"
            aria-pressed={name === (key || "all")}
            onClick={() => chooseDays({ range: key })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <span class="shift">
        <Shift by={-1} />
        <Custom />
        <Shift by={1} />
      </span>
    </>
  );
}

/** 27 Nov; 21 – 27 Nov; 28 Oct – 3 Nov 2025 */
function daysText({ name, from, to }: Range): string {
  if (name === "all") return "Choose days";
  const year = (day: string) => (day.slice(0, 4) === today.value.slice(0, 4) ? "" : ` ${day.slice(0, 4)}`);
  const text = (day: string) => (isDay(day) ? shortDate(day) + year(day) : day);
  if (from === to) return text(to);
  if (from === "") return `until ${text(to)}`;
  const isSameMonth = isDay(from) && from.slice(0, 7) === to.slice(0, 7);
  return `${isSameMonth ? Number(from.slice(8)) : text(from)} – ${text(to)}`;
}

function Custom() {
  const panel = useRef<HTMLElement>(null);
  const { from, to } = range.value;
  /** Right below what opens it. */
  const place = (button: HTMLElement) => {
    const { left, bottom } = button.getBoundingClientRect();
    panel.current?.style.setProperty(
      "inset",
      `${bottom + 6}px auto auto clamp(8px, ${left}px, 100% - 308px)`,
    );
  };
  return (
    <>
      <button
        type="button"
        class="quiet shown-days"
        popovertarget="custom-days"
        onClick={(e) => place(e.currentTarget)}
      >
        <span class="hidden">Custom days: </span>
        {daysText(range.value)}
      </button>
      <section id="custom-days" class="panel" popover="auto" aria-label="Custom days" ref={panel}>
        <Day
          label="First day"
          value={from}
          max={to}
          onChoose={(day) => chooseDays({ from: day, to }, false)}
        />
        <Day
          label="Last day"
          value={to}
          min={from}
          max={today.value}
          onChoose={(day) => chooseDays({ from, to: day }, false)}
        />
      </section>
    </>
  );
}

type DayProps = { label: string; value: string; min?: string; max?: string; onChoose(day: string): void };

function Day({ label, value, min, max, onChoose }: DayProps) {
  return (
    <label>
      {label}
      <input
        type="date"
        value={isDay(value) ? value : ""}
        min={min}
        max={max}
        onChange={({ currentTarget: { value } }) => {
          if (value === "" || isDay(value)) onChoose(value);
        }}
      />
    </label>
  );
}

/** The adjacent range of the same length; from "all", the last past day. */
function Shift({ by }: { by: 1 | -1 }) {
  const { from, to, days } = range.value;
  const isWhole = isDay(from) && isDay(to);
  const [first, last, step] = isWhole ? [from, to, days] : [today.value, today.value, 1];
  return (
    <button
      type="button"
      class="quiet"
      aria-label={by < 0 ? "Days before" : "Days after"}
      disabled={by > 0 && last >= today.value}
      onClick={() => chooseDays({ from: dayBefore(first, -by * step), to: dayBefore(last, -by * step) })}
    >
      {by < 0 ? "‹" : "›"}
    </button>
  );
}
