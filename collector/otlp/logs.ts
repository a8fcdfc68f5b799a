import { isCost, isTokenCount, toDurationMs } from "../../schema/gate.ts";
import type { TelemetryCall, TelemetryEvent, TelemetryRecord } from "../../schema/telemetry.ts";
import { type TelemetryVendor, VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";
import { type Attributes, attributesOf, field, isObject, toUnixMs } from "./attributes.ts";

/** Undefined: not a record of either agent, counted as rejected; the reason is part of the response. */
export type ReadRecord = { ok: true; record: TelemetryRecord } | { ok: false; reason: string };
const bad = (reason: string): ReadRecord => ({ ok: false, reason });

const EVENTS = ["api_error", "tool_decision", "tool_result"] as const;
const PREFIX = new RegExp(
  `^(${VENDOR_NAMES.flatMap((name) => VENDORS[name].telemetry?.prefix ?? []).join("|")})\\.`,
);
const ERRORS = new Set(["api_error", "api_refusal", "api_retries_exhausted"]);

/** One log record of an agent. Codex leaves `timeUnixNano` at 0 and names the event in an attribute. */
export function readLog(value: unknown, agent: TelemetryVendor): ReadRecord {
  if (!isObject(value)) return bad("a log record is not an object");
  const a = attributesOf(field(value, "attributes"));
  const name = nameOf(a, value);
  if (name === "") return { ok: true, record: sign("unnamed", a, timeOf(a, value)) };
  const time_unix_ms = timeOf(a, value);
  if (time_unix_ms === undefined) return bad(`${name} has no time`);
  const session_id = sessionOf(a);
  if (name === VENDORS[agent].telemetry?.call_log) return readCall(a, session_id, time_unix_ms);
  const event = ERRORS.has(name) ? "api_error" : EVENTS.find((e) => e === name);
  if (event === undefined || session_id === "")
    return { ok: true, record: { kind: "sign", name, session_id, time_unix_ms } };
  return { ok: true, record: toEvent(event, a, session_id, time_unix_ms) };
}

function sign(name: string, a: Attributes, time_unix_ms = 0): TelemetryRecord {
  return { kind: "sign", name, session_id: sessionOf(a), time_unix_ms };
}

/** `event.name` is `api_request` in Claude's records and `codex.tool_result` in Codex's. */
function nameOf(a: Attributes, record: Record<string, unknown>): string {
  const body = field(record, "body");
  const given =
    a.text("event.name") || (isObject(body) && attributesOf([{ key: "b", value: body }]).text("b")) || "";
  const name = given.replace(PREFIX, "");
  return /^[\w.-]{1,60}$/.test(name) ? name : "";
}

export function sessionOf(a: Attributes): string {
  return a.text("session.id") || a.text("conversation.id");
}

function timeOf(a: Attributes, record: Record<string, unknown>): number | undefined {
  const stamped = Date.parse(a.text("event.timestamp"));
  if (!Number.isNaN(stamped)) return stamped;
  return toUnixMs(field(record, "timeUnixNano")) ?? toUnixMs(field(record, "observedTimeUnixNano"));
}

const TOKENS = [
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_creation_tokens",
  "cache_creation_5m_tokens",
  "cache_creation_1h_tokens",
] as const;

function readCall(a: Attributes, session_id: string, time_unix_ms: number): ReadRecord {
  if (session_id === "") return bad("api_request has no session");
  const counts = Object.fromEntries(TOKENS.map((name) => [name, a.count(name)]));
  const wrong = TOKENS.find((name) => counts[name] !== undefined && !isTokenCount(counts[name]));
  if (wrong) return bad(`api_request: ${wrong} is not a count`);
  const of = (name: (typeof TOKENS)[number]): number => counts[name] ?? 0;
  const [m5, h1, written] = [
    of("cache_creation_5m_tokens"),
    of("cache_creation_1h_tokens"),
    of("cache_creation_tokens"),
  ];
  const is_ttl_known = written === m5 + h1;
  const record: TelemetryCall = {
    kind: "call",
    session_id,
    time_unix_ms,
    request_id: a.text("request_id"),
    sequence: a.count("event.sequence") ?? -1,
    prompt_id: a.text("prompt.id"),
    agent_id: a.text("agent_id"),
    // The `[1m]` of a model's name is added by the client and not part of the billed name.
    model: a.text("model").replace(/\[1m\]$/, ""),
    uncached_input_tokens: of("input_tokens"),
    cache_creation_5m_input_tokens: is_ttl_known ? m5 : Math.max(0, written - h1),
    cache_creation_1h_input_tokens: h1,
    cache_read_input_tokens: of("cache_read_tokens"),
    output_tokens: of("output_tokens"),
    is_ttl_known,
    speed: a.text("speed") === "normal" ? "standard" : a.text("speed"),
    effort: a.text("effort"),
    query_source: a.text("query_source"),
    duration_ms: toDurationMs(a.count("duration_ms")) || null,
    ttft_ms: toDurationMs(a.count("ttft_ms")) || null,
    cost_nano_usd: costOf(a),
  };
  return { ok: true, record };
}

function costOf(a: Attributes): number | null {
  const usd = a.number("cost_usd") ?? (a.number("cost_usd_micros") ?? Number.NaN) / 1e6;
  return isCost(usd) ? Math.round(usd * 1e9) : null;
}

function toEvent(
  name: TelemetryEvent["name"],
  a: Attributes,
  session_id: string,
  time_unix_ms: number,
): TelemetryEvent {
  return {
    kind: "event",
    name,
    session_id,
    time_unix_ms,
    sequence: a.count("event.sequence") ?? -1,
    prompt_id: a.text("prompt.id"),
    agent_id: a.text("agent_id"),
    request_id: a.text("request_id"),
    tool_name: a.text("tool_name"),
    tool_use_id: a.text("tool_use_id") || a.text("call_id"),
    decision: a.text("decision"),
    decided_by: a.text("source"),
    duration_ms: toDurationMs(a.count("duration_ms")) || null,
    is_success: a.bool("success") ?? null,
    status: a.count("status_code") || null,
  };
}
