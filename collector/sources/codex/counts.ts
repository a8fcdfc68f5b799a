import { flagBit } from "../../../schema/usage.ts";
import { type Json, object } from "./json.ts";
import { isUuid, type State, type Totals } from "./state.ts";
import { isPlausible, toTotals } from "./usage.ts";

/** One call to the model as the difference of two running totals. */
export type Count = { spent: Totals; flags: number; totals: Totals | null; last: Totals | null };

/**
 * The step of `token_count.info`, for clients without usage records. Totals are repeated unchanged, start at a parent's
 * or an earlier file's value, decrease and restart: see each case. Undefined = nothing new.
 */
export function nextCount(state: State, info: Json): Count | undefined {
  const total = object(info.total_token_usage);
  const last = object(info.last_token_usage);
  // An impossible figure is ignored: the other one of the two is enough.
  const now = total && isPlausible(total) ? toTotals(total) : null;
  const step = last && isPlausible(last) ? toTotals(last) : null;
  const isOdd = (total !== undefined && now === null) || (last !== undefined && step === null);
  const spent = now ? fromTotals(state, now, step) : fromLast(state, step);
  const before = state.totals;
  if (now && !isStale(before, now, step)) state.totals = now;
  if (!now && spent && before) state.totals = before.map((n, i) => n + spent[i]!) as Totals;
  state.last = step;
  state.acted = false;
  if (!spent || (spent[0] === 0 && spent[3] === 0)) return undefined;
  const inherits = state.relation !== "" || state.base_thread !== "";
  const gap = !before && !inherits && now && step && sum(now) > sum(step);
  const unreported = (last ?? total)?.cache_write_input_tokens === undefined;
  const flags =
    (gap ? flagBit("gap_before_first") : 0) +
    (isOdd ? flagBit("bad_number") : 0) +
    (unreported ? flagBit("cache_write_not_reported") : 0);
  return { spent, flags, totals: now, last: step };
}

/**
 * Neither file nor thread nor time: a fork's copy of this count, and a moved file's, are the same request. Only a turn
 * with an id that may not be unique is named together with the thread in which it began.
 */
export function countKey({ turn, lineage, thread, counts_in_turn }: State, { totals, last }: Count): string {
  const place = isUuid(turn) ? [turn] : [lineage || thread, turn].filter(Boolean);
  return ["codex", ...place, counts_in_turn, ...[totals, last].map((t) => t?.join(".") ?? "")].join(":");
}

/**
 * Tokens in the first total of a thread beyond its own step: spent before this file, and in no sum. They
 * need no column, as the key holds both figures.
 */
export function gapBefore(request_key: string): number | null {
  const [total, last] = request_key
    .split(":")
    .slice(-2)
    .map((part) => part.split(".").map(Number) as Totals);
  if (total?.length !== 6 || last?.length !== 6) return null;
  return Math.max(0, sum(total) - sum(last));
}

function fromTotals(state: State, now: Totals, step: Totals | null): Totals | undefined {
  const before = state.totals;
  // A context overflow resets the totals to zero.
  if (sum(now) === 0) return undefined;
  if (!before) {
    if (step) return step;
    return state.relation === "" && state.base_thread === "" ? now : undefined;
  }
  const delta = now.map((n, i) => n - before[i]!) as Totals;
  if (delta[0] >= 0 && delta[3] >= 0) return delta.map((n) => Math.max(n, 0)) as Totals;
  return isStale(before, now, step) ? undefined : now;
}

/** Smaller than before, but not the first step of a new count: a late copy of an older line. */
function isStale(before: Totals | null, now: Totals, step: Totals | null): boolean {
  if (!before || sum(now) === 0 || (now[0] >= before[0] && now[3] >= before[3])) return false;
  return step !== null && !same(now, step);
}

/** Without a total, an equal step is a repeat unless the model did something in between. */
function fromLast(state: State, step: Totals | null): Totals | undefined {
  if (!step) return undefined;
  return state.last && same(state.last, step) && !state.acted ? undefined : step;
}

function sum(t: Totals): number {
  return t[0] + t[3];
}

function same(a: Totals, b: Totals): boolean {
  return a.every((n, i) => n === b[i]);
}
