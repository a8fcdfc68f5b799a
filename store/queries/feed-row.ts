import { EVENT_TYPES, type EventType } from "../../schema/event-catalogue.ts";
import type { Origin, SourceName } from "../../schema/event-names.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { toFlags, type Usage } from "../../schema/usage.ts";
import { USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { fileOrigin } from "../../schema/vendors.ts";
import { toolNameOf } from "./feed-pieces.ts";
import { toTokens } from "./totals.ts";

type Common = {
  seq: number;
  event_id: string;
  source: SourceName;
  session_source: SourceName;
  session_id: string;
  project_path: string | null;
  time_unix_ms: number;
  agent_id: string | null;
  prompt_id: string | null;
};
export type EventRow = Common & {
  event_type: EventType;
  origin: Origin;
  tool_name: string | null;
  tool_use_id: string | null;
  data: string;
};
export type RequestEventRow = Common &
  Usage & {
    model: string;
    cost_nano_usd: number | null;
    price_id: string | null;
    service_tier: string;
    speed: string;
    flags: number;
  };

const SESSION = "s.source as session_source, s.source_session_id as session_id, s.project_path";

export const EVENT_ROWS = `
  select e.seq, e.event_id, e.event_type, e.source, e.origin, e.time_unix_ms, e.agent_id, e.prompt_id,
    ${toolNameOf("e")} as tool_name, e.tool_use_id, e.data, ${SESSION}
  from events e join sessions s on s.session_pk = e.session_pk`;
export const REQUEST_EVENT_ROWS = `
  select r.seq, r.request_key as event_id, r.source, r.time_unix_ms, r.agent_id, r.prompt_id, r.model,
    ${USAGE_FIELDS.map((name) => `r.${name}`).join(", ")},
    r.cost_nano_usd, r.price_id, r.service_tier, r.speed, r.flags, ${SESSION}
  from requests r join sessions s on s.session_pk = r.session_pk`;

function common(row: Common) {
  return {
    seq: row.seq,
    event_id: row.event_id,
    source: row.source,
    session_id: row.session_id,
    session_key: `${row.session_source}:${row.session_id}`,
    time_unix_ms: row.time_unix_ms,
    ...(row.project_path !== null && { project_path: row.project_path }),
    ...(row.agent_id && { agent_id: row.agent_id }),
    ...(row.prompt_id !== null && { prompt_id: row.prompt_id }),
  };
}

export function fromEvent(row: EventRow): FeedEvent {
  return {
    ...common(row),
    event_type: row.event_type,
    event_category: EVENT_TYPES[row.event_type] ?? "custom",
    origin: row.origin,
    ...(row.tool_name !== null && { tool_name: row.tool_name }),
    ...(row.tool_use_id !== null && { tool_use_id: row.tool_use_id }),
    data: toData(row.data),
    // Stored with the data of its type.
  } as FeedEvent;
}

/** A response is stored once, as a request; here it is returned as an event. */
export function fromRequest(row: RequestEventRow): FeedEvent {
  return {
    ...common(row),
    event_type: "api_response",
    event_category: EVENT_TYPES.api_response,
    origin: fileOrigin(row.source),
    data: {
      model: row.model,
      ...toTokens(row),
      cost_nano_usd: row.cost_nano_usd,
      price_id: row.price_id,
      service_tier: row.service_tier,
      speed: row.speed,
      flags: toFlags(row.flags),
    },
  };
}

export function toData(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : { value };
  } catch {
    return { text };
  }
}
