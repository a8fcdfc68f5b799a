import { flagBit } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { joinAttribution } from "./attribution.ts";
import type { RequestRow } from "./tables/requests.ts";

const PROVISIONAL = flagBit("provisional");
/** Flags of a single copy: those of the copy that owns the request apply. */
const COPY_FLAGS = flagBit("fork_parent_missing");
/** Set by pricing, so taken from the newest price and never carried over. */
const PRICE_FLAGS = flagBit("unpriced") | flagBit("price_unconfirmed") | flagBit("tier_unknown");
const SPEED_UNKNOWN = flagBit("speed_unknown");

/**
 * Rank of a copy of a response: the smallest one is the original, in whatever order they are read. A copy that names
 * another session as its owner ranks last; the main thread precedes a side chain's replay, an agent's own file precedes
 * a replay in its parent's; then the older file (a fork is created after its parent).
 */
export function ownerRank(
  owner_session_id: string | undefined,
  session_id: string,
  agent_id: string,
  is_sidechain: boolean,
  birth_unix_ms: number,
): string {
  const isDeclaredCopy = owner_session_id !== undefined && owner_session_id !== session_id;
  const place = (isDeclaredCopy ? 10 : 0) + (agent_id ? 1 : is_sidechain ? 2 : 0);
  const { last } = ranks;
  if (
    last.place !== place ||
    last.birth_unix_ms !== birth_unix_ms ||
    last.session_id !== session_id ||
    last.agent_id !== agent_id
  ) {
    const text = `${place < 10 ? "0" : ""}${place} ${String(birth_unix_ms).padStart(15, "0")} ${session_id} ${agent_id}`;
    ranks.last = { place, birth_unix_ms, session_id, agent_id, text };
  }
  return ranks.last.text;
}

/** Rows come file by file: the last rank is nearly always the next. */
const ranks = { last: { place: -1, birth_unix_ms: 0, session_id: "", agent_id: "", text: "" } };

/** Merges two copies: fields of the better rank, missing fields of the other, and the larger figures. */
export function mergeRequests(old: RequestRow, next: RequestRow): RequestRow {
  const best = next.owner_rank < old.owner_rank ? next : old;
  const merged: RequestRow = {
    ...best,
    seq: old.seq,
    parent_key: old.parent_key,
    prompt_id: best.prompt_id ?? old.prompt_id ?? next.prompt_id,
    provider_request_id: best.provider_request_id || old.provider_request_id || next.provider_request_id,
    model: best.model || old.model || next.model,
    time_unix_ms: Math.min(old.time_unix_ms, next.time_unix_ms),
    flags: mergeFlags(old, next, best),
    recorded_cost_nano_usd: old.recorded_cost_nano_usd ?? next.recorded_cost_nano_usd,
  };
  for (const field of USAGE_FIELDS) merged[field] = Math.max(old[field], next[field]);
  joinAttribution(merged, old, next);
  return merged;
}

function mergeFlags(old: RequestRow, next: RequestRow, best: RequestRow): number {
  const isProvisional = (old.flags & next.flags & PROVISIONAL) !== 0;
  const shared = (old.flags | next.flags) & ~PRICE_FLAGS & ~COPY_FLAGS & ~PROVISIONAL;
  return shared | (best.flags & COPY_FLAGS) | (isProvisional ? PROVISIONAL : 0);
}

/** The flags of a request without those of an earlier price; a known speed is judged by pricing. */
export function unpricedFlags(row: Pick<RequestRow, "flags" | "speed">): number {
  return row.flags & ~PRICE_FLAGS & ~(row.speed === "" ? 0 : SPEED_UNKNOWN);
}
