import type { PriceBook } from "../price-book.ts";
import type { WasteThreads } from "../queries/waste-threads.ts";
import type { Range } from "../queries/zone.ts";
import type { SessionChanges } from "../session-changes.ts";
import type { WasteCall } from "../waste/occurrence.ts";
import { type SessionWaste, wasteIn } from "../waste/session-waste.ts";
import { type Kept, keepBySession } from "./keep.ts";

/** With the time from the first request or call that was checked until after the last. */
type KeptWaste = SessionWaste & Range & Kept;
/** About 20 MB. */
const MOST_PARTS = 150_000;
const WHOLE: Range = { from_unix_ms: 0, until_unix_ms: Number.MAX_SAFE_INTEGER };

/** The waste of whole sessions. */
export function keptWaste(
  { threadsOf, isRepeating, failing }: WasteThreads,
  book: PriceBook,
  changes: SessionChanges,
) {
  const kept = keepBySession<KeptWaste>(changes, MOST_PARTS);

  function wholeOf(session_pk: number, is_agent: boolean): KeptWaste {
    const threads = threadsOf(session_pk, is_agent, WHOLE);
    const span = createSpan();
    for (const { rows } of threads) span.add(rows[0]!.time_unix_ms, rows.at(-1)!.time_unix_ms);
    const measured = threads.map((thread) => ({ ...thread, calls: () => span.addCalls(thread.calls()) }));
    const hasLoops = failing([session_pk], WHOLE).size > 0;
    const waste = wasteIn(measured, { hasLoops, hasRepeated: isRepeating(threads, session_pk) }, book);
    return { ...waste, ...span.range, parts: partsOf(waste) };
  }

  return (session_pk: number, is_agent: boolean): KeptWaste =>
    kept.get(session_pk, () => wholeOf(session_pk, is_agent));
}

function createSpan() {
  const range = { from_unix_ms: Number.MAX_SAFE_INTEGER, until_unix_ms: 0 };
  const add = (first: number, last: number): void => {
    range.from_unix_ms = Math.min(range.from_unix_ms, first);
    range.until_unix_ms = Math.max(range.until_unix_ms, last + 1);
  };
  return {
    range,
    add,
    addCalls(calls: WasteCall[]): WasteCall[] {
      for (const { started_unix_ms, ended_unix_ms } of calls) {
        const at = started_unix_ms ?? ended_unix_ms ?? 0;
        add(at, at);
      }
      return calls;
    },
  };
}

/** See `Kept`. */
function partsOf({ occurrences, unread, reads }: SessionWaste): number {
  const claims = occurrences.reduce((sum, o) => sum + 2 + o.claims.length + 2 * o.calls.length, 0);
  return 4 + claims + 4 * unread.length + reads.length;
}
