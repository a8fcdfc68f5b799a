import type { Database } from "bun:sqlite";
import { dataPath } from "../data-path.ts";
import { type CostSplit, type SplitRequest, splitRequests } from "../plans/cost-split.ts";
import type { AttemptRow, PlanRow } from "../plans/rows.ts";
import { SUM_NAMES, SUM_OF_REQUEST, type Sums } from "../sums.ts";
import { SUMS } from "./totals.ts";

type RequestRow = Sums & { seq: number; time_unix_ms: number; session_pk: number; agent_id: string };
type AgentRow = { session_pk: number; agent_id: string; text: string };
type Range = { sessions: string; from: number; until: number };
type Feature = { feature_id: string; file: string };

/** The contribution of one row of `requests`, by the names of the sums. */
const OF_REQUEST = SUM_NAMES.map((name) => `${SUM_OF_REQUEST[name]} as ${name}`).join(", ");
const REQUESTS = `
  select r.seq, r.time_unix_ms, r.session_pk, r.agent_id, ${OF_REQUEST} from requests r
  where r.session_pk in (select value from json_each($sessions)) and r.time_unix_ms >= $from and r.time_unix_ms < $until`;

/** The requests of plans, and what they add up to. */
export function planUsageQueries(db: Database) {
  const rangeOf = planRange(db);
  const featuresOfAgents = agentFeatures(db);
  const begun = db.query<PlanRow, [number, number]>(`
    select * from plans where started_unix_ms < ?1 and coalesce(ended_unix_ms, ?2) >= ?2
    order by started_unix_ms desc, plan_pk`);
  const requests = db.query<RequestRow, Range>(REQUESTS);
  const total = db.query<Sums, Range>(`select ${SUMS} from (${REQUESTS}) u`);

  function* requestsOf(range: Range | undefined): Generator<SplitRequest & { seq: number }> {
    if (range)
      for (const { seq, time_unix_ms, session_pk, agent_id, ...sums } of requests.iterate(range))
        yield { seq, time_unix_ms, session_pk, agent_id, sums };
  }

  return {
    /**
     * Requests between two times, each with its plan: of several at once the one that began last, so that plans and the
     * rest add up to the total.
     */
    *byPlan(from: number, until: number): Generator<SplitRequest & { seq: number; plan_key: string }> {
      const seen = new Set<number>();
      for (const plan of begun.all(until, from)) {
        const range = rangeOf(plan);
        if (!range) continue;
        const within = { ...range, from: Math.max(range.from, from), until: Math.min(range.until, until) };
        for (const request of requestsOf(within)) {
          if (seen.has(request.seq)) continue;
          seen.add(request.seq);
          yield { ...request, plan_key: plan.plan_key };
        }
      }
    },
    /** Null before the plan was begun. */
    totalOf(plan: PlanRow): Sums | null {
      const range = rangeOf(plan);
      return range ? total.get(range) : null;
    },
    splitOf(plan: PlanRow, features: readonly Feature[], attempts: readonly AttemptRow[]): CostSplit {
      const range = rangeOf(plan);
      return splitRequests(requestsOf(range), attempts, featuresOfAgents(range, features));
    },
  };
}

/**
 * The requests of a plan are those of the session that began it, of the sessions that moved its features and of the
 * sessions that they started as agents, from its start to its end. Undefined before it was begun.
 */
function planRange(db: Database): (plan: PlanRow) => Range | undefined {
  const sessionsOf = db.query<{ session_pk: number }, [number]>(`
    with own as (
      select session_pk from plans where plan_pk = ?1 and session_pk is not null
      union select session_pk from plan_attempts where plan_pk = ?1 and session_pk is not null)
    select session_pk from own
    union select a.session_pk from own join sessions o on o.session_pk = own.session_pk
      join sessions a on a.source = o.source and a.parent_session_id = o.source_session_id and a.relation = 'agent'`);
  return ({ plan_pk, started_unix_ms, ended_unix_ms }) => {
    if (started_unix_ms === null) return undefined;
    const sessions = JSON.stringify(sessionsOf.all(plan_pk).map((r) => r.session_pk));
    return { sessions, from: started_unix_ms, until: ended_unix_ms ?? Number.MAX_SAFE_INTEGER };
  };
}

/** The feature for which an agent was started; undefined if its task names none or several. */
function agentFeatures(db: Database) {
  const agents = db.query<AgentRow, [string]>(`
    select a.session_pk, a.agent_id,
      coalesce(a.description, '') || char(10) || coalesce((select c.summary from tool_calls c
        where c.session_pk = a.session_pk and c.tool_use_id = a.tool_use_id limit 1), '') || char(10)
      || coalesce((select json_extract(e.data, ${dataPath("tool_started", "tool_input", "prompt")}) from events e
        where e.session_pk = a.session_pk and e.tool_use_id = a.tool_use_id and e.event_type = 'tool_started' limit 1), '') as text
    from agents a where a.session_pk in (select value from json_each(?))`);
  return (range: Range | undefined, features: readonly Feature[]) => {
    const found = new Map<string, string>();
    for (const { session_pk, agent_id, text } of range ? agents.all(range.sessions) : []) {
      const named = features.filter((f) => namesFeature(text, f));
      if (named.length === 1) found.set(`${session_pk} ${agent_id}`, named[0]!.feature_id);
    }
    return (session_pk: number, agent_id: string) => found.get(`${session_pk} ${agent_id}`);
  };
}

function namesFeature(text: string, { feature_id, file }: Feature): boolean {
  if (file !== "" && text.includes(file)) return true;
  const at = text.indexOf(feature_id);
  const isWord = (c: string | undefined) => c !== undefined && /[\w-]/.test(c);
  return at >= 0 && !isWord(text[at - 1]) && !isWord(text[at + feature_id.length]);
}
