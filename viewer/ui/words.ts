import type { FeedEvent } from "../../schema/api-shapes.ts";
import type { EventType } from "../../schema/events.ts";
import { duration, money, tokens } from "./format.ts";

export type Tone = "plain" | "good" | "bad" | "wait" | "money" | "quiet";
type Told = Pick<FeedEvent, "event_type" | "data"> & { tool_name?: string | null | undefined };
type Line = { tone: Tone; verb: string; detail: (event: Told) => string };

const text = (value: unknown): string => (typeof value === "string" ? value.replace(/\s+/g, " ").trim() : "");
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const join = (...parts: string[]): string => parts.filter(Boolean).join(" · ");
/** The first of several fields that says something. */
const first = (data: Record<string, unknown>, ...names: string[]): string =>
  names.map((name) => text(data[name])).find(Boolean) ?? "";

/** What a call is about: a hook keeps the tool's own input. */
const INPUTS = [
  "command",
  "file_path",
  "notebook_path",
  "pattern",
  "url",
  "query",
  "description",
  "skill",
  "path",
];
const about = ({ tool_input, ...data }: Record<string, unknown>): string =>
  first(data, "summary", "command", "file_path") ||
  (typeof tool_input === "object" && tool_input !== null
    ? first({ ...tool_input }, ...INPUTS)
    : text(tool_input));
const tool = (e: Told) => join(e.tool_name ?? "a tool", about(e.data));
const toolWithTime = (e: Told) => join(tool(e), duration(number(e.data.duration_ms)));
const agent = (e: Told) => join(first(e.data, "agent_type", "type"), first(e.data, "description"));
const plan = (e: Told) =>
  join(first(e.data, "plan_name", "name"), first(e.data, "feature_id", "feature_description"));

function response({ data }: Told): string {
  const flow = `${tokens(number(data.input_tokens) ?? 0)} in, ${tokens(number(data.output_tokens) ?? 0)} out`;
  const cost = number(data.cost_nano_usd);
  const price = cost === null ? "no price known" : money(cost);
  return join(price, flow, shortModel(text(data.model)) || "a model");
}

/** Without the day of its release, which tells nobody anything. */
export function shortModel(model: string): string {
  return model.replace(/-20\d{6}$/, "");
}

function prompt({ data }: Told): string {
  const chars = number(data.prompt_chars);
  return first(data, "prompt", "text") || (chars === null ? "" : `${chars} characters`);
}

function compaction({ data }: Told): string {
  const [before, after] = [number(data.context_tokens_before), number(data.context_tokens_after)];
  const change =
    before === null ? "" : `${tokens(before)}${after === null ? "" : ` → ${tokens(after)}`} tokens`;
  return join(text(data.trigger), change);
}

function limit({ data }: Told): string {
  const used = number(data.used_percent);
  return join(first(data, "limit_id", "window"), used === null ? "" : `${used} % used`);
}

/** One line of plain words per event type; a new type does not compile until it has one. */
const LINES: Record<EventType, Line> = {
  session_started: {
    tone: "good",
    verb: "Session started",
    detail: (e) => first(e.data, "start_source", "source", "model"),
  },
  session_ended: {
    tone: "quiet",
    verb: "Session ended",
    detail: (e) => first(e.data, "end_reason", "reason"),
  },
  prompt_submitted: { tone: "plain", verb: "Prompt", detail: prompt },
  turn_ended: { tone: "quiet", verb: "Turn ended", detail: (e) => duration(number(e.data.duration_ms)) },
  tool_started: { tone: "quiet", verb: "Started", detail: tool },
  tool_completed: { tone: "good", verb: "Done", detail: toolWithTime },
  tool_failed: { tone: "bad", verb: "Failed", detail: (e) => join(toolWithTime(e), first(e.data, "error")) },
  agent_started: { tone: "plain", verb: "Agent started", detail: agent },
  agent_stopped: { tone: "quiet", verb: "Agent stopped", detail: agent },
  notification: {
    tone: "wait",
    verb: "Notification",
    detail: (e) => first(e.data, "message", "notification_type"),
  },
  compaction_started: { tone: "wait", verb: "Compacting", detail: compaction },
  permission_requested: { tone: "wait", verb: "Asks permission", detail: tool },
  api_response: { tone: "money", verb: "Response", detail: response },
  usage_updated: { tone: "money", verb: "Usage corrected", detail: response },
  ownership_changed: {
    tone: "quiet",
    verb: "Response moved to its own session",
    detail: (e) => first(e.data, "request_key"),
  },
  api_error: {
    tone: "bad",
    verb: "API error",
    detail: (e) => join(String(number(e.data.status) ?? ""), first(e.data, "message", "error")),
  },
  tool_rejected: { tone: "bad", verb: "Denied", detail: (e) => join(tool(e), first(e.data, "kind")) },
  turn_interrupted: { tone: "wait", verb: "Interrupted", detail: (e) => first(e.data, "reason", "message") },
  compaction_completed: { tone: "plain", verb: "Compacted", detail: compaction },
  rate_limit: { tone: "wait", verb: "Rate limit", detail: limit },
  alert_fired: { tone: "bad", verb: "Alert", detail: (e) => first(e.data, "title") },
  alert_cleared: { tone: "good", verb: "Alert over", detail: (e) => first(e.data, "title") },
  plan_created: { tone: "plain", verb: "Plan created", detail: plan },
  plan_optimized: { tone: "plain", verb: "Plan optimized", detail: plan },
  feature_created: { tone: "plain", verb: "Feature created", detail: plan },
  orchestration_started: { tone: "plain", verb: "Orchestration started", detail: plan },
  feature_started: { tone: "plain", verb: "Feature started", detail: plan },
  feature_completed: { tone: "good", verb: "Feature completed", detail: plan },
  feature_failed: { tone: "bad", verb: "Feature failed", detail: plan },
  orchestration_completed: { tone: "good", verb: "Orchestration completed", detail: plan },
  pr_created: { tone: "good", verb: "Pull request", detail: (e) => join(plan(e), first(e.data, "pr_url")) },
  hook_other: { tone: "quiet", verb: "Hook", detail: (e) => first(e.data, "hook_event_name", "name") },
};

/** A daemon newer than this page may send a type that it does not know. */
const UNKNOWN: Line = { tone: "quiet", verb: "Event", detail: (e) => e.event_type };

export function tell(event: Told): { tone: Tone; verb: string; detail: string } {
  const { tone, verb, detail } = LINES[event.event_type] ?? UNKNOWN;
  return { tone, verb, detail: detail(event).slice(0, 300) };
}
