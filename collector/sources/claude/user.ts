import type { ToolOutcome } from "../../../schema/batch.ts";
import { pushEvent } from "./event.ts";
import { type Block, blocksOf, promptText, type TranscriptLine, textOf } from "./lines.ts";
import type { Context } from "./parser.ts";

const INTERRUPTED = "[Request interrupted by user";

/** Answers of tools, prompts, and the "no" and Esc of a person that no hook reports. */
export function userLine(context: Context, line: TranscriptLine): void {
  const time = context.time(line);
  const content = line.message?.content;
  const results = blocksOf(content).filter((b) => b.type === "tool_result");
  for (const result of results) toolResult(context, line, result, time);
  if (results.length > 0) return;
  const text = promptText(content);
  if (text.startsWith(INTERRUPTED)) {
    pushEvent(context, line, "turn_interrupted", { message: text.slice(0, 200) });
    return;
  }
  const agent = context.agentId(line);
  if (line.isMeta === true || line.isCompactSummary === true || agent || !text) return;
  context.into.turns.push({
    source: "claude",
    session_id: context.session(line).session_id,
    prompt_id: textOf(line.promptId) || textOf(line.uuid),
    started_unix_ms: time,
    prompt: text.slice(0, 500),
  });
}

function toolResult(context: Context, line: TranscriptLine, result: Block, time: number): void {
  const tool_use_id = textOf(result.tool_use_id);
  if (!tool_use_id) return;
  const outcome = outcomeOf(line, result);
  const failed = outcome !== "completed";
  context.into.tool_calls.push({
    tool_key: `claude:${tool_use_id}`,
    source: "claude",
    session_id: textOf(line.requestSessionId) || context.session(line).session_id,
    agent_id: context.agentId(line),
    tool_use_id,
    ...(textOf(line.promptId) && { prompt_id: textOf(line.promptId) }),
    ended_unix_ms: time,
    outcome,
    ...(failed && { error: promptText(result.content).slice(0, 500) }),
  });
  if (outcome === "rejected")
    pushEvent(
      context,
      line,
      "tool_rejected",
      { kind: textOf(line.toolDenialKind) || "user-rejected" },
      tool_use_id,
    );
}

/** 2.1.197 says a refusal only by the words in `toolUseResult`; 2.1.329 names its kind as well. */
function outcomeOf(line: TranscriptLine, result: Block): ToolOutcome {
  const answer = line.toolUseResult;
  if (typeof line.toolDenialKind === "string" || answer === "User rejected tool use") return "rejected";
  if (typeof answer === "object" && answer !== null && (answer as Block).interrupted === true)
    return "interrupted";
  return result.is_error === true ? "failed" : "completed";
}
