import { isSearchCount } from "../../../schema/gate.ts";
import { commandOf, isCommandText } from "../../../schema/prompts.ts";
import type { ToolOutcome } from "../../../schema/row-values.ts";
import { cutText } from "../../../schema/text.ts";
import { flagBit, NO_USAGE } from "../../../schema/usage.ts";
import type { Context } from "./context.ts";
import { pushEvent } from "./event.ts";
import { type Block, blocksOf, idOf, promptText, type TranscriptLine } from "./lines.ts";

const INTERRUPTED = "[Request interrupted by user";

/** Tool results, prompts, and denials and Esc of a person, which no hook reports. */
export function userLine(context: Context, line: TranscriptLine): void {
  const time = context.time(line);
  const content = line.message?.content;
  let answers = 0;
  for (const block of blocksOf(content)) {
    if (block.type !== "tool_result") continue;
    toolResult(context, line, block, time);
    answers++;
  }
  const text = answers > 0 ? "" : promptText(content);
  const isPrompt = text !== "" && line.isMeta !== true;
  context.answers.interrupt(
    context.session(line).session_id,
    context.agentId(line),
    isPrompt ? "prompt" : "tool",
  );
  if (answers > 0) return;
  if (text.startsWith(INTERRUPTED)) {
    pushEvent(context, line, "turn_interrupted", { message: cutText(text, 200) });
    return;
  }
  const agent = context.agentId(line);
  if (line.isMeta === true || line.isCompactSummary === true || agent || !text) return;
  context.memory.prompt_id = idOf(line.promptId) || idOf(line.uuid);
  // A command that the client does not run itself goes to the model: a prompt as typed.
  const typed = commandOf(text) ?? text;
  if (isCommandText(typed)) return;
  context.into.turns.push({
    source: "claude",
    session_id: context.session(line).session_id,
    prompt_id: context.memory.prompt_id,
    started_unix_ms: time,
    prompt: cutText(typed, 500),
  });
}

function toolResult(context: Context, line: TranscriptLine, result: Block, time: number): void {
  const tool_use_id = idOf(result.tool_use_id);
  if (!tool_use_id) return;
  const outcome = outcomeOf(line, result);
  inferSearches(context, line, tool_use_id, outcome === "completed", time);
  context.into.tool_calls.push({
    tool_key: `claude:${tool_use_id}`,
    source: "claude",
    session_id: context.session(line).session_id,
    owner_session_id: idOf(line.requestSessionId) || undefined,
    agent_id: context.agentId(line),
    tool_use_id,
    tool_name: undefined,
    prompt_id: idOf(line.promptId) || undefined,
    started_unix_ms: undefined,
    ended_unix_ms: time,
    duration_ms: undefined,
    outcome,
    summary: undefined,
    error: outcome === "completed" ? undefined : cutText(promptText(result.content), 500),
  });
  if (outcome === "rejected")
    pushEvent(
      context,
      line,
      "tool_rejected",
      { kind: idOf(line.toolDenialKind) || "user-rejected" },
      tool_use_id,
    );
}

/**
 * The client runs some searches in a separate call that is in no line; only `searchCount` of the result shows them.
 * They count as searches, unless the request itself has counted them.
 */
function inferSearches(
  context: Context,
  line: TranscriptLine,
  tool_use_id: string,
  worked: boolean,
  time: number,
): void {
  const search = context.searches.get(tool_use_id);
  if (!search) return;
  context.searches.delete(tool_use_id);
  const answer = line.toolUseResult as Block | null | undefined;
  const count = typeof answer === "object" && answer !== null ? answer.searchCount : 0;
  if (!worked || search.counted > 0 || !isSearchCount(count) || count === 0) return;
  context.into.requests.push({
    request_key: `${search.request_key}:search:${tool_use_id}`,
    parent_key: search.request_key,
    source: "claude",
    session_id: idOf(line.requestSessionId) || context.session(line).session_id,
    agent_id: context.agentId(line),
    is_sidechain: line.isSidechain === true,
    response_id: search.response_id,
    provider_request_id: "",
    time_unix_ms: time,
    model: search.model,
    usage: { ...NO_USAGE, web_search_requests: count },
    service_tier: "",
    speed: "",
    inference_geo: "",
    flags: flagBit("search_fee_inferred") | context.timeFlag,
    is_final: true,
    offset: context.offset,
  });
}

/** 2.1.197 marks a refusal only by the text in `toolUseResult`; 2.1.329 names its kind as well. */
function outcomeOf(line: TranscriptLine, result: Block): ToolOutcome {
  const answer = line.toolUseResult;
  if (typeof line.toolDenialKind === "string" || answer === "User rejected tool use") return "rejected";
  if (typeof answer === "object" && answer !== null && (answer as Block).interrupted === true)
    return "interrupted";
  return result.is_error === true ? "failed" : "completed";
}
