import { EVENT_TYPES, type EventType } from "../../../schema/event-names.ts";
import type { Context } from "./context.ts";
import { idOf, type TranscriptLine } from "./lines.ts";

/** Puts what a transcript line alone can tell into the batch; the line's own uuid is its identity, in every copy. */
export function pushEvent(
  context: Context,
  line: TranscriptLine,
  event_type: EventType,
  data: Record<string, unknown>,
  tool_use_id = "",
): void {
  const agent_id = context.agentId(line);
  const prompt_id = idOf(line.promptId);
  const uuid = idOf(line.uuid);
  context.into.events.push({
    event_id: uuid ? `claude:line:${uuid}` : `claude:line:${context.path}:${context.offset}`,
    event_type,
    event_category: EVENT_TYPES[event_type],
    source: "claude",
    origin: "transcript",
    session_id: context.session(line).session_id,
    time_unix_ms: context.time(line),
    ...(agent_id && { agent_id }),
    ...(prompt_id && { prompt_id }),
    ...(tool_use_id && { tool_use_id }),
    data,
  });
}
