import { now } from "../clock.ts";
import { ago, plural } from "../format.ts";
import { linkTo } from "../shell/rail.tsx";
import { rowsOf, today, two_days } from "../spend.ts";
import { status, zone } from "../status.ts";

/** Reliability of the figures above, in one line. */
export function DataLine() {
  const known = status.value;
  const costs = two_days.value.data;
  if (!known) return null;
  const rows = costs ? rowsOf(costs, today.value, zone.value) : [];
  const all = rows.reduce((sum, r) => sum + r.total_tokens, 0);
  const unpriced = rows.reduce((sum, r) => sum + r.coverage.unpriced_tokens, 0);
  const { rejects, hook_events_lost } = known.counters;
  return (
    <p class="data-line facts">
      {all > 0 && <span>{Math.floor(((all - unpriced) / all) * 100)} % of today's tokens priced</span>}
      <span>
        {plural(known.watch.files, "file")} watched, last scan {ago(known.watch.last_scan_unix_ms, now.value)}
      </span>
      <span>
        <a href={linkTo("health")}>
          {rejects > 0 ? `${plural(rejects, "line")} rejected` : "no rejected lines"}
        </a>
      </span>
      {hook_events_lost > 0 && <span class="bad">{plural(hook_events_lost, "hook event")} lost</span>}
    </p>
  );
}
