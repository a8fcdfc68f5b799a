import type { AttributedWindow, LimitShare } from "../../schema/api-why.ts";
import { limitAttributionQueries } from "../../store/queries/limit-attribution.ts";
import { limitQueries } from "../../store/queries/limits.ts";
import { sessionNames } from "../../store/queries/session-names.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { type CurrentWindow, currentWindows, withForecast } from "../limits/current.ts";
import { instant } from "./answer.ts";

export function limitAttributionHandlers(deps: ViewerDeps) {
  const limits = limitQueries(deps.reader);
  const attribution = limitAttributionQueries(deps.reader);
  const names = sessionNames(deps.reader);

  return {
    "GET /api/limits/attribution": ({ query }) => {
      const { by, at, limit, ...scope } = query;
      const now = instant("at", at, deps.config.time_zone, "end") ?? deps.now?.() ?? Date.now();
      // The binding window depends on all windows of an account, whichever of them are requested.
      const windows = inOrder(
        currentWindows(limits, now).map((w) => ({ ...w, runs_out_unix_ms: runsOut(w) })),
      ).filter((w) =>
        (Object.keys(scope) as (keyof typeof scope)[]).every(
          (k) => scope[k] === undefined || scope[k] === w[k],
        ),
      );
      return {
        data: {
          by,
          windows: windows
            .map((w) => toAttributed(w, attribution.attribute(w.row, by), limit))
            .map((w) => (by === "session" ? { ...w, shares: named(w.shares) } : w)),
        },
      };
    },
  } satisfies Partial<Handlers>;

  function named(shares: LimitShare[]): LimitShare[] {
    const known = names(shares.map((s) => s.key));
    return shares.map((s) => ({ ...s, label: known.get(s.key) ?? null }));
  }

  function runsOut(window: CurrentWindow): number {
    const { forecast } = withForecast(limits, window);
    return forecast?.kind === "run_out" && forecast.is_before_reset !== false
      ? forecast.at_unix_ms
      : Number.POSITIVE_INFINITY;
  }
}

type Ranked = CurrentWindow & { runs_out_unix_ms: number };
type Bound = Ranked & { is_binding: boolean };

/** A past window never binds; then the one that runs out first, then the fullest. */
function inOrder(windows: readonly Ranked[]): Bound[] {
  const bound = new Set<string>();
  return windows
    .toSorted(
      (a, b) =>
        Number(a.used_percent === null) - Number(b.used_percent === null) ||
        compare(a.runs_out_unix_ms, b.runs_out_unix_ms) ||
        b.last_used_percent - a.last_used_percent,
    )
    .map((w) => {
      const owner = `${w.source} ${w.account}`;
      const is_binding = w.used_percent !== null && !bound.has(owner);
      if (is_binding) bound.add(owner);
      return { ...w, is_binding };
    })
    .sort((a, b) => Number(b.is_binding) - Number(a.is_binding));
}

const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);

function toAttributed(
  {
    source,
    account,
    limit_id,
    window,
    state,
    used_percent,
    last_used_percent,
    resets_at_unix_ms,
    is_binding,
  }: Bound,
  { shares, ...found }: ReturnType<ReturnType<typeof limitAttributionQueries>["attribute"]>,
  limit: number,
): AttributedWindow {
  const rest = shares.slice(limit);
  const sum = (list: LimitShare[], of: (s: LimitShare) => number) =>
    list.reduce((total, s) => total + of(s), 0);
  return {
    source,
    account,
    limit_id,
    window,
    state,
    used_percent,
    last_used_percent,
    resets_at_unix_ms,
    is_binding,
    ...found,
    attributed_micro_percent: sum(shares, (s) => s.used_micro_percent),
    shares: shares.slice(0, limit),
    others: {
      causes: rest.length,
      requests: sum(rest, (s) => s.requests),
      cost_nano_usd: sum(rest, (s) => s.cost_nano_usd),
      used_micro_percent: sum(rest, (s) => s.used_micro_percent),
    },
  };
}
