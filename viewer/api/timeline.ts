import type { TimelineItem } from "../../schema/api-shapes.ts";
import { EVENT_TYPES } from "../../schema/events.ts";
import { toFlags } from "../../schema/usage.ts";
import { toData } from "../../store/queries/feed-row.ts";
import type { AgentRow } from "../../store/queries/session-parts.ts";
import type {
  Place,
  TimelineEventRow,
  TimelineRequestRow,
  ToolCallRow,
  TurnRow,
  timelineQueries,
} from "../../store/queries/timeline.ts";
import { toTokens } from "../../store/queries/totals.ts";

type ListedAgent = Omit<AgentRow, "thread_unix_ms">;

/** Kinds by the rank that `Place` sorts by. */
export const KINDS = ["turn", "agent", "request", "tool", "event"] as const satisfies TimelineItem["kind"][];

/** Ranks that `Place` sorts by. */
const TURN = 0;
const AGENT = 1;
const REQUEST = 2;
const TOOL = 3;
const EVENT = 4;

/** Reads the rows of a page of places by kind, and restores their order. */
export function toItems(
  queries: ReturnType<typeof timelineQueries>,
  pk: number,
  places: Place[],
  agents: ListedAgent[],
  isSilent: boolean,
): TimelineItem[] {
  const numbers = (rank: number) => places.filter((p) => p.rank === rank).map((p) => Number(p.id));
  const turnIds = places.filter((p) => p.rank === TURN).map((p) => String(p.id));
  const startedBy = new Map(
    agents.flatMap((a) => (a.tool_use_id ? [[a.tool_use_id, a.agent_id] as const] : [])),
  );
  const items = new Map<string, TimelineItem>();
  const put = (rank: number, id: string | number, item: TimelineItem) => items.set(`${rank} ${id}`, item);
  for (const turn of queries.turnsOf(pk, turnIds)) put(TURN, turn.prompt_id, fromTurn(turn));
  for (const agent of agents) put(AGENT, agent.agent_id, fromAgent(agent));
  for (const request of queries.requestsOf(numbers(REQUEST))) put(REQUEST, request.seq, fromRequest(request));
  for (const call of queries.toolCallsOf(numbers(TOOL)))
    put(TOOL, call.tool_pk, fromToolCall(call, startedBy.get(call.tool_use_id) ?? null, isSilent));
  for (const event of queries.eventsOf(numbers(EVENT))) put(EVENT, event.seq, fromEvent(event));
  return places.flatMap((p) => items.get(`${p.rank} ${p.id}`) ?? []);
}

function lasted(from: number | null, until: number | null): number | null {
  return from === null || until === null ? null : Math.max(0, until - from);
}

function fromTurn(t: TurnRow): TimelineItem {
  const { prompt_id, started_unix_ms, ended_unix_ms, prompt } = t;
  return {
    kind: "turn",
    time_unix_ms: started_unix_ms ?? ended_unix_ms,
    agent_id: "",
    prompt_id,
    started_unix_ms,
    ended_unix_ms,
    duration_ms: lasted(started_unix_ms, ended_unix_ms),
    prompt,
  };
}

function fromAgent(a: ListedAgent): TimelineItem {
  return {
    kind: "agent",
    time_unix_ms: a.started_unix_ms ?? a.ended_unix_ms,
    agent_id: a.agent_id,
    prompt_id: null,
    agent_type: a.agent_type,
    description: a.description,
    tool_use_id: a.tool_use_id,
    depth: a.depth,
    started_unix_ms: a.started_unix_ms,
    ended_unix_ms: a.ended_unix_ms,
    duration_ms: lasted(a.started_unix_ms, a.ended_unix_ms),
  };
}

function fromRequest(r: TimelineRequestRow): TimelineItem {
  return {
    kind: "request",
    time_unix_ms: r.time_unix_ms,
    agent_id: r.agent_id,
    prompt_id: r.prompt_id,
    seq: r.seq,
    request_key: r.request_key,
    model: r.model,
    tokens: toTokens(r),
    cost_nano_usd: r.cost_nano_usd,
    flags: toFlags(r.flags),
  };
}

/** A call without a result was running at the end of its session. */
function fromToolCall(t: ToolCallRow, child_agent_id: string | null, isSilent: boolean): TimelineItem {
  const { tool_pk: _, ...call } = t;
  return {
    kind: "tool",
    time_unix_ms: t.started_unix_ms ?? t.ended_unix_ms,
    ...call,
    outcome: call.outcome === "running" && isSilent ? "unknown" : call.outcome,
    duration_ms: t.duration_ms === null ? null : Math.max(0, Math.round(t.duration_ms)),
    child_agent_id,
  };
}

function fromEvent(e: TimelineEventRow): TimelineItem {
  return {
    kind: "event",
    time_unix_ms: e.time_unix_ms,
    agent_id: e.agent_id ?? "",
    prompt_id: e.prompt_id,
    seq: e.seq,
    event_type: e.event_type,
    event_category: EVENT_TYPES[e.event_type] ?? "custom",
    origin: e.origin,
    tool_name: e.tool_name,
    data: toData(e.data),
  };
}
