import type { RequestObservation } from "../../../schema/batch.ts";
import { flagBit, type Usage } from "../../../schema/usage.ts";
import type { Context } from "./context.ts";
import { pushEvent } from "./event.ts";
import { blocksOf, summaryOf, type TranscriptLine, textOf } from "./lines.ts";
import { type ClaudeUsage, readIterations, readUsage } from "./usage.ts";

const PROVISIONAL = flagBit("provisional");
/** Ids that a vendor makes are unique everywhere; a proxy's (`msg_1`) only within its session. */
const VENDOR_ID = /^msg_(01|bdrk_|vrtx_)/;

/** One content block of one response. False if the line has no response in it. */
export function assistantLine(context: Context, line: TranscriptLine, offset: number): boolean {
  const message = line.message;
  if (typeof message !== "object" || message === null) return false;
  const time = context.time(line);
  if (message.model === "<synthetic>" || line.isApiErrorMessage === true) {
    apiError(context, line);
    return true;
  }
  const id = textOf(message.id);
  const raw = message.usage;
  if (!id || typeof raw !== "object" || raw === null) return false;
  observeRequest(context, line, id, raw as ClaudeUsage, time, offset);
  observeTools(context, line, time);
  return true;
}

function observeRequest(
  context: Context,
  line: TranscriptLine,
  id: string,
  raw: ClaudeUsage,
  time: number,
  offset: number,
): void {
  const session = context.session(line).session_id;
  const request_key = VENDOR_ID.test(id) ? `claude:${id}` : `claude:${session}:${id}`;
  const { usage, flags } = readUsage(raw);
  const extra = readIterations(raw.iterations);
  const owner = textOf(line.requestSessionId);
  const observation: RequestObservation = {
    request_key,
    source: "claude",
    session_id: session,
    agent_id: context.agentId(line),
    ...(owner && { owner_session_id: owner }),
    is_sidechain: line.isSidechain === true,
    ...(context.memory.prompt_id && { prompt_id: context.memory.prompt_id }),
    response_id: id,
    provider_request_id: textOf(line.requestId),
    time_unix_ms: time,
    model: textOf(line.message?.model),
    usage,
    service_tier: textOf(raw.service_tier),
    speed: textOf(raw.speed),
    inference_geo: textOf(raw.inference_geo),
    flags: flags | extra.flags | (line.message?.stop_reason == null ? PROVISIONAL : 0),
    is_final: line.message?.stop_reason != null,
    ...(typeof line.costUSD === "number" &&
      line.costUSD >= 0 && { recorded_cost_nano_usd: Math.round(line.costUSD * 1e9) }),
    offset,
  };
  put(context, observation);
  rememberSearches(context, line, observation);
  for (const part of extra.billed)
    put(context, {
      ...observation,
      request_key: `${request_key}:${part.kind}:${part.index}`,
      parent_key: request_key,
      model: part.model || observation.model,
      usage: part.usage,
      flags: part.flags,
    });
}

/** Lines of one response repeat its usage, early ones with smaller figures: the largest of each field holds. */
function put(context: Context, next: RequestObservation): void {
  const known = context.requests.get(next.request_key);
  if (!known || known.session_id !== next.session_id || known.agent_id !== next.agent_id) {
    context.requests.set(next.request_key, next);
    context.into.requests.push(next);
    return;
  }
  for (const field of Object.keys(next.usage) as (keyof Usage)[])
    known.usage[field] = Math.max(known.usage[field], next.usage[field]);
  known.is_final ||= next.is_final;
  known.flags = known.is_final ? (known.flags | next.flags) & ~PROVISIONAL : known.flags | next.flags;
  known.provider_request_id ||= next.provider_request_id;
  known.model ||= next.model;
}

function observeTools(context: Context, line: TranscriptLine, time: number): void {
  const session_id = context.session(line).session_id;
  const owner = textOf(line.requestSessionId);
  for (const block of blocksOf(line.message?.content)) {
    const tool_use_id = textOf(block.id);
    if (block.type !== "tool_use" || !tool_use_id) continue;
    context.into.tool_calls.push({
      tool_key: `claude:${tool_use_id}`,
      source: "claude",
      session_id,
      ...(owner && { owner_session_id: owner }),
      agent_id: context.agentId(line),
      tool_use_id,
      tool_name: textOf(block.name),
      started_unix_ms: time,
      outcome: "running",
      summary: summaryOf(block.input),
    });
  }
}

/** Whether a search was billed with its request or must be inferred from its answer shows only when that comes. */
function rememberSearches(context: Context, line: TranscriptLine, request: RequestObservation): void {
  for (const block of blocksOf(line.message?.content))
    if (block.type === "tool_use" && block.name === "WebSearch")
      context.memory.searches[textOf(block.id)] = {
        request_key: request.request_key,
        response_id: request.response_id,
        model: request.model,
        counted: request.usage.web_search_requests,
      };
}

/** The client writes a failed call as an answer of the model `<synthetic>`: nothing was billed. */
function apiError(context: Context, line: TranscriptLine): void {
  const status = line.apiErrorStatus;
  pushEvent(context, line, "api_error", {
    error: textOf(line.error).slice(0, 200),
    ...(typeof status === "number" && { status }),
    message: blocksOf(line.message?.content)
      .map((b) => textOf(b.text))
      .join(" ")
      .slice(0, 500),
  });
}
