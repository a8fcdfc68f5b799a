import { HIDDEN_ORIGINS } from "../schema/row-values.ts";
import type { Usage } from "../schema/usage.ts";
import { PRICED_KINDS } from "../schema/usage-kinds.ts";
import type { RequestLine } from "./archive-lines.ts";
import { attributionOf } from "./attribution.ts";
import type { RequestObservation } from "./batch.ts";
import type { Cost } from "./cost.ts";
import { unpricedFlags } from "./request-merge.ts";
import type { CostOf } from "./request-rows.ts";
import { pickOf } from "./row-code.ts";
import { usageOf } from "./sums.ts";
import { COST_FIELDS } from "./tables/requests.ts";

type Charged = Usage & Pick<RequestLine, "model" | "service_tier" | "speed" | "inference_geo">;
const costOf = pickOf(COST_FIELDS);

/** Whether the request to price is the one priced in the archive. */
export function isSamePriced(line: Charged, request: Parameters<CostOf>[0]): boolean {
  return (
    PRICED_KINDS.every(({ field }) => line[field] === request.usage[field]) &&
    line.model === request.model &&
    line.service_tier === request.service_tier &&
    line.speed === request.speed &&
    line.inference_geo === request.inference_geo
  );
}

export function toCost(line: RequestLine): Cost {
  return {
    ...costOf(line),
    flags: line.flags - unpricedFlags(line),
  };
}

/** The rank identifies the copy of the row: its session and agent, and the age of its file. */
const RANK = /^(\d)(\d) (\d{15}) (.*) (\S*)$/;

/** Each field by name, even optional ones: an archived column cannot be forgotten here. */
type EveryField<T> = { [Name in keyof Required<T>]: T[Name] };

export function toObservation(line: RequestLine): { observation: RequestObservation; birth: number } {
  const [, declared, place, birth, session, agent] = RANK.exec(line.owner_rank ?? "") ?? [];
  const isDeclaredCopy = declared === "1";
  const observation: EveryField<RequestObservation> = {
    ...attributionOf(line),
    request_key: line.request_key,
    parent_key: line.parent_key,
    source: line.source,
    session_id: session ?? line.session_id,
    agent_id: agent ?? line.agent_id,
    owner_session_id: isDeclaredCopy ? line.session_id : undefined,
    is_sidechain: place === "2",
    prompt_id: line.prompt_id,
    response_id: line.response_id,
    provider_request_id: line.provider_request_id,
    time_unix_ms: line.time_unix_ms,
    model: line.model,
    // Names are looked up among the restored rows, not recorded in them.
    model_from_session_id: undefined,
    usage: usageOf(line),
    service_tier: line.service_tier,
    speed: line.speed,
    inference_geo: line.inference_geo,
    flags: unpricedFlags(line),
    is_final: true,
    recorded_cost_nano_usd: line.recorded_cost_nano_usd,
    offset: line.offset,
    origin: HIDDEN_ORIGINS.find((o) => o === line.origin),
  };
  return { observation, birth: Number(birth ?? Date.parse("2100-01-01")) };
}
