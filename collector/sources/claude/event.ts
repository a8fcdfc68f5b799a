import { createEvent } from "../../../schema/event.ts";
import type { DataOf, EventType } from "../../../schema/event-catalogue.ts";
import type { Context } from "./context.ts";
import { idOf, type TranscriptLine } from "./lines.ts";

/**
 * Adds an event that only a transcript line reports to the batch; the line's own uuid is its identity, in every copy.
 */
export function pushEvent<Type extends EventType>(
  context: Context,
  line: TranscriptLine,
  event_type: Type,
  data: DataOf<Type>,
  tool_use_id = "",
): void {
  const agent_id = context.agentId(line);
  const prompt_id = idOf(line.promptId);
  const uuid = idOf(line.uuid);
  const base = {
    event_id: uuid ? `claude:line:${uuid}` : `claude:line:${context.path}:${context.offset}`,
    source: "claude",
    origin: "transcript",
    session_id: context.session(line).session_id,
    time_unix_ms: context.time(line),
    ...(agent_id && { agent_id }),
    ...(prompt_id && { prompt_id }),
    ...(tool_use_id && { tool_use_id }),
  } as const;
  context.into.events.push(createEvent(event_type, base, data));
}
