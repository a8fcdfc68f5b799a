import type { Stats } from "node:fs";
import { noLimits } from "../schema/rollout-limits.ts";
import type { FileState } from "../schema/row-values.ts";
import type { FileBatch } from "../store/batch.ts";
import type { Source } from "./sources/source.ts";

/** A line above this is counted as a reject instead of being buffered. */
export const LINE_LIMIT_BYTES = 16 * 1024 * 1024;

/** Result of one read of a file. */
export type TailResult =
  | { kind: "read"; batch: FileBatch; more: boolean }
  | { kind: "gone" }
  | { kind: "failed"; code: string };

/** A file does not name its account; its folder does. */
export function nameAccount(batch: FileBatch, account: string): void {
  batch.limits.account = account;
  for (const session of batch.sessions) session.account = account;
  for (const one of [...batch.samples, ...(batch.credits ?? [])]) one.account = account;
}

export function emptyBatch(
  source: Source,
  path: string,
  stats: Stats,
  offset: number,
  state: FileState,
): FileBatch {
  return {
    cursor: {
      path,
      source: source.name,
      inode: stats.ino,
      birth_unix_ms: Math.floor(stats.birthtimeMs),
      size_bytes: stats.size,
      mtime_unix_ms: Math.floor(stats.mtimeMs),
      offset,
      fingerprint: "",
      state,
      parser_state: "",
    },
    events: [],
    requests: [],
    tool_calls: [],
    sessions: [],
    agents: [],
    turns: [],
    samples: [],
    limits: noLimits(),
    rejects: [],
    ignored: {},
    lines: 0,
    bytes: 0,
  };
}
