import type { Database } from "bun:sqlite";
import type { Reject } from "../../schema/api-health.ts";
import type { SourceName } from "../../schema/event-names.ts";
import type { RejectReason } from "../../schema/row-values.ts";

export type RejectRow = Omit<Reject, "line"> & { reject_pk: number };
export type RejectCount = { source: SourceName; reason: RejectReason; lines: number };
export type RejectFilter = {
  source?: SourceName | undefined;
  reason?: RejectReason | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
};

/** Lines and figures that could not be used. */
export function rejectQueries(db: Database) {
  const counts = db.query<RejectCount, []>(
    "select source, reason, count(*) as lines from rejects group by source, reason order by lines desc, source, reason",
  );
  const newest = db.query<RejectRow, Record<string, string | number | null>>(`
    select reject_pk, source, path, "offset", length_bytes, reason, detail, time_unix_ms from rejects
    where reject_pk < $before and ($source is null or source = $source) and ($reason is null or reason = $reason)
      and time_unix_ms >= $from and time_unix_ms < $until
    order by reject_pk desc limit $limit`);
  return {
    byReason: (): RejectCount[] => counts.all(),
    /** In the order in which they were read, the last one first. */
    newest: (filter: RejectFilter, before: number | undefined, limit: number): RejectRow[] =>
      newest.all({
        before: before ?? Number.MAX_SAFE_INTEGER,
        source: filter.source ?? null,
        reason: filter.reason ?? null,
        from: filter.from_unix_ms ?? 0,
        until: filter.until_unix_ms ?? Number.MAX_SAFE_INTEGER,
        limit,
      }),
  };
}
