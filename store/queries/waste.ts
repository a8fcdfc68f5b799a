import type { Database } from "bun:sqlite";
import { USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import type { PriceBook } from "../price-book.ts";
import { agentModel } from "../waste/agent-model.ts";
import { largeResults } from "../waste/large-results.ts";
import { nearLimit } from "../waste/near-limit.ts";
import type { Compaction, Occurrence, WasteCall, WasteRequest, WasteThread } from "../waste/occurrence.ts";
import { repeatedFailures } from "../waste/repeated-failures.ts";
import { repeatedResults } from "../waste/repeated-results.ts";
import { retries } from "../waste/retries.ts";
import { createUnreadWrites } from "../waste/unread-writes.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { wasteCalls } from "./waste-calls.ts";

export type WasteSums = { requests: number; cost_nano_usd: number; unpriced_requests: number };
export type WasteSession = {
  session_pk: number;
  session_key: string;
  title: string | null;
  project_path: string | null;
};

const COLUMNS = `r.seq, r.request_key, r.session_pk, r.agent_id, r.prompt_id, r.source, r.time_unix_ms, r.model,
  r.service_tier, r.speed, r.inference_geo, r.flags, ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")},
  r.price_id, r.cost_nano_usd, 0 as is_aside`;
const LEAST_FAILURES = 3;
/** A shorter answer has fewer tokens than count. */
const LEAST_CHARS = 2_000;
/** Read at a time: some 5,000 requests, a twentieth of a second. */
const SESSIONS = 50;

/** Waste in what sessions did, by the rules of `store/waste`. */
export function wasteQueries(db: Database, book: PriceBook) {
  const callsOf = wasteCalls(db);
  const agents = db.query<{ session_pk: number }, []>(
    "select session_pk from sessions where relation = 'agent'",
  );
  const session = db.query<WasteSession, [number]>(`
    select session_pk, source || ':' || source_session_id as session_key, title, project_path
    from sessions where session_pk = ?`);
  const agent = db.query<{ agent_type: string | null }, [number, string]>(`
    select coalesce(
      (select agent_type from agents where session_pk = ?1 and agent_id = ?2),
      (select max(agent_type) from requests where session_pk = ?1 and agent_id = ?2)) as agent_type`);
  const rowsOf = db.query<WasteRequest, [string, number, number]>(`
    select ${COLUMNS} from requests r
    where r.session_pk in (select value from json_each(?1)) and r.time_unix_ms >= ?2 and r.time_unix_ms < ?3
      and r.origin is null and r.parent_key is null
    order by r.session_pk, r.agent_id, r.time_unix_ms, r.seq`);
  const repeated = db.query<{ session_pk: number }, [string]>(`
    select distinct session_pk from texts
    where session_pk in (select value from json_each(?)) and role = 'tool_output'
      and coalesce(whole_chars, chunk_chars) >= ${LEAST_CHARS}
    group by session_pk, text_hash having count(*) > 1`);
  const compactions = db.query<{ data: string }, [number]>(
    "select data from events where session_pk = ? and event_type = 'compaction_completed'",
  );

  function compactionOf(session_pk: number): Compaction | null {
    const found = compactions.all(session_pk).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
    const most = (name: string, of: typeof found) => {
      const values = of.map((data) => data[name]).filter((n): n is number => typeof n === "number" && n > 0);
      return values.length === 0 ? null : Math.max(...values);
    };
    const own = found.filter((data) => data.trigger === "auto");
    if (found.length === 0) return null;
    return {
      limit_tokens: most("context_tokens_before", own),
      left_tokens: most("context_tokens_after", found),
    };
  }

  const ofAgents = () => new Set(agents.all().map((s) => s.session_pk));

  function toThread(rows: WasteRequest[], is_agent: boolean, from: number, until: number): WasteThread {
    const { session_pk, agent_id } = rows[0]!;
    let calls: WasteCall[] | undefined;
    let compaction: Compaction | null | undefined;
    return {
      ...{ session_pk, agent_id, rows, is_agent: is_agent || agent_id !== "" },
      calls: () => {
        calls ??= callsOf(session_pk, agent_id, from, until);
        return calls;
      },
      compaction: () => {
        if (compaction === undefined) compaction = agent_id === "" ? compactionOf(session_pk) : null;
        return compaction;
      },
    };
  }

  /** Some sessions at a time, each of them whole. */
  function* threads(scope: Scope, from: number, until: number): Generator<WasteThread[]> {
    const { sql, params } = inScope(db, scope, "r.session_pk");
    const sessions = db.query<{ session_pk: number }, Params>(`
      select distinct r.session_pk from requests r
      where r.time_unix_ms >= $from and r.time_unix_ms < $until and ${sql} order by r.session_pk`);
    const found = sessions.all({ ...params, from, until }).map((s) => s.session_pk);
    const isAgent = ofAgents();
    for (let at = 0; at < found.length; at += SESSIONS) {
      const some = JSON.stringify(found.slice(at, at + SESSIONS));
      const own = Map.groupBy(rowsOf.all(some, from, until), (r) => `${r.session_pk} ${r.agent_id}`);
      yield [...own.values()].map((rows) => toThread(rows, isAgent.has(rows[0]!.session_pk), from, until));
    }
  }

  /** Of these, sessions in which a long answer of a tool came twice. */
  function repeatingOf(some: WasteThread[]): Set<number> {
    const sessions = [...new Set(some.map((t) => t.session_pk))];
    return new Set(repeated.all(JSON.stringify(sessions)).map((s) => s.session_pk));
  }

  function failing(scope: Scope, from: number, until: number): Set<number> {
    const { sql, params } = inScope(db, scope, "t.session_pk");
    const found = db.query<{ session_pk: number }, Params>(`
      select distinct t.session_pk from tool_calls t
      where t.outcome = 'failed' and t.started_unix_ms >= $from and t.started_unix_ms < $until and ${sql}
      group by t.session_pk, t.tool_name having count(*) >= ${LEAST_FAILURES}`);
    return new Set(found.all({ ...params, from, until }).map((s) => s.session_pk));
  }

  return {
    sums(scope: Scope, from: number, until: number): WasteSums {
      const { sql, params } = inScope(db, scope, "r.session_pk");
      const run = db.query<WasteSums, Params>(`
        select count(*) filter (where r.parent_key is null) as requests,
          coalesce(sum(r.cost_nano_usd), 0) as cost_nano_usd,
          count(*) filter (where r.cost_nano_usd is null) as unpriced_requests
        from requests r where r.time_unix_ms >= $from and r.time_unix_ms < $until and ${sql}`);
      return run.get({ ...params, from, until })!;
    },

    /**
     * With all its proof inside the range; `now` decides which cache entries may still be read. Others get their turn
     * in between, since a long range takes seconds.
     */
    async occurrences(scope: Scope, from: number, until: number, now: number): Promise<Occurrence[]> {
      const unread = createUnreadWrites(book, Math.min(until, now));
      const loops = failing(scope, from, until);
      const found: Occurrence[] = [];
      for (const some of threads(scope, from, until)) {
        const repeating = repeatingOf(some);
        for (const thread of some) {
          if (loops.has(thread.session_pk)) found.push(...repeatedFailures(thread));
          if (repeating.has(thread.session_pk)) found.push(...repeatedResults(thread, book));
          found.push(
            ...retries(thread),
            ...largeResults(thread, book),
            ...nearLimit(thread, book),
            ...agentModel(thread, book),
          );
          unread.add(thread);
        }
        await new Promise(setImmediate);
      }
      return [...found, ...unread.occurrences()];
    },

    sessionOf: (session_pk: number): WasteSession => session.get(session_pk)!,
    agentTypeOf: (session_pk: number, agent_id: string): string | null =>
      agent.get(session_pk, agent_id)?.agent_type ?? null,
  };
}
