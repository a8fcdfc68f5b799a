import type { CacheSums } from "../../../schema/api-cache.ts";
import { reasonWords } from "../cache-reasons.ts";
import { type Bar, Bars } from "../chart/bars.tsx";
import { COLOURS, REST, SAVED } from "../chart/hues.ts";
import { longDay, shortDate } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import type { range } from "../range.ts";
import { afterUsage, useResource } from "../use-resource.ts";

const FRESH = { every_ms: 30_000, after: afterUsage };
const MOST_DAYS = 500;

type Query = typeof range.value.query & { source: ""; project: string; account: string };

/** Savings and losses by day, losses by reason. */
export function CacheDays({ query }: { query: Query }) {
  const { data, fault } = useResource(
    "GET /api/cache",
    { query: { ...query, by: "day", limit: MOST_DAYS } },
    FRESH,
  );
  const reasons = (data?.total.reasons ?? []).filter((r) => r.lost_nano_usd > 0);
  const top = reasons.slice(0, COLOURS - 1).map((r) => r.reason);
  const names = new Map(top.map((reason) => [reason, `lost: ${reasonWords(reason)}`]));
  const hasRest = reasons.length > top.length;
  return (
    <section class="card" aria-labelledby="cache-days-title">
      <h2 id="cache-days-title">Saved and lost by day</h2>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={4} />}
      {data && (
        <Bars
          label="Saved and lost by day"
          bars={data.groups.map((day) => toBar(day.key, day, names))}
          names={[SAVED, ...new Set(names.values()), ...(hasRest ? [REST] : [])]}
        />
      )}
    </section>
  );
}

function toBar(day: string, of: CacheSums, names: Map<string, string>): Bar {
  const parts = new Map([[SAVED, of.saved_nano_usd]]);
  for (const { reason, lost_nano_usd } of of.reasons) {
    const name = names.get(reason) ?? REST;
    parts.set(name, (parts.get(name) ?? 0) + lost_nano_usd);
  }
  return { key: day, label: shortDate(day), title: longDay(day), parts };
}
