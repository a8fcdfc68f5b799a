import { dayBefore } from "../format.ts";
import { isDay, RANGES, range } from "../range.ts";
import { chooseDays, OPEN } from "../ranged.ts";
import { behind } from "../route.ts";
import { today } from "../spend.ts";

/** The days of the view: a name of some, or the first and the last one. All of it is in the address. */
export function Days() {
  const { name, from, to } = range.value;
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
      <span class="dates">
        <Shift by={-1} />
        <Day
          label="First day"
          value={from}
          max={to}
          onChoose={(day) => chooseDays({ from: day, to }, false)}
        />
        <span aria-hidden="true">–</span>
        <Day
          label="Last day"
          value={to}
          min={from}
          max={today.value}
          onChoose={(day) => chooseDays({ from, to: day }, false)}
        />
        <Shift by={1} />
      </span>
    </>
  );
}

type DayProps = { label: string; value: string; min?: string; max?: string; onChoose(day: string): void };

function Day({ label, value, min, max, onChoose }: DayProps) {
  return (
    <input
      type="date"
      aria-label={label}
      value={isDay(value) ? value : ""}
      min={min}
      max={max}
      onChange={({ currentTarget: { value } }) => {
        if (value === "" || isDay(value)) onChoose(value);
      }}
    />
  );
}

/** As many days, right before or after; from all of them to the last one that is over. */
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
