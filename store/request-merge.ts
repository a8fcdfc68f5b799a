import { flagBit } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { joinAttribution } from "./attribution.ts";
import type { RequestRow } from "./tables/requests.ts";

const PROVISIONAL = flagBit("provisional");
/** Of one copy only: the copy that owns the request in the end decides. */
const COPY_FLAGS = flagBit("fork_parent_missing");
/** Set by pricing, so taken from the newest price and never carried over. */
const PRICE_FLAGS = flagBit("unpriced") | flagBit("price_unconfirmed") | flagBit("tier_unknown");
const SPEED_UNKNOWN = flagBit("speed_unknown");

/**
 * Which of several copies of a response is the one that asked: the smallest wins, in whatever order they are
 * read. A copy that names another session as its owner yields; the main thread beats a side chain's replay, an
 * agent's own file beats a replay in its parent's; then the older file (a fork is made after its parent).
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

/** One row of two copies: what the better rank shows, and of the other what it lacks and the larger figures. */
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

/** What the files hold of a request, without an earlier price; a stated speed is judged by pricing. */
export function unpricedFlags(row: Pick<RequestRow, "flags" | "speed">): number {
  return row.flags & ~PRICE_FLAGS & ~(row.speed === "" ? 0 : SPEED_UNKNOWN);
}
