import type { AppError } from "../schema/errors.ts";
import { noLimits, samplesOf } from "../schema/rollout-limits.ts";
import { UNNAMED_AGENT } from "../schema/vendors.ts";
import type { FileBatch, Reject } from "../store/batch.ts";
import { type CommitResult, toResult } from "../store/committer.ts";
import { toStoreError } from "../store/database.ts";
import type { Store } from "../store/store.ts";

/** Faults of the file, not of a row: the same batch is tried again until it goes through. */
const PASSING = new Set(["database_busy", "disk_full", "data_directory_unusable", "database_damaged"]);
export const isPassing = ({ code }: AppError): boolean => PASSING.has(code);
const PARTS = ["sessions", "requests", "tool_calls", "agents", "turns", "events", "samples"] as const;

export type CommitOutcome = { ok: true; result: CommitResult } | { ok: false; error: AppError };

/**
 * Stores the batches, or reports that the disk or a lock is in the way. If one row of thousands is what SQLite
 * refuses, it alone becomes a reject and everything around it is stored.
 */
export function commitOrSalvage(store: Store, batches: FileBatch[], now: number): CommitOutcome {
  try {
    return { ok: true, result: store.commit(batches, now) };
  } catch (cause) {
    const error = toStoreError(cause, "hall.db");
    if (isPassing(error)) return { ok: false, error };
  }
  const total = toResult(store.lastSeq());
  for (const batch of batches) {
    const outcome = salvage(store, batch, now, total);
    if (outcome) return { ok: false, error: outcome };
  }
  return { ok: true, result: total };
}

/** Row by row, the cursor last: dying in between repeats rows that are known already. */
function salvage(store: Store, batch: FileBatch, now: number, total: CommitResult): AppError | undefined {
  const refused: Reject[] = [];
  const rows: FileBatch = { ...batch, samples: [...batch.samples, ...samplesOf(batch.limits)] };
  const bare: FileBatch = {
    ...batch,
    limits: noLimits(),
    rejects: [],
    ignored: {},
    cursor: { ...batch.cursor, offset: 0, fingerprint: "", size_bytes: -1 },
  };
  for (const part of PARTS) bare[part] = [];
  for (const part of PARTS)
    for (const [index, item] of rows[part].entries()) {
      try {
        add(total, store.commit([{ ...bare, [part]: [item] }], now));
      } catch (cause) {
        const error = toStoreError(cause, "hall.db");
        if (isPassing(error)) return error;
        refused.push(toReject(rows, part, index, error.message));
      }
    }
  add(
    total,
    store.commit(
      [{ ...bare, cursor: batch.cursor, ignored: batch.ignored, rejects: [...batch.rejects, ...refused] }],
      now,
    ),
  );
  return undefined;
}

function toReject(batch: FileBatch, part: string, index: number, message: string): Reject {
  const item = batch[part as "requests"][index];
  return {
    source: batch.cursor.source === "spool" ? UNNAMED_AGENT : batch.cursor.source,
    path: batch.cursor.path,
    offset: typeof item?.offset === "number" ? item.offset : batch.cursor.offset - index,
    length_bytes: 0,
    reason: "store_refused",
    detail: `${part}[${index}]: ${message}`.slice(0, 200),
  };
}

function add(total: CommitResult, more: CommitResult): void {
  total.seq = more.seq;
  total.events += more.events;
  total.requests += more.requests;
  total.duplicates += more.duplicates;
  total.rejects += more.rejects;
}
