import type { Database } from "bun:sqlite";
import type { Miss } from "../cache-economics.ts";
import type { PriceBook } from "../price-book.ts";
import { cacheQueries } from "./cache.ts";
import type { RequestRow } from "./requests.ts";

export type RequestNotes = { cache_miss: Miss | null; failed_tool_calls: number };
type Noted = Pick<RequestRow, "seq" | "session_pk" | "agent_id" | "time_unix_ms" | "parent_key" | "origin">;
type Call = { session_pk: number; agent_id: string; ended_unix_ms: number };

const NONE: RequestNotes = { cache_miss: null, failed_tool_calls: 0 };
const threadOf = ({ session_pk, agent_id }: Omit<Call, "ended_unix_ms">) => `${session_pk} ${agent_id}`;

/** Derived facts of a request from its neighbours in the thread. */
export function requestNotes(db: Database, book: PriceBook) {
  const cache = cacheQueries(db, book);
  const failed = db.query<Call, [string, number]>(`
    select session_pk, agent_id, coalesce(ended_unix_ms, started_unix_ms) as ended_unix_ms from tool_calls
    where session_pk in (select value from json_each(?1)) and outcome = 'failed'
      and coalesce(ended_unix_ms, started_unix_ms) >= ?2`);
  const next = db.query<{ time_unix_ms: number | null }, [number, string, number]>(`
    select min(time_unix_ms) as time_unix_ms from requests
    where session_pk = ?1 and agent_id = ?2 and time_unix_ms > ?3 and origin is null and parent_key is null`);

  return (rows: readonly Noted[]): ((seq: number) => RequestNotes) => {
    if (rows.length === 0) return () => NONE;
    const bySession = Map.groupBy(rows, (row) => row.session_pk);
    const notes = new Map<number, RequestNotes>();
    const threads = new Map<string, { seq: number; time_unix_ms: number }[]>();
    let first = Number.MAX_SAFE_INTEGER;
    // The rows of a page may be far apart; those of one session are closer.
    const steps = [...bySession].flatMap(([session_pk, own]) => {
      const times = own.map((row) => row.time_unix_ms);
      const [from, until] = [Math.min(...times), Math.max(...times) + 1];
      first = Math.min(first, from);
      const of = { session_pk, session_key: "", project_path: null, has_before: 1 };
      return [...cache.stepsOf(of, from, until)];
    });
    for (const { row, miss } of steps) {
      notes.set(row.seq, { cache_miss: miss, failed_tool_calls: 0 });
      if (row.is_aside) continue;
      const thread = threads.get(threadOf(row));
      if (thread) thread.push(row);
      else threads.set(threadOf(row), [row]);
    }
    const ends = new Map<string, number>();
    const endOf = (call: Call, last: number): number => {
      const known = ends.get(threadOf(call));
      if (known !== undefined) return known;
      const found = next.get(call.session_pk, call.agent_id, last)?.time_unix_ms ?? Number.MAX_SAFE_INTEGER;
      ends.set(threadOf(call), found);
      return found;
    };
    // A call's result is part of the next request, so the request before it made the call.
    for (const call of failed.all(JSON.stringify([...bySession.keys()]), first)) {
      const thread = threads.get(threadOf(call));
      const before = thread?.findLast((row) => row.time_unix_ms <= call.ended_unix_ms);
      if (!before || call.ended_unix_ms >= endOf(call, thread!.at(-1)!.time_unix_ms)) continue;
      notes.get(before.seq)!.failed_tool_calls++;
    }
    return (seq) => notes.get(seq) ?? NONE;
  };
}
