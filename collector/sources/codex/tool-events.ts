import type { DataOf } from "../../../schema/event-catalogue.ts";
import type { ToolCallObservation } from "../../../store/batch.ts";
import { codexEvent } from "./identity.ts";
import { type Line, type ParseContext, pushEvent } from "./parse-context.ts";
import { calledAt } from "./state.ts";

/** Start and end of a call, if this observation contains them. */
export function pushToolEvents(context: ParseContext, line: Line, call: ToolCallObservation): void {
  const { thread } = context.state;
  const { tool_use_id, tool_name, started_unix_ms, summary, outcome } = call;
  const { prompt_id } = call;
  const place = { tool_use_id, ...(tool_name && { tool_name }), ...(prompt_id && { prompt_id }) };
  const input = summary ? { tool_input: { command: summary } } : {};
  const isCall = outcome === "running" && call.ended_unix_ms === undefined;
  // The line of the call comes first, unless the item is of a nested call, or of a person's own.
  const isFirstSight = () => isCall || calledAt(context.state, tool_use_id) === undefined;
  if (started_unix_ms !== undefined && isFirstSight()) {
    const at = { ...place, time_unix_ms: started_unix_ms };
    pushEvent(context, line, "tool_started", codexEvent.toolStarted(thread, tool_use_id), input, at);
  }
  if (outcome === "running" || call.ended_unix_ms === undefined) return;
  pushEnd(context, line, call, input, { ...place, time_unix_ms: call.ended_unix_ms });
}

function pushEnd(
  context: ParseContext,
  line: Line,
  { tool_use_id, outcome, duration_ms, error }: ToolCallObservation,
  input: DataOf<"tool_rejected">,
  place: { tool_use_id: string; tool_name?: string; time_unix_ms: number },
): void {
  const event_id = codexEvent.toolEnded(context.state.thread, tool_use_id);
  const measured = duration_ms === undefined ? {} : { duration_ms };
  if (outcome === "rejected") pushEvent(context, line, "tool_rejected", event_id, input, place);
  else if (outcome === "failed" || outcome === "interrupted") {
    const failed = { ...(error && { error }), ...(outcome === "interrupted" && { is_interrupt: true }) };
    pushEvent(context, line, "tool_failed", event_id, { ...input, ...measured, ...failed }, place);
  } else pushEvent(context, line, "tool_completed", event_id, { ...input, ...measured }, place);
}
