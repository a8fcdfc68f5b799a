import type { Database } from "bun:sqlite";
import type { StoredData } from "../../schema/event.ts";
import { INPUT_FIELDS, USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import type { Compaction, WasteCall, WasteRequest, WasteThread } from "../waste/occurrence.ts";
import { LEAST_REPEATED_TOKENS } from "../waste/repeated-results.ts";
import type { Params } from "./scope.ts";
import { inThreads } from "./threads.ts";
import { wasteCalls } from "./waste-calls.ts";
import type { Range } from "./zone.ts";

const COLUMNS = `r.seq, r.request_key, r.session_pk, r.agent_id, r.prompt_id, r.source, r.time_unix_ms, r.model,
  r.service_tier, r.speed, r.inference_geo, r.flags, ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")},
  ${INPUT_FIELDS.map((name) => `r.${name}`).join(" + ")} as input_tokens, r.price_id, r.cost_nano_usd, 0 as is_aside`;
const LEAST_FAILURES = 3;
/** A shorter answer has too few tokens to count. */
const LEAST_CHARS = 2_000;
type Compacted = StoredData<"compaction_completed">;

/** Requests of sessions, thread by thread, with everything else that the rules of `store/waste` read. */
export function wasteThreads(db: Database) {
  const callsIn = wasteCalls(db);
  const compactionOf = compactionsIn(db);
  const rowsOf = db.query<WasteRequest, [number, number, number]>(`
    select ${COLUMNS} from requests r
    where r.session_pk = ?1 and r.time_unix_ms >= ?2 and r.time_unix_ms < ?3 and r.origin is null and r.parent_key is null`);

  function toThread(
    rows: WasteRequest[],
    is_agent: boolean,
    { from_unix_ms, until_unix_ms }: Range,
    callsOf: ReturnType<typeof callsIn>,
  ): WasteThread {
    const { session_pk, agent_id } = rows[0]!;
    let calls: WasteCall[] | undefined;
    let compaction: Compaction | null | undefined;
    return {
      session_pk,
      agent_id,
      rows,
      is_agent: is_agent || agent_id !== "",
      calls: () => {
        calls ??= callsOf(agent_id, from_unix_ms, until_unix_ms);
        return calls;
      },
      compaction: () => {
        if (compaction === undefined) compaction = agent_id === "" ? compactionOf(session_pk) : null;
        return compaction;
      },
    };
  }

  function threadsOf(session_pk: number, is_agent: boolean, range: Range): WasteThread[] {
    const callsOf = callsIn(session_pk);
    const rows = inThreads(rowsOf.all(session_pk, range.from_unix_ms, range.until_unix_ms));
    return [...Map.groupBy(rows, (r) => r.agent_id).values()].map((own) =>
      toThread(own, is_agent, range, callsOf),
    );
  }

  return { threadsOf, isRepeating: repeatsIn(db), failing: failuresIn(db) };
}
export type WasteThreads = ReturnType<typeof wasteThreads>;

function compactionsIn(db: Database) {
  const compactions = db.query<{ data: string }, [number]>(
    "select data from events where session_pk = ? and event_type = 'compaction_completed'",
  );

  return (session_pk: number): Compaction | null => {
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
  };
}

function repeatsIn(db: Database) {
  const repeated = db.query<{ found: 0 | 1 }, [number]>(`
    select exists (select 1 from texts where session_pk = ? and role = 'tool_output'
      and coalesce(whole_chars, chunk_chars) >= ${LEAST_CHARS} group by text_hash having count(*) > 1) as found`);
  /** Whether a long tool result occurred twice; texts are read only if a prompt grew by one. */
  return (threads: readonly WasteThread[], session_pk: number): boolean => {
    const hasGrown = threads.some(({ rows }) =>
      rows.some((row, i) => i > 0 && row.input_tokens - rows[i - 1]!.input_tokens >= LEAST_REPEATED_TOKENS),
    );
    return hasGrown && repeated.get(session_pk)!.found === 1;
  };
}

function failuresIn(db: Database) {
  /** Sessions in which calls of one tool failed so often that one of them may have been repeated. */
  return (sessions: readonly number[], { from_unix_ms: from, until_unix_ms: until }: Range): Set<number> => {
    const found = db.query<{ session_pk: number }, Params>(`
      select distinct t.session_pk from tool_calls t
      where t.session_pk in (select value from json_each($sessions)) and t.outcome = 'failed'
        and t.started_unix_ms >= $from and t.started_unix_ms < $until
      group by t.session_pk, t.tool_name having count(*) >= ${LEAST_FAILURES}`);
    return new Set(found.all({ sessions: JSON.stringify(sessions), from, until }).map((s) => s.session_pk));
  };
}
