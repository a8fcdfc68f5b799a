import { type Attribution, HIDDEN_ORIGINS, type RequestObservation } from "../schema/batch.ts";
import { TOKEN_FIELDS, type Usage } from "../schema/usage.ts";
import type { RequestLine } from "./archive-lines.ts";
import { type CostOf, unpricedFlags } from "./commit-requests.ts";
import type { Cost } from "./cost.ts";

type Charged = Usage & Pick<RequestLine, "model" | "service_tier" | "speed" | "inference_geo">;
const CHARGED = [...TOKEN_FIELDS, "web_search_requests"] as const satisfies (keyof Usage)[];

/** Whether what is to be priced is what the archive has a price of. */
export function isSamePriced(line: Charged, request: Parameters<CostOf>[0]): boolean {
  return (
    CHARGED.every((field) => line[field] === request.usage[field]) &&
    line.model === request.model &&
    line.service_tier === request.service_tier &&
    line.speed === request.speed &&
    line.inference_geo === request.inference_geo
  );
}

export function toCost(line: RequestLine): Cost {
  return {
    price_id: line.price_id,
    flags: line.flags - unpricedFlags(line),
    input_nano_usd: line.input_nano_usd,
    cache_creation_5m_nano_usd: line.cache_creation_5m_nano_usd,
    cache_creation_1h_nano_usd: line.cache_creation_1h_nano_usd,
    cache_read_nano_usd: line.cache_read_nano_usd,
    output_nano_usd: line.output_nano_usd,
    web_search_nano_usd: line.web_search_nano_usd,
    cost_nano_usd: line.cost_nano_usd,
  };
}

function attributionOf(line: RequestLine): Attribution {
  return {
    origin: HIDDEN_ORIGINS.find((o) => o === line.origin),
    query_source: line.query_source,
    skill: line.skill,
    plugin: line.plugin,
    agent_type: line.agent_type,
    mcp_server: line.mcp_server,
    mcp_tool: line.mcp_tool,
    effort: line.effort,
    thinking_ms: line.thinking_ms,
    cache_miss_reason: line.cache_miss_reason,
    cache_missed_input_tokens: line.cache_missed_input_tokens,
    git_branch: line.git_branch,
  };
}

/** The rank is the copy in which the row was seen: of which session and agent, and how old its file was. */
const RANK = /^(\d)(\d) (\d{15}) (.*) (\S*)$/;

export function toObservation(line: RequestLine): { observation: RequestObservation; birth: number } {
  const [, declared, place, birth, session, agent] = RANK.exec(line.owner_rank ?? "") ?? [];
  const isDeclaredCopy = declared === "1";
  const observation: RequestObservation = {
    request_key: line.request_key,
    ...(line.parent_key !== undefined && { parent_key: line.parent_key }),
    source: line.source,
    session_id: session ?? line.session_id,
    agent_id: agent ?? line.agent_id,
    ...(isDeclaredCopy && { owner_session_id: line.session_id }),
    is_sidechain: place === "2",
    ...(line.prompt_id !== undefined && { prompt_id: line.prompt_id }),
    response_id: line.response_id,
    provider_request_id: line.provider_request_id,
    time_unix_ms: line.time_unix_ms,
    model: line.model,
    usage: {
      uncached_input_tokens: line.uncached_input_tokens,
      cache_creation_5m_input_tokens: line.cache_creation_5m_input_tokens,
      cache_creation_1h_input_tokens: line.cache_creation_1h_input_tokens,
      cache_read_input_tokens: line.cache_read_input_tokens,
      output_tokens: line.output_tokens,
      reasoning_output_tokens: line.reasoning_output_tokens,
      web_search_requests: line.web_search_requests,
    },
    service_tier: line.service_tier,
    speed: line.speed,
    inference_geo: line.inference_geo,
    flags: unpricedFlags(line),
    is_final: true,
    ...(line.recorded_cost_nano_usd !== undefined && { recorded_cost_nano_usd: line.recorded_cost_nano_usd }),
    offset: line.offset,
    ...attributionOf(line),
  };
  return { observation, birth: Number(birth ?? Date.parse("2100-01-01")) };
}
