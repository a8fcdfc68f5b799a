/** What the samples of one window in one session share. */
type Series = { limit_id: string; window: string; window_minutes: number | null; session_id: string };

/**
 * The readings of rate limits in rollouts, in order. A history has a hundred thousand of them that differ only in
 * numbers: place of the series, percent, reset (`NO_RESET` = none) and time, which take a tenth of the memory of
 * objects.
 */
export type RolloutLimits = {
  series: Series[];
  cells: number[];
  /** Of the folder that the rollout lies in; absent = `default`. */
  account?: string;
};

const CELLS = 4;
/** Neither NaN nor null: an array of numbers only is stored compactly, and JSON has no NaN. */
export const NO_RESET = -1;

export function noLimits(): RolloutLimits {
  return { series: [], cells: [] };
}

/** Index in `series` of this window; a session reports the same two or three again and again. */
export function seriesOf({ series }: RolloutLimits, of: Series): number {
  for (let at = series.length - 1; at >= 0; at--) {
    const known = series[at]!;
    if (
      known.window === of.window &&
      known.limit_id === of.limit_id &&
      known.window_minutes === of.window_minutes &&
      known.session_id === of.session_id
    )
      return at;
  }
  return series.push(of) - 1;
}

/** The same readings as rows. Neither path nor offset is in their ids: a rollout is moved and compressed later. */
export function* samplesOf({ series, cells, account = "default" }: RolloutLimits) {
  for (let at = 0; at < cells.length; at += CELLS) {
    const { limit_id, window, window_minutes, session_id } = series[cells[at]!]!;
    const used_percent = cells[at + 1]!;
    const reset = cells[at + 2]!;
    const time_unix_ms = cells[at + 3]!;
    yield {
      sample_id: `codex:${session_id}:${time_unix_ms}:${limit_id}:${window}:${used_percent}`,
      source: "codex" as const,
      origin: "rollout" as const,
      account,
      limit_id,
      window,
      window_minutes,
      used_percent,
      resets_at_unix_ms: reset === NO_RESET ? null : reset,
      time_unix_ms,
      session_id,
    };
  }
}
