import type { Database } from "bun:sqlite";
import type { SourceName } from "../schema/events.ts";
import { flagBit } from "../schema/usage.ts";

const UNCONFIRMED = flagBit("price_unconfirmed");
const ITERATION_UNKNOWN = flagBit("iteration_unknown");

export type StoredCounts = {
  last_seq: number;
  sessions: number;
  requests: number;
  events: number;
  rejects: number;
};

export type StoredFiles = {
  source: SourceName;
  files: number;
  bytes: number;
  unread_bytes: number;
  changed_unix_ms: number;
  rejects: number;
};

/** Queries of `status` and `doctor`, with or without a daemon. */
export function checkQueries(db: Database) {
  const lastHook = db.query<{ time_unix_ms: number }, [string]>(`
    select e.time_unix_ms from events e join sessions s using (session_pk)
    where e.origin = 'hook' and s.source_session_id not like ? order by e.seq desc limit 1`);
  const quickCheck = db.query<{ quick_check: string }, []>("pragma quick_check(5)");
  return {
    ...storedQueries(db),
    ...priceQueries(db),
    ...lineQueries(db),
    /** Time of the newest hook event, except of sessions like `ignored` (a SQL pattern). */
    lastHookUnixMs: (ignored: string) => lastHook.get(ignored)?.time_unix_ms ?? null,
    /** SQLite's findings about the file; empty if it is intact. */
    damage: () =>
      quickCheck
        .all()
        .map((row) => row.quick_check)
        .filter((line) => line !== "ok"),
  };
}

function storedQueries(db: Database) {
  const stored = db.query<StoredCounts, []>(`
    select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as last_seq,
      (select count(*) from sessions) as sessions, (select count(*) from requests) as requests,
      (select count(*) from events) as events, (select count(*) from rejects) as rejects`);
  const files = db.query<StoredFiles, []>(`
    select f.source, count(*) as files, sum(f.size_bytes) as bytes,
      sum(max(0, f.size_bytes - f.offset)) as unread_bytes, max(f.mtime_unix_ms) as changed_unix_ms,
      (select count(*) from rejects r where r.source = f.source) as rejects
    from files f group by f.source order by f.source`);
  const spool = db.query<{ path: string; offset: number }, []>(
    "select path, offset from files where source = 'spool'",
  );
  return {
    stored: () => stored.get()!,
    /** The files of each source, as they were read last. */
    filesBySource: () => files.all(),
    spoolCursors: () => spool.all(),
  };
}

function priceQueries(db: Database) {
  const unpriced = db.query<{ model: string; requests: number; tokens: number }, []>(`
    select model, sum(unpriced_requests) as requests, sum(unpriced_tokens) as tokens from usage_rollup
    where unpriced_requests > 0 group by model order by tokens desc, model`);
  const prices = db.query<{ price_id: string; requests: number; unconfirmed: number }, [number]>(`
    select price_id, count(*) as requests, sum(flags & ? <> 0) as unconfirmed from requests
    where price_id is not null group by price_id order by price_id`);
  const flagged = db.query<{ requests: number }, [number]>(
    "select count(*) as requests from requests where flags & ? <> 0",
  );
  return {
    unpricedModels: () => unpriced.all(),
    /** Price rows in use, and the number of requests outside of their confirmed period. */
    usedPrices: () => prices.all(UNCONFIRMED),
    /** Requests with a part of an unknown kind, which is not in the cost. */
    unknownIterations: () => flagged.get(ITERATION_UNKNOWN)?.requests ?? 0,
  };
}

/** Lines without any data, or that were parsed specially. */
function lineQueries(db: Database) {
  const rejects = db.query<{ reason: string; rejects: number }, []>(
    "select reason, count(*) as rejects from rejects group by reason order by rejects desc, reason",
  );
  const unknownLines = db.query<{ source: string; kind: string; lines: number }, []>(`
    select source, substr(kind, 9) as kind, lines from ignored_lines where kind like 'unknown:%' order by lines desc, kind`);
  const ofKind = db.query<{ lines: number | null }, [string]>(
    "select sum(lines) as lines from ignored_lines where kind = ?",
  );
  return {
    rejectsByReason: () => rejects.all(),
    /** Lines of unknown kinds, by the client's names. */
    unknownLines: () => unknownLines.all(),
    /** Lines of a kind that the parser itself names: `recovered`, `reduced`. */
    linesOf: (kind: string) => ofKind.get(kind)?.lines ?? 0,
  };
}
