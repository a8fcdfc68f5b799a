import { MOST_TOKENS, MOST_TOKENS_OF_A_GAP } from "../../../schema/gate.ts";
import { flagBit } from "../../../schema/usage.ts";
import type { RequestObservation } from "../../../store/batch.ts";
import { countKey, nextCount } from "./counts.ts";
import { idText, object } from "./json.ts";
import { type Handler, isCopied, isForeign, type Line, type ParseContext, touch } from "./parse-context.ts";
import { putCredits, putLimits } from "./rollout-limits.ts";
import { type Counted, split, toUsage } from "./usage.ts";

/** Exact: one line per billed response, compaction too. After the first one, running totals are ignored. */
export const usageRecord: Handler = (context, line) => {
  const { state, into } = context;
  state.has_records = true;
  if (isForeign(context, line)) return;
  const usage = object(line.payload.usage);
  if (!usage) return;
  const response_id = idText(line.payload.response_id);
  const turn = idText(line.payload.turn_id);
  const place = line.time_flag === 0 ? line.time_unix_ms : `line-${line.offset}`;
  const key = response_id || `${state.thread}:${turn}:${place}`;
  const counted = toUsage(usage, state.searches);
  state.searches = 0;
  const prompt_id = turn === "" || turn === state.turn ? state.prompt_id : turn;
  into.requests.push(toRequest(context, line, `codex:${key}`, response_id, prompt_id, counted));
  touch(context, line.time_unix_ms);
};

export const tokenCount: Handler = (context, line) => {
  const { state, into } = context;
  const copied = isCopied(context, line);
  const limits = object(line.payload.rate_limits);
  if (limits && !copied) {
    const odd = putLimits(into, limits, state, line.time_unix_ms);
    if (odd.length > 0) rejectFigures(context, line, odd);
    putCredits(into, limits, line.time_unix_ms);
  }
  if (!copied) touch(context, line.time_unix_ms);
  const info = object(line.payload.info);
  if (!info || state.has_records) return;
  if (state.model === "") state.model = idText(line.payload.model) || idText(info.model);
  const count = nextCount(state, info);
  if (!count) return;
  state.counts_in_turn++;
  // If only totals are recorded, one step may cover several responses.
  const most = count.last === null ? MOST_TOKENS_OF_A_GAP : MOST_TOKENS;
  const counted = split(count.spent, state.searches, count.flags, most);
  state.searches = 0;
  const request = toRequest(context, line, countKey(state, count), "", state.prompt_id, counted);
  if (copied) {
    request.is_sidechain = true;
    request.flags |= flagBit("fork_parent_missing");
  }
  into.requests.push(request);
};

function rejectFigures({ into, path }: ParseContext, { offset }: Line, odd: string[]): void {
  const detail = `${odd.join(", ")} cannot be a percentage`;
  into.rejects.push({ source: "codex", path, offset, length_bytes: 0, reason: "implausible", detail });
}

function toRequest(
  { state }: ParseContext,
  line: Line,
  request_key: string,
  response_id: string,
  prompt_id: string,
  { usage, flags }: Counted,
): RequestObservation {
  const request: RequestObservation = {
    request_key,
    source: "codex",
    session_id: state.thread,
    agent_id: "",
    is_sidechain: false,
    response_id,
    provider_request_id: "",
    time_unix_ms: line.time_unix_ms,
    model: state.model,
    usage,
    service_tier: state.tier,
    speed: isFast(state.tier) ? "fast" : "",
    inference_geo: "",
    flags: flags | line.time_flag | (state.tier_known ? 0 : flagBit("speed_unknown")),
    is_final: true,
    offset: line.offset,
  };
  if (prompt_id !== "") request.prompt_id = prompt_id;
  if (state.model === "" && state.base_thread !== "") request.model_from_session_id = state.base_thread;
  return request;
}

/** Only as recorded in the rollout: today's settings do not apply to last month. */
function isFast(tier: string): boolean {
  return tier === "priority" || tier === "fast";
}
