import type { Database } from "bun:sqlite";
import type { StoredData } from "../../schema/event.ts";
import { INPUT_FIELDS, USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import type { PriceBook } from "../price-book.ts";
import { createSlices } from "../slices.ts";
import { agentModel } from "../waste/agent-model.ts";
import { largeResults } from "../waste/large-results.ts";
import { nearLimit } from "../waste/near-limit.ts";
import type { Compaction, Occurrence, WasteCall, WasteRequest, WasteThread } from "../waste/occurrence.ts";
import { repeatedFailures } from "../waste/repeated-failures.ts";
import { LEAST_REPEATED_TOKENS, repeatedResults } from "../waste/repeated-results.ts";
import { retries } from "../waste/retries.ts";
import { createUnreadWrites } from "../waste/unread-writes.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { inThreads } from "./threads.ts";
import { wasteCalls } from "./waste-calls.ts";
import { quartersWithin, SESSIONS_TOUCHING } from "./zone.ts";

export type WasteSums = { requests: number; cost_nano_usd: number; unpriced_requests: number };
export type WasteSession = {
  session_pk: number;
  session_key: string;
  title: string | null;
  project_path: string | null;
};

const COLUMNS = `r.seq, r.request_key, r.session_pk, r.agent_id, r.prompt_id, r.source, r.time_unix_ms, r.model,
  r.service_tier, r.speed, r.inference_geo, r.flags, ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")},
  ${INPUT_FIELDS.map((name) => `r.${name}`).join(" + ")} as input_tokens, r.price_id, r.cost_nano_usd, 0 as is_aside`;
const LEAST_FAILURES = 3;
/** A shorter answer has fewer tokens than count. */
const LEAST_CHARS = 2_000;
type Compacted = StoredData<"compaction_completed">;

/** Waste in what sessions did, by the rules of `store/waste`. */
export function wasteQueries(db: Database, book: PriceBook) {
  const callsOf = wasteCalls(db);
  const agents = db.query<{ session_pk: number }, []>(
    "select session_pk from sessions where relation = 'agent'",
  );
  const session = db.query<WasteSession, [number]>(`
    select session_pk, source || ':' || source_session_id as session_key, ${SESSION_TITLE} as title, project_path
    from sessions s where session_pk = ?`);
  const agent = db.query<{ agent_type: string | null }, [number, string]>(`
    select coalesce(
      (select agent_type from agents where session_pk = ?1 and agent_id = ?2),
      (select max(agent_type) from requests where session_pk = ?1 and agent_id = ?2)) as agent_type`);
  const rowsOf = db.query<WasteRequest, [number, number, number]>(`
    select ${COLUMNS} from requests r
    where r.session_pk = ?1 and r.time_unix_ms >= ?2 and r.time_unix_ms < ?3 and r.origin is null and r.parent_key is null`);
  const repeated = db.query<{ found: 0 | 1 }, [number]>(`
    select exists (select 1 from texts where session_pk = ? and role = 'tool_output'
      and coalesce(whole_chars, chunk_chars) >= ${LEAST_CHARS} group by text_hash having count(*) > 1) as found`);
  const compactions = db.query<{ data: string }, [number]>(
    "select data from events where session_pk = ? and event_type = 'compaction_completed'",
  );

  function compactionOf(session_pk: number): Compaction | null {
    const found = compactions.all(session_pk).map(({ data }) => JSON.parse(data) as Compacted);
    const most = (name: keyof Compacted, of: typeof found) => {
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
      session_pk,
      agent_id,
      rows,
      is_agent: is_agent || agent_id !== "",
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

  function sessionsIn(scope: Scope, from: number, until: number): number[] {
    const { sql, params } = inScope(db, scope, "u.session_pk");
    const found = db.query<{ session_pk: number }, Params>(`${SESSIONS_TOUCHING} and ${sql} order by 1`);
    return found.all({ ...params, from, until }).map((s) => s.session_pk);
  }

  function threadsOf(session_pk: number, is_agent: boolean, from: number, until: number): WasteThread[] {
    const rows = inThreads(rowsOf.all(session_pk, from, until));
    return [...Map.groupBy(rows, (r) => r.agent_id).values()].map((own) =>
      toThread(own, is_agent, from, until),
    );
  }

  /** Whether a long answer of a tool came twice; texts are looked at only where a prompt grew by one. */
  function isRepeating(threads: readonly WasteThread[], session_pk: number): boolean {
    const hasGrown = threads.some(({ rows }) =>
      rows.some((row, i) => i > 0 && row.input_tokens - rows[i - 1]!.input_tokens >= LEAST_REPEATED_TOKENS),
    );
    return hasGrown && repeated.get(session_pk)!.found === 1;
  }

  function failing(sessions: readonly number[], from: number, until: number): Set<number> {
    const found = db.query<{ session_pk: number }, Params>(`
      select distinct t.session_pk from tool_calls t
      where t.session_pk in (select value from json_each($sessions)) and t.outcome = 'failed'
        and t.started_unix_ms >= $from and t.started_unix_ms < $until
      group by t.session_pk, t.tool_name having count(*) >= ${LEAST_FAILURES}`);
    return new Set(found.all({ sessions: JSON.stringify(sessions), from, until }).map((s) => s.session_pk));
  }

  /** Whole quarters of an hour from their sums, what is beside them from the requests. */
  function sums(scope: Scope, from: number, until: number): WasteSums {
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
  }

  return {
    sums,

    /**
     * With all its proof inside the range; `now` decides which cache entries may still be read. Others get their turn
     * in between, since a long range takes its time.
     */
    async occurrences(scope: Scope, from: number, until: number, now: number): Promise<Occurrence[]> {
      const unread = createUnreadWrites(book, Math.min(until, now));
      const sessions = sessionsIn(scope, from, until);
      const loops = failing(sessions, from, until);
      const isAgent = ofAgents();
      const found: Occurrence[] = [];
      const slice = createSlices();
      for (const session_pk of sessions) {
        const threads = threadsOf(session_pk, isAgent.has(session_pk), from, until);
        const hasRepeated = isRepeating(threads, session_pk);
        for (const thread of threads) {
          if (loops.has(session_pk)) found.push(...repeatedFailures(thread));
          if (hasRepeated) found.push(...repeatedResults(thread, book));
          found.push(
            ...retries(thread),
            ...largeResults(thread, book),
            ...nearLimit(thread, book),
            ...agentModel(thread, book),
          );
          unread.add(thread);
        }
        await slice();
      }
      return [...found, ...unread.occurrences()];
    },

    sessionOf: (session_pk: number): WasteSession => session.get(session_pk)!,
    agentTypeOf: (session_pk: number, agent_id: string): string | null =>
      agent.get(session_pk, agent_id)?.agent_type ?? null,
  };
}
