import type { Usage } from "../schema/usage.ts";
import type { Cost } from "./cost.ts";

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
