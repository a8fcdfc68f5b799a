import { createEvent, type EventBase, type MetricEvent } from "../schema/event.ts";
import type { Usage } from "../schema/usage.ts";
import { fileOrigin } from "../schema/vendors.ts";
import type { RequestObservation } from "./batch.ts";
import type { RequestRow } from "./tables/requests.ts";

/** The increase of the figures of an already counted response by a later line. */
export function usageNotice(
  o: RequestObservation,
  now: RequestRow,
  was: RequestRow,
  raised: (keyof Usage)[],
): MetricEvent {
  const delta = Object.fromEntries(raised.map((f) => [f, now[f] - was[f]]));
  return createEvent("usage_updated", base(o, `usage:${raised.map((f) => now[f]).join(":")}`), {
    request_key: o.request_key,
    ...delta,
    cost_nano_usd:
      now.cost_nano_usd === null || was.cost_nano_usd === null ? null : now.cost_nano_usd - was.cost_nano_usd,
  });
}

/** A response that was reassigned to another session. */
export function ownerNotice(o: RequestObservation, now: RequestRow, from_session_id: string): MetricEvent {
  return createEvent("ownership_changed", base(o, `owner:${now.owner_rank}`), {
    request_key: o.request_key,
    from_session_id,
  });
}

function base(o: RequestObservation, what: string): EventBase {
  return {
    event_id: `${o.request_key}:${what}`,
    source: o.source,
    origin: fileOrigin(o.source),
    session_id: o.owner_session_id ?? o.session_id,
    time_unix_ms: o.time_unix_ms,
    ...(o.agent_id && { agent_id: o.agent_id }),
  };
}
