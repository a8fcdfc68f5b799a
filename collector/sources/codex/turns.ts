import { isContextSize } from "../../../schema/gate.ts";
import { cutText } from "../../../schema/text.ts";
import type { TurnObservation } from "../../../store/batch.ts";
import { promptDigest } from "../../redact/digest.ts";
import { codexEvent } from "./identity.ts";
import { finite, idText, type Json, list, object, text } from "./json.ts";
import {
  type Handler,
  isCopied,
  isForeign,
  type Line,
  type ParseContext,
  pushEvent,
  touch,
} from "./parse-context.ts";

const PROMPT_CHARS = 500;
/** The same limit as for a text in a hook's event. */
const EVENT_CHARS = 2000;

/** Text that the client writes as the user. */
export const INJECTED = [
  "# AGENTS.md",
  "<environment_context>",
  "<user_instructions>",
  "<INSTRUCTIONS>",
  "<skill>",
  "<turn_aborted>",
  "<subagent_notification>",
];

export const taskStarted: Handler = (context, line) => {
  const { state } = context;
  const attribution = object(line.payload.turn_attribution);
  const parentTurn = idText(attribution?.parent_turn_id);
  // A review writes its child's start into the parent's file.
  if (isForeign(context, line) || (parentTurn !== "" && parentTurn === state.turn && !state.turn_is_copy))
    return;
  beginTurn(context, line, idText(line.payload.turn_id));
  const { model_context_window } = line.payload;
  if (state.turn_is_copy || !isContextSize(model_context_window)) return;
  touch(context, line.time_unix_ms);
  if (context.touched) context.touched.context_window_tokens = model_context_window;
};

export const turnContext: Handler = (context, line) => {
  const turn = idText(line.payload.turn_id);
  if (turn !== context.state.turn) beginTurn(context, line, turn);
  const model = idText(line.payload.model);
  if (model !== "") context.state.model = model;
};

function beginTurn(context: ParseContext, line: Line, turn: string): void {
  const { state } = context;
  // A turn that starts again, as after a restart of the client, continues to be counted.
  if (turn !== "" && turn !== state.turn) state.counts_in_turn = 0;
  state.turn = turn;
  state.turn_is_copy = isCopied(context, line, turn);
  state.turn_started_unix_ms = line.time_unix_ms;
  state.turn_shown = false;
  state.prompt_id = turn;
  state.prompt = "";
  if (!state.turn_is_copy) touch(context, line.time_unix_ms);
}

export const userItem: Handler = (context, line) => {
  const parts = list(object(line.payload.item)?.content).map((part) => text(object(part)?.text));
  submit(context, line, parts.filter(Boolean).join("\n"));
};

export const userMessage: Handler = (context, line) => submit(context, line, text(line.payload.message));

function submit(context: ParseContext, line: Line, typed: string): void {
  const { state, into } = context;
  if (typed === "" || isForeign(context, line) || isCopied(context, line)) return;
  if (INJECTED.some((prefix) => typed.startsWith(prefix))) return;
  // For clients without turn ids: a prompt begins a turn.
  if (state.turn === "") beginPrompt(context, line);
  touch(context, line.time_unix_ms);
  const digest = promptDigest(typed);
  const event_id = codexEvent.promptSubmitted(state.thread, state.turn || state.prompt_id, digest);
  pushEvent(context, line, "prompt_submitted", event_id, { prompt: cutText(typed, EVENT_CHARS) });
  if (state.turn_shown) return;
  const prompt = cutText(typed, PROMPT_CHARS);
  // An aborted prompt that is immediately sent again is the same prompt, and belongs to the first turn.
  if (state.aborted_prompt_id !== "" && state.aborted_prompt === digest)
    state.prompt_id = state.aborted_prompt_id;
  else
    into.turns.push({
      ...turnOf(context),
      started_unix_ms: state.turn_started_unix_ms || line.time_unix_ms,
      prompt,
    });
  state.aborted_prompt_id = "";
  state.prompt = digest;
  state.turn_shown = true;
}

function beginPrompt({ state }: ParseContext, line: Line): void {
  state.prompt_id = `line-${line.offset}`;
  state.turn_started_unix_ms = line.time_unix_ms;
  state.turn_shown = false;
}

function turnOf({ state }: ParseContext): TurnObservation {
  return { source: "codex", session_id: state.thread, prompt_id: state.prompt_id };
}

export const taskComplete: Handler = (context, line) => {
  if (!endTurn(context, line)) return;
  const error = object(line.payload.error);
  if (error) pushError(context, line, error);
  const turn = idText(line.payload.turn_id) || context.state.turn;
  if (turn === "") return;
  const event_id = codexEvent.turnEnded(context.state.thread, turn);
  pushEvent(context, line, "turn_ended", event_id, error ? { error: errorCode(error) } : {});
};

export const turnAborted: Handler = (context, line) => {
  const { state } = context;
  const turn = idText(line.payload.turn_id) || state.turn;
  if (!endTurn(context, line)) return;
  state.aborted_turn = turn;
  state.aborted_prompt_id = state.prompt === "" ? "" : state.prompt_id;
  state.aborted_prompt = state.prompt;
  const reason = idText(line.payload.reason) || undefined;
  const duration_ms = finite(line.payload.duration_ms);
  const event_id = codexEvent.turnInterrupted(state.thread, turn || String(line.time_unix_ms));
  pushEvent(context, line, "turn_interrupted", event_id, { reason, duration_ms });
};

/** False if the turn does not belong to this thread. */
function endTurn(context: ParseContext, line: Line): boolean {
  const { state, into } = context;
  const turn = idText(line.payload.turn_id) || state.turn;
  if (isForeign(context, line) || isCopied(context, line, turn)) return false;
  touch(context, line.time_unix_ms);
  const prompt_id = turn === state.turn ? state.prompt_id : turn;
  if (prompt_id === "") return true;
  const ended: TurnObservation = { ...turnOf(context), prompt_id, ended_unix_ms: line.time_unix_ms };
  if (turn === state.turn && state.turn_started_unix_ms > 0 && prompt_id === turn)
    ended.started_unix_ms = state.turn_started_unix_ms;
  into.turns.push(ended);
  if (state.root !== "") stopAgent(context, line, turn || prompt_id);
  return true;
}

function stopAgent(context: ParseContext, line: Line, turn: string): void {
  const { thread, root } = context.state;
  const of = { session_id: root, agent_id: thread };
  context.into.agents.push({ source: "codex", ...of, ended_unix_ms: line.time_unix_ms });
  pushEvent(context, line, "agent_stopped", codexEvent.agentStopped(thread, turn), {}, of);
}

export const errorMessage: Handler = (context, line) => {
  if (!isCopied(context, line)) pushError(context, line, line.payload);
};

function pushError(context: ParseContext, line: Line, error: Json): void {
  const turn = idText(line.payload.turn_id) || context.state.turn;
  const message = cutText(text(error.message), PROMPT_CHARS);
  const event_id = `codex:${context.state.thread}:api_error:${turn}:${line.time_unix_ms}`;
  pushEvent(context, line, "api_error", event_id, { error: errorCode(error), message });
}

function errorCode({ codex_error_info: info }: Json): string {
  return idText(info) || Object.keys(object(info) ?? {})[0] || "other";
}

/** A compaction leaves a `compacted` line and then an announcement; old clients only the latter. */
export const compacted: Handler = (context, line) => {
  if (isCopied(context, line)) return;
  context.state.compaction_open = true;
  pushCompaction(context, line);
};

export const compactionAnnounced: Handler = (context, line) => {
  if (isForeign(context, line) || isCopied(context, line)) return;
  const hasCompactedLine = context.state.compaction_open;
  context.state.compaction_open = false;
  if (!hasCompactedLine) pushCompaction(context, line);
};

function pushCompaction(context: ParseContext, line: Line): void {
  const event_id = `codex:${context.state.thread}:compaction_completed:${line.time_unix_ms}`;
  pushEvent(context, line, "compaction_completed", event_id, {});
}
