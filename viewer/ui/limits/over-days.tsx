import type uPlot from "uplot";
import type { LimitsHistory, LimitWindow } from "../../../schema/api-limits.ts";
import { toPercent } from "../../../schema/figures.ts";
import { FiguresTable } from "../chart/table-box.tsx";
import { now } from "../clock.ts";
import { dayAndTime, plural, shortMoment } from "../format.ts";
import { Notice } from "../notice.tsx";
import { windowName } from "../now/limit-bars.tsx";
import { range } from "../range.ts";
import { zone } from "../status.ts";
import { Curve } from "./burn-up.tsx";
import { pastOf } from "./past-windows.tsx";
import { useHours } from "./readings.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const FULL = 100;
/** Offset at which a line restarts, as a separate point. */
const GAP_MS = 1;
type Hour = LimitsHistory["series"][number]["hours"][number];

/** All windows of one limit in the chosen days, each compared with even use. */
export function OverDays({ window: w }: { window: LimitWindow }) {
  const { data, hours, fault } = useHours(w, false);
  const highest = Math.max(0, ...hours.map((h) => h.max_used_percent));
  return (
    <>
      {fault && <Notice fault={fault} />}
      {data && hours.length === 0 && <p class="muted">No samples in these days.</p>}
      {data && hours.length > 0 && (
        <>
          <Curve
            data={toData(hours, w.window_minutes, [data.from_unix_ms, data.until_unix_ms])}
            isShort={range.value.days === 1}
            label={`${windowName(w)} from ${dayAndTime(data.from_unix_ms, zone.value)} to ${dayAndTime(data.until_unix_ms - 1, zone.value)}: at most ${toPercent(highest)} used. The hours below have the figures.`}
          />
          <p class="muted">
            <b>at most {toPercent(highest)}</b> · <span class="key is-used">used</span>{" "}
            <span class="key is-even">even use</span>
          </p>
        </>
      )}
    </>
  );
}

/** Used by hour, with a gap at each reset; an even use from the start of each window to its end. */
function toData(hours: Hour[], minutes: number | null, [from, until]: [number, number]): uPlot.AlignedData {
  const used = new Map<number, number | null>();
  const even = new Map<number, number | null>();
  const length = (minutes ?? 0) * MINUTE_MS;
  for (const end of pastOf(hours, Number.POSITIVE_INFINITY)
    .map((p) => p.resets_at)
    .sort((a, b) => a - b)) {
    const start = Math.max(end - length, ...[...even.keys()].map((at) => at + GAP_MS));
    if (length > 0)
      even
        .set(start, FULL - ((end - start) / length) * FULL)
        .set(end, FULL)
        .set(end + GAP_MS, null);
    used.set(end, null);
  }
  for (const h of hours) used.set(Math.min(h.hour_unix_ms + HOUR_MS, until), h.last_used_percent);
  const at = [...new Set([from, ...used.keys(), ...even.keys(), until])].sort((a, b) => a - b);
  const line = (of: Map<number, number | null>) => at.map((ms) => of.get(ms));
  const none = at.map(() => null);
  return [at.map((ms) => ms / 1000), line(even), line(used), none, none] as uPlot.AlignedData;
}

/** The data of the curve, latest hour first. */
export function HoursTable({ window: w }: { window: LimitWindow }) {
  const { hours } = useHours(w, false);
  if (hours.length === 0) return null;
  return (
    <section class="card" aria-labelledby="hours-of-limit">
      <h2 id="hours-of-limit">{plural(hours.length, "hour")} with samples</h2>
      <FiguresTable label="Hours with samples" heads={["Hour", "Lowest", "Highest", "Last", "Samples"]}>
        {hours.toReversed().map((h) => (
          <tr key={h.hour_unix_ms}>
            <th scope="row">{shortMoment(h.hour_unix_ms, now.value, zone.value)}</th>
            <td>{h.min_used_percent} %</td>
            <td>{h.max_used_percent} %</td>
            <td>{h.last_used_percent} %</td>
            <td>{h.samples}</td>
          </tr>
        ))}
      </FiguresTable>
    </section>
  );
}
