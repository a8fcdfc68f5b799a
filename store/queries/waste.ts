import type { Database } from "bun:sqlite";
import { keptWaste } from "../judged/kept-waste.ts";
import type { PriceBook } from "../price-book.ts";
import type { SessionChanges } from "../session-changes.ts";
import { createSlices } from "../slices.ts";
import type { Occurrence } from "../waste/occurrence.ts";
import { type SessionWaste, wasteIn } from "../waste/session-waste.ts";
import { unreadWrites } from "../waste/unread-writes.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { wasteThreads } from "./waste-threads.ts";
import { quartersWithin, type Range, SESSIONS_TOUCHING } from "./zone.ts";

export type WasteSums = { requests: number; cost_nano_usd: number; unpriced_requests: number };
export type WasteSession = {
  session_pk: number;
  session_key: string;
  title: string | null;
  project_path: string | null;
};

/** Session and kind of sub-agent of a finding. */
function namesIn(db: Database) {
  const session = db.query<WasteSession, [number]>(`
    select session_pk, source || ':' || source_session_id as session_key, ${SESSION_TITLE} as title, project_path
    from sessions s where session_pk = ?`);
  const agent = db.query<{ agent_type: string | null }, [number, string]>(`
    select coalesce(
      (select agent_type from agents where session_pk = ?1 and agent_id = ?2),
      (select max(agent_type) from requests where session_pk = ?1 and agent_id = ?2)) as agent_type`);
  return {
    sessionOf: (session_pk: number): WasteSession => session.get(session_pk)!,
    agentTypeOf: (session_pk: number, agent_id: string): string | null =>
      agent.get(session_pk, agent_id)?.agent_type ?? null,
  };
}

/** Waste in what sessions did, by the rules of `store/waste`. With `changes`, that of whole sessions is cached. */
export function wasteQueries(db: Database, book: PriceBook, changes?: SessionChanges) {
  const reads = wasteThreads(db);
  const kept = changes && keptWaste(reads, book, changes);
  const wasteWithin = wasteReader(reads, book, kept);
  const agents = db.query<{ session_pk: number }, []>(
    "select session_pk from sessions where relation = 'agent'",
  );
  const ofAgents = () => new Set(agents.all().map((s) => s.session_pk));

  function sessionsIn(scope: Scope, from: number, until: number): number[] {
    const { sql, params } = inScope(db, scope, "u.session_pk");
    const found = db.query<{ session_pk: number }, Params>(`${SESSIONS_TOUCHING} and ${sql} order by 1`);
    return found.all({ ...params, from, until }).map((s) => s.session_pk);
  }

  return {
    ...namesIn(db),
    sums: wasteSums(db),

    /**
     * With all evidence inside the range; `now` decides which cache entries may still be read. Other work can run in
     * between, since a long range takes time.
     */
    async occurrences(scope: Scope, from: number, until: number, now: number): Promise<Occurrence[]> {
      const sessions = sessionsIn(scope, from, until);
      const isAgent = ofAgents();
      const wasteOf = wasteWithin(sessions, { from_unix_ms: from, until_unix_ms: until });
      const found: SessionWaste[] = [];
      const slice = createSlices();
      for (const session_pk of sessions) {
        found.push(wasteOf(session_pk, isAgent.has(session_pk)));
        await slice();
      }
      const unread = found.flatMap((w) => w.unread);
      const reads = found.flatMap((w) => w.reads);
      return [
        ...found.flatMap((w) => w.occurrences),
        ...unreadWrites(unread, reads, Math.min(until, now), book),
      ];
    },

    /** Computes what queries about this session need, unless it is cached. */
    keep: (session_pk: number): void => void kept?.(session_pk, ofAgents().has(session_pk)),
  };
}

type Kept = ReturnType<typeof keptWaste> | undefined;

/** Waste of a session within a range: from the cache if the whole session is within it, else computed. */
function wasteReader(reads: ReturnType<typeof wasteThreads>, book: PriceBook, kept: Kept) {
  const { threadsOf, isRepeating, failing } = reads;
  return (sessions: readonly number[], range: Range) => {
    let loops: Set<number> | undefined;
    return (session_pk: number, is_agent: boolean): SessionWaste => {
      const whole = kept?.(session_pk, is_agent);
      if (whole && whole.from_unix_ms >= range.from_unix_ms && whole.until_unix_ms <= range.until_unix_ms)
        return whole;
      loops ??= failing(sessions, range);
      const threads = threadsOf(session_pk, is_agent, range);
      const hasRepeated = isRepeating(threads, session_pk);
      return wasteIn(threads, { hasLoops: loops.has(session_pk), hasRepeated }, book);
    };
  };
}

function wasteSums(db: Database) {
  /** Whole quarters of an hour from their sums, the rest from the requests. */
  return (scope: Scope, from: number, until: number): WasteSums => {
    const whole = quartersWithin({ from_unix_ms: from, until_unix_ms: until });
    const [inner, outer] = [whole.from_unix_ms, whole.until_unix_ms];
    const { sql, params } = inScope(db, scope, "u.session_pk");
    const run = db.query<WasteSums, Params>(`
      select coalesce(sum(requests), 0) as requests, coalesce(sum(cost_nano_usd), 0) as cost_nano_usd,
        coalesce(sum(unpriced_requests), 0) as unpriced_requests
      from (
        select u.requests, u.cost_nano_usd, u.unpriced_requests from usage_rollup u
        where u.bucket_unix_ms >= $inner and u.bucket_unix_ms < $outer and ${sql}
        union all
        select u.parent_key is null, u.cost_nano_usd, u.cost_nano_usd is null from requests u
        where u.time_unix_ms >= $from and u.time_unix_ms < $inner and ${sql}
        union all
        select u.parent_key is null, u.cost_nano_usd, u.cost_nano_usd is null from requests u
        where u.time_unix_ms >= $outer and u.time_unix_ms < $until and ${sql})`);
    return run.get({ ...params, from, until, inner, outer })!;
  };
}
