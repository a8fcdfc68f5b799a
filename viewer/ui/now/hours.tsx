import type { Costs } from "../../../schema/api-shapes.ts";
import { shortModel } from "../../event-labels.ts";
import { type Bar, Bars, type Line } from "../chart/bars.tsx";
import { REST } from "../chart/hues.ts";
import { now } from "../clock.ts";
import { clock, dayBefore, weekday } from "../format.ts";
import { linkTo } from "../shell/rail.tsx";
import { rowsOf, today } from "../spend.ts";
import { zone } from "../status.ts";

/** As many as fit into two lines of the legend; Costs has all. */
const MODELS = 4;

/** Each hour of a day by model, with the running totals of that day and of the day before. */
export function Hours({ day, costs }: { day: string; costs: Costs }) {
  const before = dayBefore(day, 1);
  const isToday = day === today.value;
  const buckets = costs.buckets.filter((b) => b.bucket.startsWith(day));
  const rows = rowsOf(costs, day, zone.value);
  const models = new Map<string, number>();
  for (const row of rows)
    models.set(shortModel(row.model), (models.get(shortModel(row.model)) ?? 0) + (row.cost_nano_usd ?? 0));
  const paid = [...models].filter(([, cost]) => cost > 0).sort((a, b) => b[1] - a[1]);
  const top = new Set(paid.slice(0, MODELS).map(([name]) => name));
  const names = [...top, ...(paid.length > top.size ? [REST] : [])];
  const lines: Line[] = [
    {
      name: `${isToday ? "Today" : weekday(day)}, added up`,
      is_dashed: false,
      values: running(rows, buckets, isToday ? now.value : Number.POSITIVE_INFINITY),
    },
    {
      name: `${weekday(before)}, added up`,
      is_dashed: true,
      values: running(
        rowsOf(costs, before, zone.value),
        costs.buckets.filter((b) => b.bucket.startsWith(before)),
      ),
    },
  ];
  return (
    <section class="card hours" aria-labelledby="hours-title">
      <h2 id="hours-title">
        {isToday ? "Today" : weekday(day)} by hour, by model <a href={linkTo("costs")}>costs →</a>
      </h2>
      <Bars
        label={`Cost of ${day} by hour and model`}
        bars={pad(toBars(rows, buckets, top), buckets)}
        names={names}
        lines={lines}
      />
    </section>
  );
}

type Buckets = Costs["buckets"];

function toBars(rows: Costs["rows"], buckets: Buckets, top: ReadonlySet<string>): Bar[] {
  return buckets.map((bucket) => {
    const parts = new Map<string, number>();
    for (const row of rows)
      if (row.bucket_unix_ms === bucket.bucket_unix_ms && row.cost_nano_usd !== null) {
        const model = shortModel(row.model);
        const name = top.has(model) ? model : REST;
        parts.set(name, (parts.get(name) ?? 0) + row.cost_nano_usd);
      }
    const time = clock(bucket.bucket_unix_ms, zone.value);
    return { key: bucket.bucket, label: time.slice(0, 2), title: time.slice(0, 5), parts };
  });
}

/** The current day has its full width from the start, so that bars do not move. */
function pad(bars: Bar[], buckets: Buckets): Bar[] {
  const missing = 24 - bars.length;
  const end = buckets.at(-1)?.until_unix_ms;
  if (missing <= 0 || end === undefined) return bars;
  const later = Array.from({ length: missing }, (_, i) => {
    const hour = String(24 - missing + i).padStart(2, "0");
    return { key: `later ${hour}`, label: hour, title: `${hour}:00`, parts: new Map<string, number>() };
  });
  return [...bars, ...later];
}

function running(rows: Costs["rows"], buckets: Buckets, until = Number.POSITIVE_INFINITY): (number | null)[] {
  let sum = 0;
  return buckets.map((bucket) => {
    if (bucket.bucket_unix_ms > until) return null;
    for (const row of rows) if (row.bucket_unix_ms === bucket.bucket_unix_ms) sum += row.cost_nano_usd ?? 0;
    return sum;
  });
}
