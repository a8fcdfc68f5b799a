import * as z from "zod";
import { REJECT_REASONS, TOOL_OUTCOMES } from "../schema/batch.ts";
import { EVENT_TYPE_NAMES, ORIGINS, SOURCES } from "../schema/events.ts";

const count = z.int().nonnegative();
const money = z.int().nullable().default(null);
const words = z.string().exactOptional();
const time = z.int().exactOptional();
const of = { source: z.enum(SOURCES), session_id: z.string() };

/** A line of the archive, read back. Absent fields are those that were null. */
export const ArchiveLine = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("event"),
    seq: count.exactOptional(),
    ...of,
    event_id: z.string().min(1),
    event_type: z.enum(EVENT_TYPE_NAMES),
    origin: z.enum(ORIGINS),
    time_unix_ms: z.int(),
    project_path: words,
    agent_id: words,
    prompt_id: words,
    tool_name: words,
    tool_use_id: words,
    data: z.record(z.string(), z.unknown()),
  }),
  z.object({
    kind: z.literal("request"),
    seq: count.exactOptional(),
    ...of,
    request_key: z.string().min(1),
    parent_key: words,
    agent_id: z.string().default(""),
    prompt_id: words,
    response_id: z.string().default(""),
    provider_request_id: z.string().default(""),
    time_unix_ms: z.int(),
    model: z.string(),
    uncached_input_tokens: count,
    cache_creation_5m_input_tokens: count,
    cache_creation_1h_input_tokens: count,
    cache_read_input_tokens: count,
    output_tokens: count,
    reasoning_output_tokens: count,
    web_search_requests: count,
    service_tier: z.string().default(""),
    speed: z.string().default(""),
    inference_geo: z.string().default(""),
    flags: count.default(0),
    price_id: z.string().nullable().default(null),
    input_nano_usd: money,
    cache_creation_5m_nano_usd: money,
    cache_creation_1h_nano_usd: money,
    cache_read_nano_usd: money,
    output_nano_usd: money,
    web_search_nano_usd: money,
    cost_nano_usd: money,
    recorded_cost_nano_usd: z.int().exactOptional(),
    owner_rank: words,
    project_path: words,
    path: words,
    offset: count.default(0),
  }),
  z.object({
    kind: z.literal("session"),
    ...of,
    project_path: words,
    git_branch: words,
    client_version: words,
    entrypoint: words,
    title: words,
    transcript_path: words,
    started_unix_ms: time,
    last_unix_ms: time,
    ended_unix_ms: time,
    end_reason: words,
    parent_session_id: words,
    relation: z.enum(["fork", "agent"]).exactOptional(),
  }),
  z.object({
    kind: z.literal("agent"),
    ...of,
    agent_id: z.string(),
    agent_type: words,
    description: words,
    tool_use_id: words,
    depth: z.int().exactOptional(),
    started_unix_ms: time,
    ended_unix_ms: time,
  }),
  z.object({
    kind: z.literal("turn"),
    ...of,
    prompt_id: z.string(),
    started_unix_ms: time,
    ended_unix_ms: time,
    prompt: words,
  }),
  z.object({
    kind: z.literal("tool_call"),
    ...of,
    tool_key: z.string().min(1),
    agent_id: z.string(),
    tool_use_id: z.string(),
    tool_name: words,
    prompt_id: words,
    started_unix_ms: time,
    ended_unix_ms: time,
    duration_ms: z.number().exactOptional(),
    outcome: z.enum(TOOL_OUTCOMES),
    summary: words,
    error: words,
    owner_rank: z.string(),
  }),
  z.object({ kind: z.literal("copy"), ...of, request_key: z.string() }),
  z.object({
    kind: z.literal("sample"),
    source: z.enum(SOURCES),
    session_id: z.string(),
    sample_id: z.string().min(1),
    origin: z.enum(["statusline", "rollout", "app_server", "command", "transcript"]),
    account: z.string(),
    limit_id: z.string(),
    window: z.string(),
    window_minutes: z.number().nullable().default(null),
    used_percent: z.number(),
    resets_at_unix_ms: z.int().nullable().default(null),
    time_unix_ms: z.int(),
  }),
  z.object({
    kind: z.literal("reject"),
    source: z.enum(SOURCES),
    path: z.string(),
    offset: count,
    length_bytes: count,
    reason: z.enum(REJECT_REASONS),
    detail: z.string(),
    time_unix_ms: z.int(),
  }),
]);
export type ArchiveLine = z.infer<typeof ArchiveLine>;
export type RequestLine = Extract<ArchiveLine, { kind: "request" }>;
export type EventLine = Extract<ArchiveLine, { kind: "event" }>;

/** `position`: where in the sequence the line was written. */
export type PlacedLine = { line: ArchiveLine; position: number; is_changed: boolean };

/** Undefined for what is not a line of the archive, or a damaged one. */
export function toArchiveLine(text: string): PlacedLine | undefined {
  try {
    const value = JSON.parse(text) as { seq?: unknown; after_seq?: unknown };
    const line = ArchiveLine.safeParse(value).data;
    if (!line) return undefined;
    const position = Number(value.after_seq ?? value.seq ?? 0);
    return { line, position, is_changed: value.after_seq !== undefined };
  } catch {
    return undefined;
  }
}
