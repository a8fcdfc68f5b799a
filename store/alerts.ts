import type { Database } from "bun:sqlite";
import { Alert, AlertNotice, type RecentAlert } from "../schema/alerts.ts";
import type { MetricEvent } from "../schema/events.ts";
import type { CommitResult } from "./committer.ts";
import { metaOf } from "./meta.ts";
import { toData } from "./queries/feed-row.ts";
import type { Store } from "./store.ts";

/** Keys of `meta`: which alerts are active, and the progress of each delivery. */
const ACTIVE = "alerts_active";
const deliveredKey = (delivery: string) => `alerts_told_${delivery}`;
const PAGE = 50;

type AlertEventRow = {
  seq: number;
  event_type: RecentAlert["event_type"];
  time_unix_ms: number;
  data: string;
};

/** Active alerts and their deliveries, for readers. */
export function alertQueries(db: Database) {
  const meta = metaOf(db);
  const notices = (where: string) => `
    select seq, event_type, time_unix_ms, data from (
      select * from events where event_type = 'alert_fired' and ${where}
      union all select * from events where event_type = 'alert_cleared' and ${where})`;
  const newest = db.query<AlertEventRow, [number]>(`${notices("true")} order by seq desc limit ?`);
  const after = db.query<AlertEventRow, [number, number]>(`${notices("seq > ?1")} order by seq limit ?2`);

  return {
    active(): Alert[] {
      const value = meta.get(ACTIVE);
      if (value === undefined) return [];
      const read = Alert.array().safeParse(toList(value));
      return read.success ? read.data : [];
    },
    recent: (limit = PAGE): RecentAlert[] => newest.all(limit).flatMap(toRecent),
    /** Oldest first. */
    after: (seq: number, limit = PAGE): RecentAlert[] => after.all(seq, limit).flatMap(toRecent),
    delivered: (delivery: string): number | undefined => {
      const value = meta.get(deliveredKey(delivery));
      return value === undefined ? undefined : Number(value);
    },
  };
}
export type AlertQueries = ReturnType<typeof alertQueries>;

function toList(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** The body of an old event may have been pruned; then there is nothing left to deliver. */
function toRecent({ data, ...row }: AlertEventRow): RecentAlert[] {
  const notice = AlertNotice.safeParse(toData(data));
  return notice.success ? [{ ...notice.data, ...row }] : [];
}

/** The changes and the now active alerts, in one transaction: after a crash each alert is delivered exactly once. */
export function recordAlerts(
  store: Pick<Store, "record">,
  events: MetricEvent[],
  active: readonly Alert[],
): CommitResult {
  return store.record(events, { [ACTIVE]: JSON.stringify(active) });
}

export function markDelivered(store: Pick<Store, "setMeta">, delivery: string, seq: number): void {
  store.setMeta(deliveredKey(delivery), String(seq));
}
