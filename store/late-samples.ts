import type { RateLimitSample } from "../schema/batch.ts";

type Moment = Pick<RateLimitSample, "sample_id" | "used_percent" | "resets_at_unix_ms" | "time_unix_ms">;
type Series = Omit<RateLimitSample, keyof Moment>;
type Page = { rows: number; cells: Float64Array; series: Series[]; ids: Map<number, string> };

/** One page is stored in one transaction. */
const PAGE_ROWS = 4096;
/** Place of the series, percent, reset (NaN = none), time. */
const CELLS = 4;

/**
 * Readings of limits that a first import stores only once its database can be asked. A history has a hundred
 * thousand of them while memory is short: they wait as numbers, a tenth of what the same takes as objects.
 */
export function createLateSamples() {
  const pages: Page[] = [];

  function room(): Page {
    const last = pages.at(-1);
    if (last && last.rows < PAGE_ROWS) return last;
    const page = { rows: 0, cells: new Float64Array(PAGE_ROWS * CELLS), series: [], ids: new Map() };
    pages.push(page);
    return page;
  }

  return {
    isEmpty: (): boolean => pages.length === 0,
    put(samples: readonly RateLimitSample[]): void {
      for (const sample of samples) putOn(room(), sample);
    },
    /** What was put, in its order. What was taken is gone. */
    *take(): Generator<RateLimitSample[]> {
      for (let page = pages.shift(); page; page = pages.shift()) yield toSamples(page);
    },
  };
}
export type LateSamples = ReturnType<typeof createLateSamples>;

/** As a rollout's samples are named: what can be made again need not be kept. Any other id is kept as it is. */
function usualId(of: Series, time_unix_ms: number, used_percent: number): string {
  return `${of.source}:${of.session_id}:${time_unix_ms}:${of.limit_id}:${of.window}:${used_percent}`;
}

function putOn(page: Page, s: RateLimitSample): void {
  const row = page.rows++;
  if (s.sample_id !== usualId(s, s.time_unix_ms, s.used_percent)) page.ids.set(row, s.sample_id);
  const { cells } = page;
  let at = row * CELLS;
  cells[at++] = placeOf(s, page.series);
  cells[at++] = s.used_percent;
  cells[at++] = s.resets_at_unix_ms ?? Number.NaN;
  cells[at++] = s.time_unix_ms;
}

/** A session reports the same two or three over and over: the newest are asked first. */
function placeOf(s: RateLimitSample, series: Series[]): number {
  const known = series.findLastIndex(
    (of) =>
      of.window === s.window &&
      of.limit_id === s.limit_id &&
      of.window_minutes === s.window_minutes &&
      of.session_id === s.session_id &&
      of.account === s.account &&
      of.origin === s.origin &&
      of.source === s.source,
  );
  if (known >= 0) return known;
  const { sample_id: _i, used_percent: _u, resets_at_unix_ms: _r, time_unix_ms: _t, ...of } = s;
  // A piece of a batch's text would keep all of that text in memory.
  return series.push(JSON.parse(JSON.stringify(of)) as Series) - 1;
}

function toSamples({ rows, cells, series, ids }: Page): RateLimitSample[] {
  return Array.from({ length: rows }, (_, row) => {
    const at = row * CELLS;
    const of = series[cells[at]!]!;
    const used_percent = cells[at + 1]!;
    const reset = cells[at + 2]!;
    const time_unix_ms = cells[at + 3]!;
    const sample_id = ids.get(row) ?? usualId(of, time_unix_ms, used_percent);
    const resets_at_unix_ms = Number.isNaN(reset) ? null : reset;
    return { ...of, sample_id, used_percent, resets_at_unix_ms, time_unix_ms };
  });
}
