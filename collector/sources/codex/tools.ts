import { toDurationMs } from "../../../schema/gate.ts";
import type { ToolOutcome } from "../../../schema/row-values.ts";
import { cutText } from "../../../schema/text.ts";
import type { ToolCallObservation } from "../../../store/batch.ts";
import { patchedFile, SUMMARY_CHARS } from "../tool-summary.ts";
import { codexToolKey } from "./identity.ts";
import { finite, idText, type Json, list, object, text } from "./json.ts";
import { readOutput } from "./outputs.ts";
import {
  type Handler,
  ignore,
  isCopied,
  isForeign,
  type Line,
  type ParseContext,
  touch,
} from "./parse-context.ts";
import { calledAt } from "./state.ts";
import { pushToolEvents } from "./tool-events.ts";

const ERROR_CHARS = 500;

function push(context: ParseContext, line: Line, id: string, rest: Partial<ToolCallObservation>): void {
  const { state, into } = context;
  if (id === "") return;
  const call: ToolCallObservation = {
    tool_key: codexToolKey(state.thread, id),
    source: "codex",
    session_id: state.thread,
    agent_id: "",
    tool_use_id: id,
    ...rest,
  };
  // An interrupted command may end after its turn.
  const turn = idText(line.payload.turn_id);
  const prompt_id = turn === "" || turn === state.turn ? state.prompt_id : turn;
  if (prompt_id !== "") call.prompt_id = prompt_id;
  into.tool_calls.push(call);
  pushToolEvents(context, line, call);
  touch(context, line.time_unix_ms);
}

export const toolCall: Handler = (context, line) => {
  const { payload } = line;
  context.state.acted = true;
  if (isCopied(context, line)) return;
  const id = idText(payload.call_id) || idText(payload.id);
  const tool_name = idText(payload.name) || idText(payload.type).replace(/_call$/, "");
  context.state.calls.push(`${id} ${line.time_unix_ms}`);
  if (context.state.calls.length > MEASURED_CALLS) context.state.calls.shift();
  push(context, line, id, {
    tool_name,
    started_unix_ms: line.time_unix_ms,
    outcome: "running",
    summary: summarize(payload),
  });
};

/** Complete in one line. Its usage may cover several requests to the model. */
export const webSearch: Handler = (context, line) => {
  if (isCopied(context, line)) return;
  context.state.acted = true;
  context.state.searches++;
  const { payload } = line;
  const query = cutText(text(object(payload.action)?.query), SUMMARY_CHARS);
  const time = { started_unix_ms: line.time_unix_ms, ended_unix_ms: line.time_unix_ms };
  push(context, line, idText(payload.call_id) || idText(payload.id) || `search-${line.offset}`, {
    tool_name: "web_search",
    ...time,
    outcome: payload.status === "failed" ? "failed" : "completed",
    summary: query,
  });
};

export const toolOutput: Handler = (context, line) => {
  if (isMeasured(context, idText(line.payload.call_id))) {
    ignore(context, `response_item/${text(line.payload.type)}`);
    return;
  }
  if (isCopied(context, line)) return;
  const { outcome, duration_ms, error } = readOutput(line.payload.output);
  const ended: Partial<ToolCallObservation> = { ended_unix_ms: line.time_unix_ms, outcome };
  if (duration_ms !== undefined) ended.duration_ms = duration_ms;
  if (error !== undefined) ended.error = error;
  push(context, line, idText(line.payload.call_id), ended);
};

const MEASURED_CALLS = 32;

/** Whether the client's own item has reported how this call ended; looked up once per call. */
export function isMeasured({ state }: ParseContext, id: string): boolean {
  const at = state.measured.indexOf(id);
  if (at >= 0) state.measured.splice(at, 1);
  return at >= 0;
}

/** `CommandExecution`, `FileChange`, `McpToolCall`: the client's own measurements of a call. */
export const toolItem: Handler = (context, line) => {
  const item = object(line.payload.item);
  if (!item || isForeign(context, line) || isCopied(context, line, text(line.payload.turn_id))) return;
  const ended = momentOf(context, line.payload.completed_at_ms) ?? line.time_unix_ms;
  const started = momentOf(context, line.payload.started_at_ms);
  const call: Partial<ToolCallObservation> = {
    tool_name:
      ITEM_TOOLS[text(item.type)] ??
      (COLLAB_TOOLS[text(item.tool)] || idText(item.tool) || idText(item.type)),
    ended_unix_ms: ended,
    outcome: itemOutcome(context, line, item),
    summary: itemSummary(item),
  };
  if (started !== undefined) call.started_unix_ms = started;
  const duration = milliseconds(item.duration) || tookSince(context, idText(item.id), started, ended);
  if (duration !== undefined && duration >= 0) call.duration_ms = duration;
  const exit = finite(item.exit_code);
  if (exit !== undefined && exit !== 0)
    call.error = cutText(`exit code ${exit}: ${text(item.aggregated_output).trim()}`, ERROR_CHARS);
  push(context, line, idText(item.id), call);
  context.state.measured.push(idText(item.id));
  if (context.state.measured.length > MEASURED_CALLS) context.state.measured.shift();
};

/** The model's names of these tools, for calls that only the item reports: nested ones, and a person's own. */
const ITEM_TOOLS: Readonly<Record<string, string>> = {
  CommandExecution: "exec_command",
  FileChange: "apply_patch",
};

/** The item has another name for the called tool. */
const COLLAB_TOOLS: Readonly<Record<string, string>> = { wait: "wait_agent" };

function itemSummary(item: Json): string {
  const named = text(list(item.command).at(-1)) || Object.keys(object(item.changes) ?? {})[0];
  return cutText(named ?? "", SUMMARY_CHARS);
}

function itemOutcome(context: ParseContext, line: Line, item: Json): ToolOutcome {
  if (item.status === "declined") return "rejected";
  const failed = item.status === "failed" || (finite(item.exit_code) ?? 0) !== 0;
  const turn = text(line.payload.turn_id);
  if (failed && turn !== "" && turn === context.state.aborted_turn) return "interrupted";
  return failed ? "failed" : item.status === "in_progress" ? "running" : "completed";
}

/** Older clients: `exec_command_end`, `patch_apply_end`, `mcp_tool_call_end`. */
export const toolEnd: Handler = (context, line) => {
  const { payload } = line;
  if (isForeign(context, line) || isCopied(context, line, text(payload.turn_id))) return;
  const exit = finite(payload.exit_code);
  const failed = payload.success === false || (exit ?? 0) !== 0 || object(payload.result)?.Err !== undefined;
  const call: Partial<ToolCallObservation> = {
    ended_unix_ms: line.time_unix_ms,
    outcome: payload.status === "declined" ? "rejected" : failed ? "failed" : "completed",
  };
  const duration = milliseconds(payload.duration);
  if (duration !== undefined) call.duration_ms = duration;
  if (failed && exit !== undefined) call.error = `exit code ${exit}`;
  push(context, line, idText(payload.call_id), call);
};

/** A sub-agent seen from its parent's side: names the call that started it. */
export const agentItem: Handler = (context, line) => {
  const item = object(line.payload.item);
  if (!item || isForeign(context, line) || isCopied(context, line, text(line.payload.turn_id))) return;
  const starts = item.tool === "spawn_agent" || item.kind === "started";
  const agents = [idText(item.agent_thread_id), ...list(item.receiver_thread_ids).map(idText)].filter(
    Boolean,
  );
  if (starts)
    for (const agent_id of agents)
      context.into.agents.push({
        source: "codex",
        session_id: context.state.root || context.state.thread,
        agent_id,
        tool_use_id: idText(item.id),
        started_unix_ms: momentOf(context, line.payload.started_at_ms) ?? line.time_unix_ms,
      });
  if (item.type === "CollabAgentToolCall") toolItem(context, line);
};

/** A start this long after the call means that it waited for a person. */
const LONGEST_SPAWN_MS = 1000;

/**
 * For a quick command 0.171 measures the microseconds until its first check, not the command: then the call's own line
 * has the start, unless a permission came first.
 */
function tookSince(
  { state }: ParseContext,
  id: string,
  started: number | undefined,
  ended: number,
): number | undefined {
  if (started === undefined) return undefined;
  const called = calledAt(state, id) ?? Number.NaN;
  return started - called >= 0 && started - called < LONGEST_SPAWN_MS ? ended - called : ended - started;
}

function momentOf({ gate }: ParseContext, value: unknown): number | undefined {
  const time = finite(value);
  return time === undefined ? undefined : gate.pass(time);
}

function milliseconds(duration: unknown): number | undefined {
  const parts = object(duration);
  const secs = finite(parts?.secs);
  return secs === undefined ? undefined : toDurationMs(secs * 1000 + (finite(parts?.nanos) ?? 0) / 1e6);
}

function summarize(payload: Json): string {
  const input = text(payload.input) || text(payload.arguments);
  const patched = patchedFile(input);
  if (patched) return cutText(patched, SUMMARY_CHARS);
  const fields = input.startsWith("{") ? parseObject(input) : object(payload.action);
  const named = fields ? (fields.cmd ?? fields.command ?? fields.query ?? fields.path) : undefined;
  const summary = Array.isArray(named) ? text(named.at(-1)) : text(named);
  return cutText(summary || input, SUMMARY_CHARS);
}

function parseObject(json: string): Json | undefined {
  try {
    return object(JSON.parse(json));
  } catch {
    return undefined;
  }
}
