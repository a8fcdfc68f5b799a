import type { WaitKind, WaitsFor } from "../../schema/activity.ts";
import { summaryOf } from "../sources/tool-summary.ts";
import type { Facts } from "./evaluate.ts";
import { agentTimeOf, notifiedAt, ofKind, type Signal, timeOf } from "./signals.ts";

export type Pending = {
  state: "waiting";
  since: number;
  witness: "hook" | "registry" | "transcript";
  waits_for: WaitsFor;
};

const ARGUMENT_CHARS = 200;
/** Tools with a permission prompt that is the question itself. */
const KIND_OF_TOOL: Record<string, WaitKind> = {
  AskUserQuestion: "question",
  ExitPlanMode: "plan",
};
const WAITS_WITHOUT_PERMISSION = new Set(Object.keys(KIND_OF_TOOL));
/** Between turns the person opened it (`/model`, `/usage`); within a turn the client needs a decision to continue. */
const DIALOG = "dialog open";
/** A question and a status of the same moment may be written in either order. */
const SAME_MOMENT_MS = 100;

/** The newest question that has no answer yet, if there is one. */
export function pendingWait(facts: Facts, isTurnOpen: boolean): Pending | undefined {
  const { claim } = facts;
  const byHook = newest([
    ...permissions(facts),
    ...notified(facts),
    ...elicitations(facts),
    ...waitingTools(facts),
  ]);
  if (!claim?.is_alive || claim.status === "") return byHook;
  if (claim.status === "waiting") {
    if (claim.waiting_for === DIALOG && !isTurnOpen) return byHook;
    // Already answered; the registry has not caught up yet.
    if (!byHook && answeredAfter(facts, claim.since_unix_ms)) return undefined;
    return {
      state: "waiting",
      since: byHook ? Math.min(byHook.since, claim.since_unix_ms) : claim.since_unix_ms,
      witness: "registry",
      waits_for: byHook?.waits_for ?? fromRegistry(claim.waiting_for),
    };
  }
  // The process continued after the question, so it was answered.
  return byHook && byHook.since + SAME_MOMENT_MS > claim.since_unix_ms ? byHook : undefined;
}

function newest(all: Pending[]): Pending | undefined {
  return all.reduce<Pending | undefined>(
    (best, next) => (best && best.since >= next.since ? best : next),
    undefined,
  );
}

function fromRegistry(waitingFor: string): WaitsFor {
  const kind: WaitKind = waitingFor === "permission prompt" ? "permission" : "input";
  return { kind, tool_name: null, argument: waitingFor || null };
}

/** Events that close a question of this agent. */
function closedAt({ signals, session }: Facts, agent_id: string): number {
  return Math.max(
    timeOf(signals, "turn_ended", "turn_interrupted", "prompt_submitted", "session_started"),
    // The next request is sent only once every call of the last response has ended.
    timeOf(signals, "PreModelRequest", "PostModelRequest"),
    session.ended_unix_ms ?? 0,
    agentTimeOf(signals, "tool_rejected", agent_id),
    agentTimeOf(signals, "agent_stopped", agent_id),
  );
}

function answeredAfter(facts: Facts, since: number): boolean {
  return Math.max(closedAt(facts, ""), facts.times.tool_end) > since;
}

function permissions(facts: Facts): Pending[] {
  return ofKind(facts.signals, "permission_requested").flatMap((permission) => {
    const { agent_id, tool_name, time_unix_ms } = permission;
    if (closedAt(facts, agent_id) >= time_unix_ms) return [];
    const call = facts.tool_of_permission({ agent_id, tool_name, time_unix_ms });
    if (call && call.outcome !== "running" && (call.ended_unix_ms ?? 0) >= time_unix_ms) return [];
    return [
      {
        state: "waiting" as const,
        since: time_unix_ms,
        witness: "hook" as const,
        waits_for: {
          kind: KIND_OF_TOOL[tool_name] ?? "permission",
          tool_name: tool_name || null,
          argument: argumentOf(permission.data.tool_input),
        },
      },
    ];
  });
}

/**
 * Clients without a permission hook only send a notification, some seconds late, and only while the question is open.
 */
function notified(facts: Facts): Pending[] {
  const { signals, times } = facts;
  return ofKind(signals, "notification:permission_prompt").flatMap((signal) => {
    const requested = agentTimeOf(signals, "permission_requested", signal.agent_id);
    if (requested > 0) return [];
    if (Math.max(closedAt(facts, signal.agent_id), times.tool_end) >= signal.time_unix_ms) return [];
    return [byHook(signal, notifiedAt(signal), "permission", null, text(signal.data.message))];
  });
}

function elicitations(facts: Facts): Pending[] {
  const { signals } = facts;
  return ofKind(signals, "Elicitation").flatMap((signal) => {
    const answered = Math.max(
      agentTimeOf(signals, "ElicitationResult", signal.agent_id),
      closedAt(facts, signal.agent_id),
    );
    if (answered >= signal.time_unix_ms) return [];
    return [
      byHook(
        signal,
        signal.time_unix_ms,
        "elicitation",
        text(signal.data.mcp_server_name),
        text(signal.data.message),
      ),
    ];
  });
}

/** A question or a plan is a tool call that ends with the person's answer, even without hooks. */
function waitingTools(facts: Facts): Pending[] {
  return facts.open_tools
    .filter((tool) => WAITS_WITHOUT_PERMISSION.has(tool.tool_name ?? ""))
    .filter((tool) => closedAt(facts, tool.agent_id) < (tool.started_unix_ms ?? 0))
    .map((tool) => ({
      state: "waiting",
      since: tool.started_unix_ms ?? 0,
      witness: "transcript",
      waits_for: {
        kind: KIND_OF_TOOL[tool.tool_name ?? ""] ?? "question",
        tool_name: tool.tool_name,
        argument: tool.summary,
      },
    }));
}

function byHook(
  signal: Signal,
  since: number,
  kind: WaitKind,
  tool_name: string | null,
  argument: string | null,
): Pending {
  const tool = tool_name ?? (signal.tool_name || null);
  return { state: "waiting", since, witness: "hook", waits_for: { kind, tool_name: tool, argument } };
}

function argumentOf(input: unknown): string | null {
  const questions = (input as { questions?: { question?: unknown }[] } | null)?.questions;
  const question = Array.isArray(questions) ? text(questions[0]?.question) : null;
  return question ?? (summaryOf(input).slice(0, ARGUMENT_CHARS) || null);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, ARGUMENT_CHARS) : null;
}
