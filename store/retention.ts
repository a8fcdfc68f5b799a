import type { Database } from "bun:sqlite";
import { DAY_MS } from "../schema/durations.ts";
import { archiveFiles } from "./archive-files.ts";
import { isIntact } from "./archive-seal.ts";
import { readSeals, type Seal } from "./archive-seals.ts";

const BATCH_ROWS = 1000;
/** At most this much of a time without records counts: a clock that jumps ahead makes nothing old. */
const MOST_GAP_DAYS = 7;

/**
 * The moment before which bodies are older than this many days, according to the archive's files: of the time between
 * two days with a file at most a week counts, and before the first one the calendar.
 */
export function olderThan(folder: string, days: number, nowUnixMs: number): number {
  const today = Math.floor(nowUnixMs / DAY_MS);
  const recorded = archiveFiles(folder)
    .map(({ day }) => Date.parse(day) / DAY_MS)
    .filter((day) => day <= today);
  let left = days;
  let at = today;
  for (const day of [...new Set(recorded)].sort((a, b) => b - a)) {
    const counted = Math.min(at - day, MOST_GAP_DAYS);
    if (counted >= left) break;
    left -= counted;
    at = day;
  }
  return at * DAY_MS + (nowUnixMs % DAY_MS) - left * DAY_MS;
}

export type RefusedDay = { day: string; reason: "not_sealed" | "damaged" };
export type PrunePlan = {
  /** Events with bodies that may go. */
  events: number;
  bytes: number;
  days: string[];
  refused: RefusedDay[];
};

const OLD = "time_unix_ms < ? and data <> '{}'";
const OLDEST = `select min(seq) as seq, max(seq) as last from events where ${OLD}`;
const MEASURE = `
  select count(*) as events, sum(length(data)) as bytes from events where seq between ? and ? and ${OLD}`;
const EMPTY = `
  update events set data = '{}' where seq in (
    select seq from events where seq between ? and ? and ${OLD} limit ${BATCH_ROWS})`;

/**
 * Empties the bodies of old events of a sealed archive day that was just read back. The rows keep their time, type,
 * tool and session; requests are never changed.
 */
export function createPruner(db: Database, folder: string) {
  const measure = db.query<{ events: number; bytes: number | null }, [number, number, number]>(MEASURE);
  const empty = db.query(EMPTY);
  const oldest = db.query<{ seq: number | null; last: number | null }, [number]>(OLDEST);

  /** The seals with events to prune, read back now; and the days that prevent pruning. */
  async function check(before_unix_ms: number, signal?: AbortSignal) {
    const span = oldest.get(before_unix_ms);
    const good: Seal[] = [];
    const refused: RefusedDay[] = [];
    if (!span || span.seq === null || span.last === null) return { good, refused };
    const seals = readSeals(folder);
    for (const { day, is_sealed } of archiveFiles(folder)) {
      const seal = seals.get(day);
      if (!is_sealed) {
        if (day < isoDay(before_unix_ms)) refused.push({ day, reason: "not_sealed" });
      } else if (!seal || !(await isIntact(folder, seal, signal))) refused.push({ day, reason: "damaged" });
      else if (seal.ranges.some(([, last]) => last >= span.seq!)) good.push(seal);
    }
    return { good, refused };
  }

  async function plan(before_unix_ms: number): Promise<PrunePlan> {
    const { good, refused } = await check(before_unix_ms);
    const sizes = good.map(({ day, ranges }) => {
      const found = ranges.map(([first, last]) => measure.get(first, last, before_unix_ms)!);
      return { day, events: sumOf(found, (f) => f.events), bytes: sumOf(found, (f) => f.bytes ?? 0) };
    });
    return { ...toSums(sizes), refused };
  }

  /** In small transactions; other work can run in between. */
  async function prune(before_unix_ms: number, signal?: AbortSignal): Promise<number> {
    const { good } = await check(before_unix_ms, signal);
    let pruned = 0;
    for (const { ranges } of good)
      for (const [first, last] of ranges)
        for (let changed = BATCH_ROWS; changed === BATCH_ROWS && !signal?.aborted; ) {
          changed = empty.run(first, last, before_unix_ms).changes;
          pruned += changed;
          await new Promise((resolve) => setImmediate(resolve));
        }
    return pruned;
  }

  return { plan, prune };
}

function isoDay(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

function sumOf<Row>(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

function toSums(sizes: readonly { day: string; events: number; bytes: number }[]) {
  return {
    events: sumOf(sizes, (s) => s.events),
    bytes: sumOf(sizes, (s) => s.bytes),
    days: sizes.filter((s) => s.events > 0).map((s) => s.day),
  };
}
