import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { exactMoney, money } from "../format.ts";
import { huesOf, REST } from "./hues.ts";
import { TableBox } from "./table-box.tsx";

/** Cost of one bucket by name, without unpriced usage. */
export type Bar = { key: string; label: string; title: string; parts: Map<string, number> };
/** A running total, with its own scale at the right. */
export type Line = { name: string; is_dashed: boolean; values: (number | null)[] };
type Props = {
  label: string;
  bars: Bar[];
  lines?: Line[];
  names: string[];
  /** A name of the legend was chosen; the rest cannot be chosen. */
  onPick?: (name: string) => void;
  /** A bar was chosen, by its key. */
  onBar?: ((key: string) => void) | undefined;
};

const STEPS = [1, 2, 2.5, 5, 10];
const MIN = 10_000_000;

/** The next higher round figure, for a readable axis. */
function roundUp(nano: number): number {
  const wanted = Math.max(nano, MIN);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return unit * STEPS.find((step) => step * unit >= wanted)!;
}

const sum = (bar: Bar) => [...bar.parts.values()].reduce((total, value) => total + value, 0);

/** Stacked bars with running totals over them; the same figures are available as a table. */
export function Bars({ label, bars, lines = [], names, onPick, onBar }: Props) {
  const hues = huesOf(names);
  const top = roundUp(Math.max(0, ...bars.map(sum)));
  const high = roundUp(Math.max(0, ...lines.flatMap((line) => line.values.map((v) => v ?? 0))));
  const isTable = useMemo(() => signal(false), []);
  const every = Math.max(1, Math.ceil(bars.length / 8));
  const isLong = bars.length > 4 && bars.some((bar) => bar.label.length > 3);
  const touched = useRef("");
  /** The first touch shows the figures, the second one chooses. */
  const pick = (event: MouseEvent, key: string) => {
    const isFirst = (event as PointerEvent).pointerType === "touch" && touched.current !== key;
    touched.current = key;
    if (!isFirst) onBar?.(key);
  };
  return (
    <figure class="bars">
      <div class={lines.length > 0 ? "bars-frame has-lines" : "bars-frame"}>
        <Axis top={top} />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in */}
        <div
          class="bars-plot"
          role="group"
          data-roving
          aria-label={`${label}. The table below has the figures.`}
        >
          {bars.map((bar) => (
            <div key={bar.key} class="bars-slot">
              <button
                type="button"
                class={onBar ? "" : "exact"}
                data-tip={tipOf(bar, names)}
                onClick={(e) => pick(e, bar.key)}
              >
                <span class="hidden">{`${bar.title}: ${money(sum(bar))}`}</span>
              </button>
              {names.map((name) => {
                const value = bar.parts.get(name) ?? 0;
                const style = { height: `${(value / top) * 100}%` };
                return value > 0 && <i key={name} class={`hue-${hues.get(name)}`} style={style} />;
              })}
            </div>
          ))}
          <Lines lines={lines} high={high} count={bars.length} />
        </div>
        {lines.length > 0 && <Axis top={high} />}
        <div class={isLong ? "bars-labels is-long" : "bars-labels"} aria-hidden="true">
          {bars.map((bar, i) => (
            <span key={bar.key} class={i % (2 * every) === 0 ? "" : "is-second"}>
              {i % every === 0 ? bar.label : ""}
            </span>
          ))}
        </div>
      </div>
      <div class="bars-foot">
        <Legend bars={bars} names={names} lines={lines} hues={hues} onPick={onPick} />
        <button
          type="button"
          class="link as-table"
          aria-expanded={isTable.value}
          onClick={() => {
            isTable.value = !isTable.value;
          }}
        >
          {isTable.value ? "Hide the table" : "Show as table"}
        </button>
      </div>
      {isTable.value && <Table label={label} bars={bars} names={names} lines={lines} />}
    </figure>
  );
}

function tipOf(bar: Bar, names: string[]): string {
  const parts = names.filter((n) => bar.parts.has(n)).map((n) => `${n} ${money(bar.parts.get(n)!)}`);
  return [`${bar.title}: ${money(sum(bar))}`, ...parts].join("\n");
}

/** $50, $2.50, $0.01, $0.005: as short as a round figure is. */
const scale = (nano: number) =>
  money(nano)
    .replace(/\.?0+$/, "")
    .replace(/(\.\d)$/, "$10");

const Axis = ({ top }: { top: number }) => (
  <div class="bars-axis" aria-hidden="true">
    <span>{scale(top)}</span>
    <span>{scale(top / 2)}</span>
    <span>$0</span>
  </div>
);

function Lines({ lines, high, count }: { lines: Line[]; high: number; count: number }) {
  if (lines.length === 0) return null;
  const place = (value: number | null, i: number) =>
    value === null
      ? undefined
      : `${(((i + 1) / count) * 100).toFixed(2)},${(100 - (value / high) * 100).toFixed(2)}`;
  return (
    <svg class="bars-lines" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {lines.map((line) => (
        <polyline
          key={line.name}
          class={line.is_dashed ? "is-dashed" : ""}
          points={["0,100", ...line.values.map(place).filter((p) => p !== undefined)].join(" ")}
        />
      ))}
    </svg>
  );
}

function Legend(props: {
  bars: Bar[];
  names: string[];
  lines: Line[];
  hues: Map<string, number>;
  onPick: Props["onPick"];
}) {
  const { bars, names, lines, hues, onPick } = props;
  return (
    <ul class="legend" data-roving>
      {names.map((name) => {
        const total = bars.reduce((all, bar) => all + (bar.parts.get(name) ?? 0), 0);
        const content = (
          <>
            <i class={`hue-${hues.get(name)}`} aria-hidden="true" />
            <bdi>{name}</bdi> {money(total)}
          </>
        );
        return (
          <li key={name}>
            {onPick && name !== REST ? (
              <button type="button" class="link" onClick={() => onPick(name)}>
                {content}
              </button>
            ) : (
              <span data-tip={exactMoney(total)}>{content}</span>
            )}
          </li>
        );
      })}
      {lines.map((line) => (
        <li key={line.name} class={line.is_dashed ? "is-dashed" : "is-line"}>
          <i aria-hidden="true" />
          <span>
            {line.name} {money(line.values.findLast((v) => v !== null) ?? null)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Table({ label, bars, names, lines }: Omit<Props, "onPick" | "onBar"> & { lines: Line[] }) {
  return (
    <TableBox label={label}>
      <table class="figures-table">
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {names.map((name) => (
              <th key={name} scope="col">
                <bdi>{name}</bdi>
              </th>
            ))}
            <th scope="col">Sum</th>
            {lines.map((line) => (
              <th key={line.name} scope="col">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars.map((bar, i) => (
            <tr key={bar.key}>
              <th scope="row">{bar.title}</th>
              {names.map((name) => (
                <td key={name}>{bar.parts.has(name) ? money(bar.parts.get(name)!) : ""}</td>
              ))}
              <td>{money(sum(bar))}</td>
              {lines.map((line) => (
                <td key={line.name}>{line.values[i] == null ? "" : money(line.values[i]!)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
