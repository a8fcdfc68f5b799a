import { USAGE_FIELDS, type Usage } from "../schema/usage.ts";
import type { Cost } from "./cost.ts";
import type { Values } from "./database.ts";

/** A row of `requests`. */
export type RequestRow = Usage &
  Omit<Cost, "flags"> & {
    seq: number;
    request_key: string;
    parent_key: string | null;
    session_pk: number;
    agent_id: string;
    prompt_id: string | null;
    response_id: string;
    provider_request_id: string;
    source: string;
    time_unix_ms: number;
    model: string;
    service_tier: string;
    speed: string;
    inference_geo: string;
    flags: number;
    recorded_cost_nano_usd: number | null;
    owner_rank: string;
    file_pk: number;
    offset: number;
  };

export const COST_FIELDS = [
  "price_id",
  "input_nano_usd",
  "cache_creation_5m_nano_usd",
  "cache_creation_1h_nano_usd",
  "cache_read_nano_usd",
  "output_nano_usd",
  "web_search_nano_usd",
  "cost_nano_usd",
] as const satisfies (keyof Cost)[];
export const REQUEST_COLUMNS = [
  "seq",
  "request_key",
  "parent_key",
  "session_pk",
  "agent_id",
  "prompt_id",
  "response_id",
  "provider_request_id",
  "source",
  "time_unix_ms",
  "model",
  ...USAGE_FIELDS,
  "service_tier",
  "speed",
  "inference_geo",
  "flags",
  ...COST_FIELDS,
  "recorded_cost_nano_usd",
  "owner_rank",
  "file_pk",
  "offset",
] as const;

/** In the order of `REQUEST_COLUMNS`; written out for the same reason as the row itself. */
export function toValues(row: RequestRow): Values {
  return [
    row.seq,
    row.request_key,
    row.parent_key,
    row.session_pk,
    row.agent_id,
    row.prompt_id,
    row.response_id,
    row.provider_request_id,
    row.source,
    row.time_unix_ms,
    row.model,
    row.uncached_input_tokens,
    row.cache_creation_5m_input_tokens,
    row.cache_creation_1h_input_tokens,
    row.cache_read_input_tokens,
    row.output_tokens,
    row.reasoning_output_tokens,
    row.web_search_requests,
    row.service_tier,
    row.speed,
    row.inference_geo,
    row.flags,
    row.price_id,
    row.input_nano_usd,
    row.cache_creation_5m_nano_usd,
    row.cache_creation_1h_nano_usd,
    row.cache_read_nano_usd,
    row.output_nano_usd,
    row.web_search_nano_usd,
    row.cost_nano_usd,
    row.recorded_cost_nano_usd,
    row.owner_rank,
    row.file_pk,
    row.offset,
  ];
}
