import { QUESTION_HOOKS, type QuestionHook } from "../schema/bookkeeping.ts";
import { MODE_WORDS } from "../schema/capture.ts";
import type { DataOf, EventType } from "../schema/event-catalogue.ts";
import { clientNote } from "../schema/prompts.ts";
import { isolated, withoutControls } from "../schema/text.ts";
import { duration, money, tokens } from "./ui/format.ts";

export type Tone = "plain" | "good" | "bad" | "wait" | "money" | "quiet";
type Line = { tone: Tone; verb: string; detail: string };
type Label<Data> = {
  tone: Tone;
  verb: string;
  detail: (data: Data, tool_name: string) => string;
  /** The line of an event that needs more than its type; undefined for any other. */
  special?: (data: Data, tool_name: string) => Line | undefined;
};

/** A client may send anything in a field, and an older version may have stored it: only the declared kind is shown. */
const text = (value: unknown): string =>
  typeof value === "string" ? withoutControls(value).replace(/\s+/g, " ").trim() : "";
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const join = (...parts: unknown[]): string => parts.map(text).filter(Boolean).map(isolated).join(" · ");
const either = (...parts: unknown[]): string => parts.map(text).find(Boolean) ?? "";

/** Input fields that describe a call, the best first. */
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

type Call = DataOf<"tool_started">;
function tool({ tool_input }: Call, tool_name: string): string {
  const input: Record<string, unknown> =
    typeof tool_input === "object" && tool_input !== null ? tool_input : { command: tool_input };
  return join(tool_name || "a tool", either(...INPUTS.map((name) => input[name])));
}
const toolWithTime = (data: Call & { duration_ms?: number | undefined }, tool_name: string) =>
  join(tool(data, tool_name), duration(number(data.duration_ms)));

function response(data: Partial<DataOf<"api_response">>): string {
  const flow = `${tokens(number(data.input_tokens) ?? 0)} in, ${tokens(number(data.output_tokens) ?? 0)} out`;
  return join(price(data.cost_nano_usd), flow, shortModel(text(data.model)) || "a model");
}

function price(cost: unknown): string {
  const nano = number(cost);
  return nano === null ? "no price known" : money(nano);
}

/** Claude Code wraps the model's text about a failed call in a tag, which is truncated with the text. */
export function plainError(error: string): string {
  return error.replace(/^\s*<tool_use_error>|<\/tool_use_error>\s*$/g, "").trim();
}

/** `-20251101`, `-2025-11-01`, Vertex's `@20251101`; Bedrock appends its own version. */
const RELEASED = /[-@]20\d{2}(?:\d{4}|-\d{2}-\d{2})(?:-v\d+(?::\d+)?)?$/;

/** A model name without its release date, for display. */
export function shortModel(model: string): string {
  return model.replace(RELEASED, "");
}

function raised(data: Partial<DataOf<"usage_updated">>): string {
  const output = number(data.output_tokens);
  return join(price(data.cost_nano_usd), output === null ? "" : `${tokens(output)} more out`);
}

function compaction(data: DataOf<"compaction_started">): string {
  const [before, after] = [number(data.context_tokens_before), number(data.context_tokens_after)];
  const change =
    before === null ? "" : `${tokens(before)}${after === null ? "" : ` → ${tokens(after)}`} tokens`;
  return join(data.trigger, change);
}

function limit(data: Partial<DataOf<"rate_limit">>): string {
  const used = number(data.used_percent);
  return join(either(data.limit_id, data.window), used === null ? "" : `${used} % used`);
}

const plan = (data: DataOf<"plan_created">) => text(data.plan_name);
const feature = (data: DataOf<"feature_started">) => join(data.plan_name, data.feature_id, data.description);

/** Text that the client writes as a prompt, such as the end of a background task. */
function noteOf({ prompt }: Partial<DataOf<"prompt_submitted">>): Line | undefined {
  const note = typeof prompt === "string" ? clientNote(prompt) : undefined;
  return note === undefined ? undefined : { tone: "quiet", verb: "System note", detail: note };
}

/** Claude Code sends questions and plan approvals as permission requests for these tools. */
function questionOf({ tool_input }: Call, tool_name: string): Line | undefined {
  if (tool_name === "ExitPlanMode") return { tone: "wait", verb: "Asks approval", detail: "of its plan" };
  if (tool_name !== "AskUserQuestion") return undefined;
  const input = tool_input as { questions?: unknown } | null | undefined;
  const questions: ({ question?: unknown } | null)[] = Array.isArray(input?.questions) ? input.questions : [];
  return { tone: "wait", verb: "Asks", detail: questions.map((q) => text(q?.question)).join(" ") };
}

/** An MCP server's question to a person, and the answer. */
const ELICITATIONS: Readonly<Record<QuestionHook, Pick<Line, "tone" | "verb">>> = {
  Elicitation: { tone: "wait", verb: "Asks" },
  ElicitationResult: { tone: "plain", verb: "Answered" },
};
function elicitationOf(data: Partial<DataOf<"hook_other">>): Line | undefined {
  const { hook_event_name, message, action, mcp_server_name } = data;
  const hook = QUESTION_HOOKS.find((name) => name === text(hook_event_name));
  return hook && { ...ELICITATIONS[hook], detail: join(either(message, action), mcp_server_name) };
}

function failedTurn({ error }: Partial<DataOf<"turn_ended">>): Line | undefined {
  const detail = text(error).replaceAll("_", " ");
  return detail === "" ? undefined : { tone: "bad", verb: "Turn failed", detail };
}

/** One line of plain words per event type; a new type does not compile until it has one. */
const LABELS: { [Type in EventType]: Label<Partial<DataOf<Type>>> } = {
  session_started: { tone: "good", verb: "Session started", detail: (d) => either(d.source, d.model) },
  session_ended: { tone: "quiet", verb: "Session ended", detail: (d) => text(d.reason) },
  prompt_submitted: { tone: "plain", verb: "Prompt", detail: (d) => text(d.prompt), special: noteOf },
  turn_ended: { tone: "quiet", verb: "Turn ended", detail: () => "", special: failedTurn },
  tool_started: { tone: "quiet", verb: "Started", detail: tool },
  tool_completed: { tone: "good", verb: "Done", detail: toolWithTime },
  tool_failed: {
    tone: "bad",
    verb: "Failed",
    detail: (d, name) => join(toolWithTime(d, name), plainError(text(d.error))),
  },
  agent_started: { tone: "plain", verb: "Agent started", detail: (d) => text(d.agent_type) },
  agent_stopped: { tone: "quiet", verb: "Agent stopped", detail: (d) => text(d.agent_type) },
  notification: {
    tone: "wait",
    verb: "Notification",
    detail: (d) => either(d.message, d.notification_type),
  },
  compaction_started: { tone: "wait", verb: "Compacting", detail: compaction },
  permission_requested: { tone: "wait", verb: "Permission requested", detail: tool, special: questionOf },
  api_response: { tone: "money", verb: "Response", detail: response },
  usage_updated: { tone: "money", verb: "Usage corrected", detail: raised },
  ownership_changed: {
    tone: "quiet",
    verb: "Response reassigned to its session",
    detail: (d) => text(d.request_key),
  },
  api_error: {
    tone: "bad",
    verb: "API error",
    detail: (d) => join(String(number(d.status) ?? ""), either(d.message, d.error)),
  },
  tool_rejected: {
    tone: "bad",
    verb: "Denied",
    detail: (d, name) => join(tool(d, name), either(d.kind, d.reason)),
  },
  turn_interrupted: { tone: "wait", verb: "Interrupted", detail: (d) => either(d.reason, d.message) },
  compaction_completed: { tone: "plain", verb: "Compacted", detail: compaction },
  rate_limit: { tone: "wait", verb: "Rate limit", detail: limit },
  alert_fired: { tone: "bad", verb: "Alert", detail: (d) => text(d.title) },
  alert_cleared: { tone: "good", verb: "Alert cleared", detail: (d) => text(d.title) },
  capture_mode_changed: {
    tone: "wait",
    verb: "Recording changed",
    detail: (d) => join(d.agent, d.to && MODE_WORDS[d.to], d.reason),
  },
  plan_created: { tone: "plain", verb: "Plan created", detail: plan },
  plan_optimized: { tone: "plain", verb: "Plan optimized", detail: plan },
  feature_created: { tone: "plain", verb: "Feature created", detail: feature },
  orchestration_started: { tone: "plain", verb: "Orchestration started", detail: plan },
  feature_started: { tone: "plain", verb: "Feature started", detail: feature },
  feature_completed: { tone: "good", verb: "Feature completed", detail: feature },
  feature_failed: { tone: "bad", verb: "Feature failed", detail: feature },
  orchestration_completed: { tone: "good", verb: "Orchestration completed", detail: plan },
  pr_created: { tone: "good", verb: "Pull request", detail: (d) => join(d.plan_name, d.pr_url) },
  hook_other: { tone: "quiet", verb: "Hook", detail: (d) => text(d.hook_event_name), special: elicitationOf },
};

export type Described = { event_type: EventType; data: object; tool_name?: string | null | undefined };

/** An event in one line for a person, on the page and in the terminal. */
export function describeEvent(event: Described): Line {
  // A daemon newer than this page may send a type that it does not know.
  const label: Label<object> = Object.hasOwn(LABELS, event.event_type)
    ? (LABELS[event.event_type] as Label<object>)
    : { tone: "quiet", verb: "Event", detail: () => event.event_type };
  const { data } = event;
  const tool_name = text(event.tool_name);
  const { tone, verb, detail } = label.special?.(data, tool_name) ?? {
    tone: label.tone,
    verb: label.verb,
    detail: label.detail(data, tool_name),
  };
  return { tone, verb, detail: detail.slice(0, 300) };
}
