import type { TurnObservation } from "../../../schema/batch.ts";
import { cutText } from "../../../schema/text.ts";
import { codexEvent } from "./identity.ts";
import { finite, idText, type Json, list, object, text } from "./json.ts";
import { type Handler, isCopied, isForeign, type Line, pushEvent, type Scan, touch } from "./scan.ts";

const PROMPT_CHARS = 500;
/** As much as an event of a hook keeps of a text. */
const EVENT_CHARS = 2000;

/** What the client puts into the user's mouth. */
export const INJECTED = [
  "# AGENTS.md",
  "<environment_context>",
  "<user_instructions>",
  "<INSTRUCTIONS>",
  "<skill>",
  "<turn_aborted>",
  "<subagent_notification>",
];

export const taskStarted: Handler = (scan, line) => {
  const { state } = scan;
  const attribution = object(line.payload.turn_attribution);
  const parentTurn = idText(attribution?.parent_turn_id);
  // A review writes its child's start into the parent's file.
  if (isForeign(scan, line) || (parentTurn !== "" && parentTurn === state.turn && !state.turn_is_copy))
    return;
  beginTurn(scan, line, idText(line.payload.turn_id));
};

export const turnContext: Handler = (scan, line) => {
  const turn = idText(line.payload.turn_id);
  if (turn !== scan.state.turn) beginTurn(scan, line, turn);
  const model = idText(line.payload.model);
  if (model !== "") scan.state.model = model;
};

function beginTurn(scan: Scan, line: Line, turn: string): void {
  const { state } = scan;
  // A turn that is begun again, as by a restarted client, goes on being counted.
  if (turn !== "" && turn !== state.turn) state.counts_in_turn = 0;
  state.turn = turn;
  state.turn_is_copy = isCopied(scan, line, turn);
  state.turn_started_unix_ms = line.time_unix_ms;
  state.turn_shown = false;
  state.prompt_id = turn;
  state.prompt = "";
  if (!state.turn_is_copy) touch(scan, line.time_unix_ms);
}

export const userItem: Handler = (scan, line) => {
  const parts = list(object(line.payload.item)?.content).map((part) => text(object(part)?.text));
  submit(scan, line, parts.filter(Boolean).join("\n"));
};

export const userMessage: Handler = (scan, line) => submit(scan, line, text(line.payload.message));

function submit(scan: Scan, line: Line, said: string): void {
  const { state, into } = scan;
  if (said === "" || isForeign(scan, line) || isCopied(scan, line)) return;
  if (INJECTED.some((prefix) => said.startsWith(prefix))) return;
  // Clients that wrote no turn ids: a prompt begins a turn.
  if (state.turn === "") beginPrompt(scan, line);
  touch(scan, line.time_unix_ms);
  const event_id = codexEvent.promptSubmitted(state.thread, state.turn || state.prompt_id, said);
  pushEvent(scan, line, "prompt_submitted", event_id, { prompt: cutText(said, EVENT_CHARS) });
  if (state.turn_shown) return;
  const prompt = cutText(said, PROMPT_CHARS);
  // An aborted prompt that is sent again at once is the same wish, filed where it first stood.
  if (state.aborted_prompt_id !== "" && state.aborted_prompt === prompt)
    state.prompt_id = state.aborted_prompt_id;
  else
    into.turns.push({
      ...turnOf(scan),
      started_unix_ms: state.turn_started_unix_ms || line.time_unix_ms,
      prompt,
    });
  state.aborted_prompt_id = "";
  state.prompt = prompt;
  state.turn_shown = true;
}

function beginPrompt({ state }: Scan, line: Line): void {
  state.prompt_id = `line-${line.offset}`;
  state.turn_started_unix_ms = line.time_unix_ms;
  state.turn_shown = false;
}

function turnOf({ state }: Scan): TurnObservation {
  return { source: "codex", session_id: state.thread, prompt_id: state.prompt_id };
}

export const taskComplete: Handler = (scan, line) => {
  if (!endTurn(scan, line)) return;
  const error = object(line.payload.error);
  if (error) pushError(scan, line, error);
  const turn = idText(line.payload.turn_id) || scan.state.turn;
  if (turn === "") return;
  const event_id = codexEvent.turnEnded(scan.state.thread, turn);
  pushEvent(scan, line, "turn_ended", event_id, error ? { error: errorCode(error) } : {});
};

export const turnAborted: Handler = (scan, line) => {
  const { state } = scan;
  const turn = idText(line.payload.turn_id) || state.turn;
  if (!endTurn(scan, line)) return;
  state.aborted_turn = turn;
  state.aborted_prompt_id = state.prompt === "" ? "" : state.prompt_id;
  state.aborted_prompt = state.prompt;
  const reason = idText(line.payload.reason) || undefined;
  const duration_ms = finite(line.payload.duration_ms);
  const event_id = codexEvent.turnInterrupted(state.thread, turn || String(line.time_unix_ms));
  pushEvent(scan, line, "turn_interrupted", event_id, { reason, duration_ms });
};

/** False if the turn was not this thread's own. */
function endTurn(scan: Scan, line: Line): boolean {
  const { state, into } = scan;
  const turn = idText(line.payload.turn_id) || state.turn;
  if (isForeign(scan, line) || isCopied(scan, line, turn)) return false;
  touch(scan, line.time_unix_ms);
  const prompt_id = turn === state.turn ? state.prompt_id : turn;
  if (prompt_id === "") return true;
  const ended: TurnObservation = { ...turnOf(scan), prompt_id, ended_unix_ms: line.time_unix_ms };
  if (turn === state.turn && state.turn_started_unix_ms > 0 && prompt_id === turn)
    ended.started_unix_ms = state.turn_started_unix_ms;
  into.turns.push(ended);
  if (state.root !== "") stopAgent(scan, line, turn || prompt_id);
  return true;
}

function stopAgent(scan: Scan, line: Line, turn: string): void {
  const { thread, root } = scan.state;
  const of = { session_id: root, agent_id: thread };
  scan.into.agents.push({ source: "codex", ...of, ended_unix_ms: line.time_unix_ms });
  pushEvent(scan, line, "agent_stopped", codexEvent.agentStopped(thread, turn), {}, of);
}

export const errorMessage: Handler = (scan, line) => {
  if (!isCopied(scan, line)) pushError(scan, line, line.payload);
};

function pushError(scan: Scan, line: Line, error: Json): void {
  const turn = idText(line.payload.turn_id) || scan.state.turn;
  const message = cutText(text(error.message), PROMPT_CHARS);
  const event_id = `codex:${scan.state.thread}:api_error:${turn}:${line.time_unix_ms}`;
  pushEvent(scan, line, "api_error", event_id, { error: errorCode(error), message });
}

function errorCode({ codex_error_info: info }: Json): string {
  return idText(info) || Object.keys(object(info) ?? {})[0] || "other";
}

/** A compaction leaves a `compacted` line and then an announcement; old clients only the latter. */
export const compacted: Handler = (scan, line) => {
  if (isCopied(scan, line)) return;
  scan.state.compaction_open = true;
  pushCompaction(scan, line);
};

export const compactionAnnounced: Handler = (scan, line) => {
  if (isForeign(scan, line) || isCopied(scan, line)) return;
  const wasTold = scan.state.compaction_open;
  scan.state.compaction_open = false;
  if (!wasTold) pushCompaction(scan, line);
};

function pushCompaction(scan: Scan, line: Line): void {
  const event_id = `codex:${scan.state.thread}:compaction_completed:${line.time_unix_ms}`;
  pushEvent(scan, line, "compaction_completed", event_id, {});
}
