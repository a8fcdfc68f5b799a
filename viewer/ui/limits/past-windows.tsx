import type { LimitsHistory, LimitWindow } from "../../../schema/api-limits.ts";
import { toPercent } from "../../../schema/figures.ts";
import { pagePath } from "../../../schema/pages.ts";
import { Heads } from "../chart/table-box.tsx";
import { dayAndTime } from "../format.ts";
import { zone } from "../status.ts";
import { daysOf, spanOf, useHours } from "./readings.ts";

const SHOWN = 20;
/** Clients report the same reset some seconds apart. */
const SAME_MS = 10 * 60_000;

type Past = { resets_at: number; highest: number };

/** Each window by its reset, with its highest sample. */
export function pastOf(hours: LimitsHistory["series"][number]["hours"], until: number): Past[] {
  const found: Past[] = [];
  for (const { resets_at_unix_ms, max_used_percent } of hours) {
    if (resets_at_unix_ms === null || resets_at_unix_ms >= until - SAME_MS) continue;
    const same = found.find((p) => Math.abs(p.resets_at - resets_at_unix_ms) < SAME_MS);
    if (same) same.highest = Math.max(same.highest, max_used_percent);
    else found.push({ resets_at: resets_at_unix_ms, highest: max_used_percent });
  }
  return found.sort((a, b) => b.resets_at - a.resets_at);
}

/** Costs of the days that a window covered. */
function spentIn(w: LimitWindow, resets_at: number): string {
  const days = daysOf(spanOf({ ...w, resets_at_unix_ms: resets_at }));
  return pagePath("costs", {}, { ...days, source: w.source });
}

/** Windows before the current one, or those that ended in the chosen days. */
export function PastWindows({ window: w, isCurrent }: { window: LimitWindow; isCurrent: boolean }) {
  const { hours, until_unix_ms } = useHours(w, isCurrent);
  const over = pastOf(hours, w.resets_at_unix_ms ?? Number.POSITIVE_INFINITY);
  const past = over.filter((p) => p.resets_at <= until_unix_ms).slice(0, SHOWN);
  return (
    <section class="card" aria-labelledby="past-title">
      <h2 id="past-title">{isCurrent ? "Past windows" : "Windows that ended in these days"}</h2>
      {past.length === 0 && <p class="muted">{isCurrent ? "None yet." : "None."}</p>}
      {past.length > 0 && (
        <table class="ranked">
          <colgroup>
            <col class="causes" />
            <col />
          </colgroup>
          <Heads of={["Ended", "Highest sample"]} />
          <tbody>
            {past.map((p) => (
              <tr key={p.resets_at}>
                <th scope="row">
                  <a class="link" href={spentIn(w, p.resets_at)} data-row data-tip="What was spent in it">
                    {dayAndTime(p.resets_at, zone.value)}
                  </a>
                </th>
                <td class={p.highest >= 100 ? "share is-full" : "share"}>
                  <i style={{ "--share": Math.min(100, p.highest) / 100 }} aria-hidden="true" />
                  <span>{toPercent(p.highest)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
