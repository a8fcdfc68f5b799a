import type { LimitDial } from "../../schema/api-limits.ts";
import { now } from "./clock.ts";
import { history, keyOf, type Series } from "./limits.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WIDTH = 160;
const HEIGHT = 26;

type Of = Pick<
  LimitDial,
  "source" | "account" | "limit_id" | "window" | "window_minutes" | "used_percent" | "time_unix_ms"
>;

/** A day of a window of hours, a week of a longer one; the height is always 100 %, and where nothing is known is a gap. */
export function Sparkline({ of }: { of: Of }) {
  const until = now.value;
  const length = (of.window_minutes ?? 300) > 1440 ? 7 * DAY_MS : DAY_MS;
  const hours = (history.value.get(keyOf(of)) ?? []).filter((h) => h.hour_unix_ms > until - length);
  const lines = toLines(hours, of, { until, length });
  if (lines.length === 0) return <div class="spark" />;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Highest reading of the last ${length === DAY_MS ? "24 hours" : "7 days"}: ${highest(hours, of)} %`}
    >
      <line class="spark-floor" x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      {lines.map((line) => (
        <polyline key={line[0]} class="spark-line" points={line.join(" ")} />
      ))}
    </svg>
  );
}

const highest = (hours: Series["hours"], of: Of) =>
  Math.floor(Math.max(of.used_percent ?? 0, ...hours.map((h) => h.max_used_percent)));

type Frame = { until: number; length: number };

/** One line per stretch of hours without a gap; the newest reading is the end of the last. */
export function toLines(hours: Series["hours"], of: Of, frame: Frame): string[][] {
  const points = hours.map((h) => ({ at: h.hour_unix_ms + HOUR_MS / 2, percent: h.max_used_percent }));
  if (of.used_percent !== null && of.time_unix_ms !== null)
    points.push({ at: of.time_unix_ms, percent: of.used_percent });
  const lines: string[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, percent } of points.sort((a, b) => a.at - b.at)) {
    if (at - last > 2 * HOUR_MS) lines.push([]);
    lines.at(-1)!.push(place(at, percent, frame));
    last = at;
  }
  // A single reading is a short stroke: a point has no length to be drawn.
  return lines.map((line) => (line.length > 1 ? line : [line[0]!, nudge(line[0]!)]));
}

function place(at: number, percent: number, { until, length }: Frame): string {
  const x = WIDTH * (1 - (until - at) / length);
  const y = 1 + (HEIGHT - 3) * (1 - Math.min(100, percent) / 100);
  return `${Math.max(0, Math.min(WIDTH, x)).toFixed(1)},${y.toFixed(1)}`;
}

function nudge(point: string): string {
  const [x, y] = point.split(",");
  return `${(Math.max(1.5, Number(x)) - 1.5).toFixed(1)},${y}`;
}
