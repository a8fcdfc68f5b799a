import type { RequestObservation, ToolCallObservation } from "../schema/batch.ts";
import { type CellReader, type Cells, type CellWriter, cellReader, cellWriter } from "./cells.ts";
import type { TimedResult } from "./reader.ts";

/**
 * A reading as a history's reader hands it over. What comes by the hundred thousand crosses as numbers in one
 * buffer and texts in two strings, whose making and taking apart costs less than half of what JSON would.
 */
export type Packed = Cells & { rest: string };

export function pack(result: TimedResult): Packed {
  const into = cellWriter();
  if (result.kind !== "read") return { rest: JSON.stringify(result), ...into.packed() };
  const { requests, tool_calls, limits } = result.batch;
  putRequests(into, requests);
  putToolCalls(into, tool_calls);
  into.numbers(limits.cells);
  const batch = { ...result.batch, requests: [], tool_calls: [], limits: { ...limits, cells: [] } };
  return { rest: JSON.stringify({ ...result, batch }), ...into.packed() };
}

export function unpack(packed: Packed): TimedResult {
  const result = JSON.parse(packed.rest) as TimedResult;
  if (result.kind !== "read") return result;
  const from = cellReader(packed);
  result.batch.requests = takeRequests(from);
  result.batch.tool_calls = takeToolCalls(from);
  result.batch.limits.cells = from.numbers();
  return result;
}

function putRequests(into: CellWriter, rows: RequestObservation[]): void {
  into.number(rows.length);
  let above: RequestObservation | undefined;
  for (const r of rows) {
    into.id(r.request_key, undefined);
    into.id(r.parent_key, above?.parent_key);
    into.id(r.source, above?.source);
    into.id(r.session_id, above?.session_id);
    into.id(r.agent_id, above?.agent_id);
    into.id(r.owner_session_id, above?.owner_session_id);
    into.flag(r.is_sidechain);
    into.id(r.prompt_id, above?.prompt_id);
    into.end(r.request_key, r.response_id);
    into.id(r.provider_request_id, above?.provider_request_id);
    into.number(r.time_unix_ms);
    into.id(r.model, above?.model);
    into.id(r.model_from_session_id, above?.model_from_session_id);
    const u = r.usage;
    into.number(u.uncached_input_tokens);
    into.number(u.cache_creation_5m_input_tokens);
    into.number(u.cache_creation_1h_input_tokens);
    into.number(u.cache_read_input_tokens);
    into.number(u.output_tokens);
    into.number(u.reasoning_output_tokens);
    into.number(u.web_search_requests);
    into.id(r.service_tier, above?.service_tier);
    into.id(r.speed, above?.speed);
    into.id(r.inference_geo, above?.inference_geo);
    into.number(r.flags);
    into.flag(r.is_final);
    into.maybe(r.recorded_cost_nano_usd);
    into.number(r.offset);
    above = r;
  }
}

function takeRequests(from: CellReader): RequestObservation[] {
  const rows: RequestObservation[] = [];
  let above: RequestObservation | undefined;
  for (let left = from.number(); left > 0; left--) {
    const request_key = from.id(undefined);
    above = {
      request_key,
      parent_key: from.maybeId(above?.parent_key),
      source: from.id(above?.source) as RequestObservation["source"],
      session_id: from.id(above?.session_id),
      agent_id: from.id(above?.agent_id),
      owner_session_id: from.maybeId(above?.owner_session_id),
      is_sidechain: from.flag(),
      prompt_id: from.maybeId(above?.prompt_id),
      response_id: from.end(request_key),
      provider_request_id: from.id(above?.provider_request_id),
      time_unix_ms: from.number(),
      model: from.id(above?.model),
      model_from_session_id: from.maybeId(above?.model_from_session_id),
      usage: {
        uncached_input_tokens: from.number(),
        cache_creation_5m_input_tokens: from.number(),
        cache_creation_1h_input_tokens: from.number(),
        cache_read_input_tokens: from.number(),
        output_tokens: from.number(),
        reasoning_output_tokens: from.number(),
        web_search_requests: from.number(),
      },
      service_tier: from.id(above?.service_tier),
      speed: from.id(above?.speed),
      inference_geo: from.id(above?.inference_geo),
      flags: from.number(),
      is_final: from.flag(),
      recorded_cost_nano_usd: from.maybe(),
      offset: from.number(),
    };
    rows.push(above);
  }
  return rows;
}

function putToolCalls(into: CellWriter, rows: ToolCallObservation[]): void {
  into.number(rows.length);
  let above: ToolCallObservation | undefined;
  for (const r of rows) {
    into.id(r.tool_key, undefined);
    into.id(r.source, above?.source);
    into.id(r.session_id, above?.session_id);
    into.id(r.owner_session_id, above?.owner_session_id);
    into.id(r.agent_id, above?.agent_id);
    into.end(r.tool_key, r.tool_use_id);
    into.id(r.tool_name, above?.tool_name);
    into.id(r.prompt_id, above?.prompt_id);
    into.maybe(r.started_unix_ms);
    into.maybe(r.ended_unix_ms);
    into.maybe(r.duration_ms);
    into.id(r.outcome, above?.outcome);
    into.words(r.summary);
    into.words(r.error);
    above = r;
  }
}

function takeToolCalls(from: CellReader): ToolCallObservation[] {
  const rows: ToolCallObservation[] = [];
  let above: ToolCallObservation | undefined;
  for (let left = from.number(); left > 0; left--) {
    const tool_key = from.id(undefined);
    above = {
      tool_key,
      source: from.id(above?.source) as ToolCallObservation["source"],
      session_id: from.id(above?.session_id),
      owner_session_id: from.maybeId(above?.owner_session_id),
      agent_id: from.id(above?.agent_id),
      tool_use_id: from.end(tool_key),
      tool_name: from.maybeId(above?.tool_name),
      prompt_id: from.maybeId(above?.prompt_id),
      started_unix_ms: from.maybe(),
      ended_unix_ms: from.maybe(),
      duration_ms: from.maybe(),
      outcome: from.maybeId(above?.outcome) as ToolCallObservation["outcome"],
      summary: from.words(),
      error: from.words(),
    };
    rows.push(above);
  }
  return rows;
}
