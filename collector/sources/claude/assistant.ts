import { isCost } from "../../../schema/gate.ts";
import { cutText } from "../../../schema/text.ts";
import { flagBit, type Usage } from "../../../schema/usage.ts";
import type { RequestObservation } from "../../../store/batch.ts";
import { raiseUsage } from "../../../store/sums.ts";
import { summaryOf } from "../tool-summary.ts";
import { isVendorId } from "./answers.ts";
import { attribute } from "./attribution.ts";
import type { Context } from "./context.ts";
import { pushEvent } from "./event.ts";
import { type Block, blocksOf, idOf, type TranscriptLine, textOf } from "./lines.ts";
import { type ClaudeUsage, readIterations, readUsage } from "./usage.ts";

const PROVISIONAL = flagBit("provisional");

/** One content block of one response. False if the line contains no response. */
export function assistantLine(context: Context, line: TranscriptLine, offset: number): boolean {
  const message = line.message;
  if (typeof message !== "object" || message === null) return false;
  const time = context.time(line);
  if (message.model === "<synthetic>" || line.isApiErrorMessage === true) {
    apiError(context, line);
    return true;
  }
  const id = idOf(message.id);
  const raw = message.usage;
  if (!id || typeof raw !== "object" || raw === null) return false;
  const session_id = context.session(line).session_id;
  const request =
    (isVendorId(id) ? repeated(context, line, session_id, id) : undefined) ??
    observeRequest(context, line, { session_id, id, raw: raw as ClaudeUsage, time, offset });
  attribute(request, line);
  context.usage = raw;
  observeTools(context, line, request, time);
  return true;
}

/** Most lines of a response repeat the previous one; the fast scanner then returns the same usage object. */
function repeated(
  { last, usage, agentId }: Context,
  line: TranscriptLine,
  session_id: string,
  id: string,
): RequestObservation | undefined {
  const isSame =
    last?.response_id === id &&
    usage === line.message?.usage &&
    last.is_final === (line.message?.stop_reason != null) &&
    last.session_id === session_id &&
    last.agent_id === agentId(line) &&
    last.provider_request_id === idOf(line.requestId) &&
    last.model === idOf(line.message?.model) &&
    last.parent_key === undefined;
  return isSame ? last : undefined;
}

type Seen = { session_id: string; id: string; raw: ClaudeUsage; time: number; offset: number };

function observeRequest(context: Context, line: TranscriptLine, seen: Seen): RequestObservation {
  const { usage, flags } = readUsage(seen.raw);
  const extra = readIterations(seen.raw.iterations);
  const is_final = line.message?.stop_reason != null;
  const named = nameAnswer(context, line, seen, usage, is_final);
  const observation = toRequest(context, line, seen, {
    request_key: named.key,
    usage,
    flags: flags | extra.flags | named.flags | context.timeFlag | (is_final ? 0 : PROVISIONAL),
    is_final,
  });
  const request = put(context, observation);
  for (const part of extra.parts)
    put(context, {
      ...observation,
      request_key: `${named.key}:${part.kind}:${part.index}`,
      parent_key: named.key,
      model: part.model || (part.kind === "fallback" ? "" : observation.model),
      usage: part.usage,
      flags: part.flags,
      recorded_cost_nano_usd: undefined,
    });
  return request;
}

function nameAnswer(context: Context, line: TranscriptLine, seen: Seen, usage: Usage, is_final: boolean) {
  const { id, session_id, time } = seen;
  if (isVendorId(id)) return { key: `claude:${id}`, flags: 0 };
  return context.answers.of({
    id,
    uuid: idOf(line.uuid),
    request_id: idOf(line.requestId),
    session_id,
    agent_id: context.agentId(line),
    time_unix_ms: time,
    usage,
    is_final,
  });
}

type Own = Pick<RequestObservation, "request_key" | "usage" | "flags" | "is_final">;

/** Every field is named, so that all requests have the same hidden class. */
function toRequest(context: Context, line: TranscriptLine, seen: Seen, own: Own): RequestObservation {
  const { raw } = seen;
  return {
    request_key: own.request_key,
    parent_key: undefined,
    source: "claude",
    session_id: seen.session_id,
    agent_id: context.agentId(line),
    owner_session_id: idOf(line.requestSessionId) || undefined,
    is_sidechain: line.isSidechain === true,
    prompt_id: context.memory.prompt_id || undefined,
    response_id: seen.id,
    provider_request_id: idOf(line.requestId),
    time_unix_ms: seen.time,
    model: idOf(line.message?.model),
    model_from_session_id: undefined,
    usage: own.usage,
    service_tier: idOf(raw.service_tier),
    speed: idOf(raw.speed),
    inference_geo: idOf(raw.inference_geo),
    flags: own.flags,
    is_final: own.is_final,
    recorded_cost_nano_usd: isCost(line.costUSD) ? Math.round(line.costUSD * 1e9) : undefined,
    offset: seen.offset,
    origin: undefined,
    query_source: undefined,
    skill: undefined,
    plugin: undefined,
    agent_type: undefined,
    mcp_server: undefined,
    mcp_tool: undefined,
    effort: undefined,
    thinking_ms: undefined,
    cache_miss_reason: undefined,
    cache_missed_input_tokens: undefined,
    git_branch: idOf(line.gitBranch) || undefined,
  };
}

/**
 * Lines of one response repeat its usage, early ones with smaller figures: the largest of each field holds. They are
 * adjacent, so it is nearly always the last request.
 */
function put(context: Context, next: RequestObservation): RequestObservation {
  const { last } = context;
  const known = last?.request_key === next.request_key ? last : context.requests.get(next.request_key);
  if (!known || known.session_id !== next.session_id || known.agent_id !== next.agent_id) {
    context.requests.set(next.request_key, next);
    context.into.requests.push(next);
    context.last = next;
    return next;
  }
  raiseUsage(known.usage, next.usage);
  known.is_final ||= next.is_final;
  known.flags = known.is_final ? (known.flags | next.flags) & ~PROVISIONAL : known.flags | next.flags;
  known.provider_request_id ||= next.provider_request_id;
  known.model ||= next.model;
  context.last = known;
  return known;
}

function observeTools(
  context: Context,
  line: TranscriptLine,
  request: RequestObservation,
  time: number,
): void {
  const content = line.message?.content;
  if (!Array.isArray(content)) return;
  for (const block of content as (Block | null)[]) {
    if (block?.type !== "tool_use") continue;
    const tool_use_id = idOf(block.id);
    if (block.name === "WebSearch") rememberSearch(context, tool_use_id, line, request);
    if (!tool_use_id) continue;
    context.into.tool_calls.push({
      tool_key: `claude:${tool_use_id}`,
      source: "claude",
      session_id: request.session_id,
      owner_session_id: idOf(line.requestSessionId) || undefined,
      agent_id: request.agent_id,
      tool_use_id,
      tool_name: idOf(block.name),
      prompt_id: undefined,
      started_unix_ms: time,
      ended_unix_ms: undefined,
      duration_ms: undefined,
      outcome: "running",
      summary: summaryOf(block.input),
      error: undefined,
    });
  }
}

/** Whether a search was billed with its request or must be inferred is only known from its result. */
function rememberSearch(
  context: Context,
  tool_use_id: string,
  line: TranscriptLine,
  request: RequestObservation,
): void {
  const raw = line.message?.usage as ClaudeUsage;
  context.searches.set(tool_use_id, {
    request_key: request.request_key,
    response_id: request.response_id,
    model: idOf(line.message?.model),
    counted: readUsage(raw).usage.web_search_requests,
  });
}

/** The client writes a failed call as a response of the model `<synthetic>`: nothing was billed. */
function apiError(context: Context, line: TranscriptLine): void {
  const status = line.apiErrorStatus;
  pushEvent(context, line, "api_error", {
    error: cutText(textOf(line.error), 200),
    ...(typeof status === "number" && { status }),
    message: cutText(
      blocksOf(line.message?.content)
        .map((b) => textOf(b.text))
        .join(" "),
      500,
    ),
  });
}
