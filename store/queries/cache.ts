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
import { cacheQuarters } from "../judged/kept-quarters.ts";
import type { PriceBook } from "../price-book.ts";
import type { SessionChanges } from "../session-changes.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { inThreads } from "./threads.ts";
import { SESSIONS_TOUCHING } from "./zone.ts";

export type CacheSession = {
  session_pk: number;
  session_key: string;
  project_path: string | null;
  /** Whether it may have requests before the range. */
  has_before: number;
};
export type CacheRow = CachedRequest & { seq: number; session_pk: number; agent_id: string };
export type CacheStep = { row: CacheRow; of: CacheSession; economy: Economy; miss: Miss | null };
type LiveRow = CacheRow & { session_key: string };
export type LiveCache = {
  row: LiveRow;
  title: string | null;
  held: Held;
  expires_unix_ms: number;
  stake_nano_usd: number | null;
};

const COLUMNS = `r.seq, r.session_pk, r.agent_id, r.source, r.time_unix_ms, r.model, r.service_tier, r.speed,
  r.inference_geo, r.flags, ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")}, r.cache_miss_reason,
  r.cache_missed_input_tokens, (r.origin is not null or r.parent_key is not null) as is_aside`;

/** Cached tokens of a thread at a time, from all stored requests: independent of the queried range. */
function heldBeforeIn(db: Database) {
  const earlier = (that: string) =>
    db.query<CacheRow, [number, string, number]>(`
      select ${COLUMNS} from requests r
      where r.session_pk = ?1 and r.agent_id = ?2 and r.time_unix_ms < ?3 and r.origin is null and r.parent_key is null
        and ${that}
      order by r.time_unix_ms desc, r.seq desc limit 1`);
  const last = earlier("true");
  // The lifetime of cached tokens was set by the last request that wrote, which may be earlier.
  const lastWritten = earlier(
    `(r.cache_creation_5m_input_tokens + r.cache_creation_1h_input_tokens > 0 or r.flags & ${flagBit("aggregated_usage")} <> 0)`,
  );
  return ({ session_pk, agent_id }: CacheRow, from: number): Held | null => {
    const row = last.get(session_pk, agent_id, from);
    const written = row && lastWritten.get(session_pk, agent_id, from);
    return row && heldAfter(row, written ? heldAfter(written, null) : null);
  };
}

/** Times of a session's compactions, which few of its requests need. */
function compactionsIn(db: Database) {
  const compacted = db.query<{ time_unix_ms: number }, [number]>(
    "select time_unix_ms from events where session_pk = ? and event_type = 'compaction_completed'",
  );
  return (session_pk: number) => {
    let times: number[] | undefined;
    return (after: number, until: number): boolean => {
      times ??= compacted.all(session_pk).map((e) => e.time_unix_ms);
      return times.some((at) => at > after && at <= until);
    };
  };
}

function titlesIn(db: Database) {
  const titles = db.query<{ session_pk: number; title: string | null }, [string]>(
    `select session_pk, ${SESSION_TITLE} as title from sessions s where session_pk in (select value from json_each(?))`,
  );
  return (session_pks: number[]) =>
    new Map(titles.all(JSON.stringify(session_pks)).map((row) => [row.session_pk, row.title]));
}

/** The requests of one session with the state of their caches, thread by thread in the order of their times. */
function stepsIn(db: Database, book: PriceBook) {
  const heldBefore = heldBeforeIn(db);
  const openCompactions = compactionsIn(db);
  const rowsOf = db.query<CacheRow, [number, number, number]>(`
    select ${COLUMNS} from requests r where r.session_pk = ?1 and r.time_unix_ms >= ?2 and r.time_unix_ms < ?3`);

  return function* stepsOf(of: CacheSession, from: number, until: number): Generator<CacheStep> {
    let agent_id: string | undefined;
    let held: Held | null = null;
    const compactedIn = openCompactions(of.session_pk);
    for (const row of inThreads(rowsOf.all(of.session_pk, from, until))) {
      if (row.agent_id !== agent_id) held = of.has_before ? heldBefore(row, from) : null;
      agent_id = row.agent_id;
      const tariff = tariffOf(book, row);
      const hasCompacted =
        held !== null &&
        row.cache_read_input_tokens < held.tokens &&
        compactedIn(held.time_unix_ms, row.time_unix_ms);
      yield { row, of, economy: economyOf(tariff, row), miss: missOf(tariff, row, held, hasCompacted) };
      held = heldAfter(row, held);
    }
  };
}

/**
 * Requests by what they read from, wrote to and missed in the prompt cache. With `changes`, the quarters of an hour of
 * whole sessions are cached.
 */
export function cacheQueries(db: Database, book: PriceBook, changes?: SessionChanges) {
  const stepsOf = stepsIn(db, book);
  const names = db.query<{ seq: number; request_key: string }, [string]>(
    "select seq, request_key from requests where seq in (select value from json_each(?))",
  );
  const titlesOf = titlesIn(db);

  // Kept quarters begin with the first request.
  const hasBefore = changes
    ? "1"
    : "exists (select 1 from usage_rollup b where b.session_pk = s.session_pk and b.bucket_unix_ms < $from)";

  const { quartersOf, keep } = cacheQuarters(stepsOf, changes);

  return {
    stepsOf,
    quartersOf,
    keep,
    /** Sessions with a quarter hour of requests that overlaps the range, by their number in the store. */
    sessions(scope: Scope, from: number, until: number): CacheSession[] {
      const { sql, params } = inScope(db, scope, "s.session_pk");
      return db
        .query<CacheSession, Params>(`
          select s.session_pk, s.source || ':' || s.source_session_id as session_key, s.project_path,
            ${hasBefore} as has_before
          from sessions s where s.session_pk in (${SESSIONS_TOUCHING}) and ${sql}
          order by s.session_pk`)
        .all({ ...params, from, until });
    },
    keysOf: (seqs: number[]) =>
      new Map(names.all(JSON.stringify(seqs)).map((row) => [row.seq, row.request_key])),
    titlesOf,

    live: liveIn(db, book, titlesOf),
  };
}

/** Main threads with tokens still cached, first to expire first. */
function liveIn(db: Database, book: PriceBook, titlesOf: ReturnType<typeof titlesIn>) {
  return (scope: Scope, now: number): LiveCache[] => {
    const found = new Map<number, { row: LiveRow; held: Held }>();
    const { sql, params } = inScope(db, scope, "r.session_pk");
    const rows = db.query<LiveRow, Params>(`
        select ${COLUMNS}, s.source || ':' || s.source_session_id as session_key
        from requests r join sessions s using (session_pk)
        where r.time_unix_ms > $from and r.time_unix_ms <= $until and r.agent_id = '' and s.ended_unix_ms is null and ${sql}
        order by r.time_unix_ms, r.seq`);
    for (const row of rows.all({ ...params, from: now - TTL_1H_MS, until: now })) {
      const held = heldAfter(row, found.get(row.session_pk)?.held ?? null);
      if (held && !row.is_aside) found.set(row.session_pk, { row, held });
    }
    const kept = [...found.values()]
      .map(({ row, held }) => ({
        row,
        held,
        expires_unix_ms: held.time_unix_ms + held.ttl_ms,
        stake_nano_usd: stakeOf(tariffOf(book, row), held),
      }))
      .filter((c) => c.expires_unix_ms > now && c.held.tokens > 0)
      .sort((a, b) => a.expires_unix_ms - b.expires_unix_ms);
    const titleOf = titlesOf(kept.map(({ row }) => row.session_pk));
    return kept.map((live) => ({ ...live, title: titleOf.get(live.row.session_pk) ?? null }));
  };
}
