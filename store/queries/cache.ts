import type { Database } from "bun:sqlite";
import { flagBit } from "../../schema/usage.ts";
import { USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import {
  type CachedRequest,
  type Economy,
  economyOf,
  type Held,
  heldAfter,
  type Miss,
  missOf,
  stakeOf,
  TTL_1H_MS,
  tariffOf,
} from "../cache-economics.ts";
import type { PriceBook } from "../price-book.ts";
import { type Condition, inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";

type OfSession = { session_key: string; title: string | null; project_path: string | null };
export type CacheRow = CachedRequest &
  OfSession & { seq: number; request_key: string; session_pk: number; agent_id: string };
export type CacheStep = { row: CacheRow; economy: Economy; miss: Miss | null };
export type LiveCache = { row: CacheRow; held: Held; expires_unix_ms: number; stake_nano_usd: number | null };

const COLUMNS = `r.seq, r.request_key, r.session_pk, r.agent_id, r.source, r.time_unix_ms, r.model, r.service_tier, r.speed,
  r.inference_geo, r.flags, ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")}, r.cache_miss_reason,
  r.cache_missed_input_tokens, (r.origin is not null or r.parent_key is not null) as is_aside`;
const ofSession = (title: string) =>
  `s.source || ':' || s.source_session_id as session_key, ${title} as title, s.project_path`;
const OF_SESSION = ofSession("s.title");

/** What steps of one session share, read once: a range holds its rows by the thousand. */
function sessionOpener(db: Database) {
  const compacted = db.query<{ time_unix_ms: number }, [number]>(
    "select time_unix_ms from events where session_pk = ? and event_type = 'compaction_completed'",
  );
  const session = db.query<OfSession, [number]>(
    `select ${ofSession(SESSION_TITLE)} from sessions s where session_pk = ?`,
  );
  return (session_pk: number) => {
    let times: number[] | undefined;
    return {
      fields: session.get(session_pk)!,
      hasCompacted(after: number, until: number): boolean {
        times ??= compacted.all(session_pk).map((e) => e.time_unix_ms);
        return times.some((at) => at > after && at <= until);
      },
    };
  };
}

/** What a thread held at a time, from all that is stored: the same whatever range is asked for. */
function heldBeforeIn(db: Database) {
  const earlier = (that: string) =>
    db.query<CacheRow, [number, string, number]>(`
      select ${COLUMNS}, ${OF_SESSION} from requests r join sessions s using (session_pk)
      where r.session_pk = ?1 and r.agent_id = ?2 and r.time_unix_ms < ?3 and r.origin is null and r.parent_key is null
        and ${that}
      order by r.time_unix_ms desc, r.seq desc limit 1`);
  const last = earlier("true");
  // How long what is held lives was decided by the last request that wrote, which may lie further back.
  const lastWritten = earlier(
    `(r.cache_creation_5m_input_tokens + r.cache_creation_1h_input_tokens > 0 or r.flags & ${flagBit("aggregated_usage")} <> 0)`,
  );
  return ({ session_pk, agent_id }: CacheRow, from: number): Held | null => {
    const row = last.get(session_pk, agent_id, from);
    const written = row && lastWritten.get(session_pk, agent_id, from);
    return row && heldAfter(row, written ? heldAfter(written, null) : null);
  };
}

/** Requests by what they read from, wrote to and missed in the prompt cache. */
export function cacheQueries(db: Database, book: PriceBook) {
  const heldBefore = heldBeforeIn(db);
  const openSession = sessionOpener(db);

  function* stepsWhere({ sql, params }: Condition, from: number, until: number): Generator<CacheStep> {
    const rows = db.query<Omit<CacheRow, keyof OfSession>, Params>(`
      select ${COLUMNS} from requests r
      where r.time_unix_ms >= $from and r.time_unix_ms < $until and ${sql}
      order by r.session_pk, r.agent_id, r.time_unix_ms, r.seq`);
    let [session_pk, agent_id] = [-1, ""];
    let of: ReturnType<typeof openSession> | undefined;
    let held: Held | null = null;
    for (const found of rows.all({ ...params, from, until })) {
      const isOther = found.session_pk !== session_pk;
      if (isOther || of === undefined) of = openSession(found.session_pk);
      const row: CacheRow = Object.assign(found, of.fields);
      if (isOther || row.agent_id !== agent_id) held = heldBefore(row, from);
      ({ session_pk, agent_id } = row);
      const tariff = tariffOf(book, row);
      const hasCompacted =
        held !== null &&
        row.cache_read_input_tokens < held.tokens &&
        of.hasCompacted(held.time_unix_ms, row.time_unix_ms);
      yield { row, economy: economyOf(tariff, row), miss: missOf(tariff, row, held, hasCompacted) };
      held = heldAfter(row, held);
    }
  }

  return {
    /** By session and thread, in the order of their times. */
    steps: (scope: Scope, from: number, until: number) =>
      stepsWhere(inScope(db, scope, "r.session_pk"), from, until),
    /** The same of whole sessions, by their number in the store. */
    stepsOf: (session_pks: number[], from: number, until: number) =>
      stepsWhere(
        {
          sql: "r.session_pk in (select value from json_each($sessions))",
          params: { sessions: JSON.stringify(session_pks) },
        },
        from,
        until,
      ),

    /** Main threads of which a part is still held, the first to end first. */
    live(scope: Scope, now: number): LiveCache[] {
      const found = new Map<number, { row: CacheRow; held: Held }>();
      const { sql, params } = inScope(db, scope, "r.session_pk");
      const rows = db.query<CacheRow, Params>(`
        select ${COLUMNS}, ${OF_SESSION} from requests r join sessions s using (session_pk)
        where r.time_unix_ms > $from and r.time_unix_ms <= $until and r.agent_id = '' and s.ended_unix_ms is null and ${sql}
        order by r.time_unix_ms, r.seq`);
      for (const row of rows.all({ ...params, from: now - TTL_1H_MS, until: now })) {
        const held = heldAfter(row, found.get(row.session_pk)?.held ?? null);
        if (held && !row.is_aside) found.set(row.session_pk, { row, held });
      }
      return [...found.values()]
        .map(({ row, held }) => ({
          row,
          held,
          expires_unix_ms: held.time_unix_ms + held.ttl_ms,
          stake_nano_usd: stakeOf(tariffOf(book, row), held),
        }))
        .filter((c) => c.expires_unix_ms > now && c.held.tokens > 0)
        .sort((a, b) => a.expires_unix_ms - b.expires_unix_ms);
    },
  };
}
