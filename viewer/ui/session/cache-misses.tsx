import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { reasonWords } from "../cache-reasons.ts";
import { Heads } from "../chart/table-box.tsx";
import { dayOf, exact, exactMoney, money } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { setQuery } from "../route.ts";
import { zone } from "../status.ts";
import { ofSession, useResource } from "../use-resource.ts";

/** The query reads every request of the session. */
const EVERY_MS = 10_000;

/** Number of cache misses by cause, each with a link to its requests. */
export function CacheMisses({ session: { session_key, started_unix_ms } }: { session: SessionDetail }) {
  const range = started_unix_ms === null ? {} : { start_time: dayOf(started_unix_ms, zone.value) };
  const query = { session_id: session_key, time_zone: zone.value, ...range };
  const { data, fault } = useResource(
    "GET /api/cache",
    { query },
    { every_ms: EVERY_MS, after: ofSession(session_key) },
  );
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={1} />;
  const { misses, lost_nano_usd, reasons } = data.total;
  if (misses === 0) return <p class="muted">No cached tokens were paid for again.</p>;
  const show = (miss_reason: string) =>
    setQuery({ tab: "requests", missed: miss_reason === "" ? "1" : "", miss_reason });
  return (
    <table class="tally cache-misses">
      <caption class="hidden">Causes of cache misses</caption>
      <Heads of={["Missed because", "Requests", "Lost"]} />
      <tbody>
        {[...reasons, { reason: "", misses, lost_nano_usd }].map((row) => (
          <tr key={row.reason}>
            <th scope="row">
              <button type="button" class="link" onClick={() => show(row.reason)}>
                {row.reason === "" ? "Every cause" : <bdi>{reasonWords(row.reason)}</bdi>}
              </button>
            </th>
            <td>{exact(row.misses)}</td>
            <td data-tip={exactMoney(row.lost_nano_usd)}>{money(row.lost_nano_usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
