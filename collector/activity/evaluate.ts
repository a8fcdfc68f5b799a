import type { Activity } from "../../schema/activity.ts";
import { DAY_MS } from "../../schema/durations.ts";
import { vendorNamed } from "../../schema/vendors.ts";
import type { ActivityRows, ActivityTool } from "../../store/queries/activity.ts";
import type { Claim } from "./claim.ts";
import { type Signals, timeOf } from "./signals.ts";
import { type Pending, pendingWait } from "./wait.ts";

/** After this long without a sign of life, the state of a turn is unknown. */
export const SILENT_MS = 15 * 60_000;
/** A turn counts as done for this long after its end; later the session is idle. */
export const DONE_MS = 30 * 60_000;
/** A session that was open this long ago and is claimed by no process has an unknown state. */
export const FORGOTTEN_MS = DAY_MS;
/** Hook and registry write at most this far apart. */
const TOGETHER_MS = 2_000;
const AGENT_SILENT_MS = 5 * 60_000;

export type Facts = ActivityRows & {
  signals: Signals;
  claim: Claim | undefined;
  /** The current state of the call of a pending permission. */
  tool_of_permission: (pending: {
    agent_id: string;
    tool_name: string;
    time_unix_ms: number;
  }) => ActivityTool | null;
};

type RunState = { state: Activity["state"]; since: number; witness: Activity["witness"] };

/** Activity of the session at `now`. Pure: equal facts result in an equal state, whatever their order. */
export function evaluate(facts: Facts, now: number): Activity {
  const ended = endOf(facts);
  if (ended) return toActivity(ended, facts, now);
  const { opened, closed } = threadTimes(facts);
  const pending = pendingWait(facts, opened > closed);
  if (pending) return { ...toActivity(pending, facts, now), waits_for: pending.waits_for };
  return toActivity(running(facts, now), facts, now);
}

function toActivity(run: RunState | Pending, facts: Facts, now: number): Activity {
  const isLive = run.state === "working" || run.state === "waiting";
  // During a long call nothing else is reported.
  const mayRun = isLive || run.state === "unknown";
  const tool = facts.open_tools.find((t) => t.agent_id === "");
  return {
    state: run.state,
    since_unix_ms: run.since || null,
    waits_for: null,
    tool:
      mayRun && tool
        ? { tool_name: tool.tool_name, summary: tool.summary, started_unix_ms: tool.started_unix_ms }
        : null,
    agents_working: isLive ? agentsAtWork(facts, now) : 0,
    witness: run.witness,
  };
}

/**
 * An end holds until a later start, prompt or process; lines that the client writes after it do not reopen the session.
 */
function endOf({ session, signals, turn, claim }: Facts): RunState | undefined {
  const alive = claim?.is_alive ? claim.since_unix_ms : 0;
  const revived = Math.max(
    timeOf(signals, "session_started", "prompt_submitted"),
    turn?.started_unix_ms ?? 0,
    alive,
  );
  const ended = session.ended_unix_ms ?? 0;
  if (ended > 0 && ended >= revived) return { state: "ended", since: ended, witness: "hook" };
  if (claim && !claim.is_alive && claim.gone_unix_ms >= revived)
    return { state: "ended", since: claim.gone_unix_ms, witness: "registry" };
  return undefined;
}

/** Newest sign that the main thread is working, and newest sign that it is not. */
function threadTimes(facts: Facts): { opened: number; closed: number } {
  const { session, signals, turn, open_tools, times } = facts;
  if (vendorNamed(session.source)?.names_turns) return turnTimes(facts);
  const toolStart = Math.max(
    0,
    ...open_tools.filter((t) => t.agent_id === "").map((t) => t.started_unix_ms ?? 0),
  );
  const opened = Math.max(
    timeOf(signals, "prompt_submitted"),
    turn?.started_unix_ms ?? 0,
    toolStart,
    times.open_request,
    times.tool_end,
  );
  // A response without a tool call ends the turn; hooks of the end come after it.
  const answered = toolStart === 0 && times.final_request > times.tool_end ? times.final_request : 0;
  const closed = Math.max(
    timeOf(signals, "turn_ended", "turn_interrupted"),
    turn?.ended_unix_ms ?? 0,
    answered,
  );
  return { opened, closed };
}

/**
 * Codex ends each turn itself, in rollout and hooks alike; nothing is open between a compacting response and the next
 * one. An interrupted command may end half a minute after its turn, which does not reopen the turn.
 */
function turnTimes({ signals, turn, open_tools, times }: Facts): { opened: number; closed: number } {
  const toolStarts = open_tools.map((t) => t.started_unix_ms ?? 0);
  const opened = Math.max(
    timeOf(signals, "prompt_submitted", "tool_started", "PreModelRequest", "PostModelRequest"),
    turn?.started_unix_ms ?? 0,
    ...toolStarts,
    times.open_request,
    times.final_request,
  );
  const closed = Math.max(timeOf(signals, "turn_ended", "turn_interrupted"), turn?.ended_unix_ms ?? 0);
  return { opened, closed };
}

function running(facts: Facts, now: number): RunState {
  const { session, signals, claim } = facts;
  const { opened, closed } = threadTimes(facts);
  const started = timeOf(signals, "session_started");
  const compacting = timeOf(signals, "compaction_started");
  const isCompacting =
    compacting > Math.max(timeOf(signals, "compaction_completed", "session_started"), opened, closed);
  const witness = [...signals.values()].some((s) => s.is_hook) ? "hook" : "transcript";
  const quiet = Math.max(closed, started, session.started_unix_ms ?? 0);

  if (claim?.is_alive && claim.status !== "" && claim.since_unix_ms >= opened) {
    if (claim.status === "busy" || claim.status === "shell")
      return {
        state: "working",
        since: Math.max(turnStart(facts), 0) || claim.since_unix_ms,
        witness: "registry",
      };
    // The client writes its status just after the hook: both are given the same time.
    const since = claim.since_unix_ms - quiet < TOGETHER_MS ? quiet : claim.since_unix_ms;
    return atRest(since, closed > 0, now, "registry");
  }
  const last = Math.max(session.last_unix_ms ?? 0, opened, closed, started);
  const isOpen = opened > closed || isCompacting || agentsAtWork(facts, now) > 0;
  if (isOpen) {
    const isVouchedFor = claim?.is_alive === true && claim.status === "busy";
    if (!isVouchedFor && now - last > SILENT_MS) return { state: "unknown", since: last, witness };
    return { state: "working", since: isCompacting ? compacting : turnStart(facts) || opened, witness };
  }
  if (claim?.is_alive !== true && now - last > FORGOTTEN_MS)
    return { state: "unknown", since: last, witness };
  return atRest(quiet, closed >= started && closed > 0, now, witness);
}

function turnStart({ signals, turn }: Facts): number {
  return Math.max(timeOf(signals, "prompt_submitted"), turn?.started_unix_ms ?? 0);
}

function atRest(since: number, hasWorked: boolean, now: number, witness: RunState["witness"]): RunState {
  return { state: hasWorked && now - since <= DONE_MS ? "done" : "idle", since, witness };
}

/** A sub-agent is working while it has no end and shows signs of life. */
function agentsAtWork({ open_agents, open_tools, signals }: Facts, now: number): number {
  const hasTool = new Set(open_tools.map((t) => t.agent_id));
  const sign = (agent_id: string) =>
    Math.max(0, ...[...signals.values()].filter((s) => s.agent_id === agent_id).map((s) => s.time_unix_ms));
  return open_agents.filter((agent) => {
    const last = Math.max(agent.started_unix_ms ?? 0, agent.last_unix_ms ?? 0, sign(agent.agent_id));
    return isAgentAtWork(last, hasTool.has(agent.agent_id), now);
  }).length;
}

/** Of a sub-agent without an end: a call that runs explains a longer silence. */
export function isAgentAtWork(last_unix_ms: number, hasTool: boolean, now: number): boolean {
  return last_unix_ms > 0 && now - last_unix_ms <= (hasTool ? SILENT_MS : AGENT_SILENT_MS);
}
