import type { ClientTotal } from "../schema/client-total.ts";
import { NO_USAGE, totalTokens, type Usage } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";

/** The fields of a stored request that explain a total. */
export type KnownCall = { time_unix_ms: number; model: string; usage: Usage };
/** Tokens that the client counted between two of its states and that no request accounts for. */
export type HiddenCall = {
  duration_ms: number;
  time_unix_ms: number;
  model: string;
  usage: Usage;
  is_ttl_known: boolean;
};
export type Reconciled = {
  hidden: HiddenCall[];
  /** True if states and requests agree exactly once the hidden calls are counted. */
  is_exact: boolean;
  /** The state of another session from which this one began. */
  base: ClientTotal | undefined;
};

type Models = Map<string, Usage>;

/**
 * The tokens in a session's states beyond its requests, step by step. `bases` are states of the sessions that it was
 * forked from: the one with the smallest remainder is subtracted. A remainder is a hidden call only if every field of
 * it is a count; a negative one is not.
 */
export function reconcile(states: ClientTotal[], known: KnownCall[], bases: ClientTotal[]): Reconciled {
  const ordered = states.toSorted((a, b) => a.duration_ms - b.duration_ms);
  const last = ordered.at(-1);
  if (!last) return { hidden: [], is_exact: true, base: undefined };
  let best: { base: ClientTotal | undefined; left: number } | undefined;
  for (const base of [...bases, undefined]) {
    const rest = remainder(last, known, base);
    if (!isCount(rest)) continue;
    const left = [...rest.values()].reduce((sum, usage) => sum + totalTokens(usage), 0);
    if (!best || left < best.left) best = { base, left };
  }
  if (!best) return { hidden: [], is_exact: false, base: undefined };
  return { hidden: steps(ordered, known, best.base), is_exact: true, base: best.base };
}

/** Per model: the state, minus its base, minus every request up to its time. */
function remainder(state: ClientTotal, known: KnownCall[], base: ClientTotal | undefined): Models {
  const rest: Models = new Map();
  for (const { model, usage } of state.models) add(rest, model, usage, 1);
  for (const { model, usage } of base?.models ?? []) add(rest, model, usage, -1);
  for (const call of known)
    if (call.time_unix_ms <= state.time_unix_ms) add(rest, call.model, call.usage, -1);
  return rest;
}

function add(to: Models, model: string, usage: Usage, sign: 1 | -1): void {
  const sum = to.get(model) ?? { ...NO_USAGE };
  for (const field of USAGE_FIELDS) sum[field] += sign * usage[field];
  to.set(model, sum);
}

/** Thinking is a part of the output that older states do not report: it decides nothing. */
function isCount(models: Models): boolean {
  return [...models.values()].every((usage) =>
    USAGE_FIELDS.every((field) => field === "reasoning_output_tokens" || usage[field] >= 0),
  );
}

/** One row for each step and model with a remainder; one for all if a step would be negative. */
function steps(states: ClientTotal[], known: KnownCall[], base: ClientTotal | undefined): HiddenCall[] {
  const rows: HiddenCall[] = [];
  let before: Models = new Map();
  for (const state of states) {
    const rest = remainder(state, known, base);
    const step: Models = new Map();
    for (const [model, usage] of rest) add(step, model, usage, 1);
    for (const [model, usage] of before) add(step, model, usage, -1);
    if (!isCount(step)) return lump(states.at(-1)!, known, base);
    rows.push(...toCalls(state, step));
    before = rest;
  }
  return rows;
}

function lump(state: ClientTotal, known: KnownCall[], base: ClientTotal | undefined): HiddenCall[] {
  return toCalls(state, remainder(state, known, base));
}

function toCalls(state: ClientTotal, models: Models): HiddenCall[] {
  const { duration_ms, time_unix_ms } = state;
  return [...models]
    .filter(([, usage]) => totalTokens(usage) > 0 || usage.web_search_requests > 0)
    .map(([model, usage]) => ({
      duration_ms,
      time_unix_ms,
      model,
      usage: { ...usage, reasoning_output_tokens: Math.max(0, usage.reasoning_output_tokens) },
      is_ttl_known: state.models.find((m) => m.model === model)?.is_ttl_known ?? true,
    }));
}
