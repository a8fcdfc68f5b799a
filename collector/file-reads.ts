import { basename } from "node:path";
import type { CaptureSettings } from "../schema/capture-settings.ts";
import type { FileBatch } from "../store/batch.ts";
import type { createPipelineCounters } from "./counters.ts";
import type { Root } from "./discover.ts";
import { nameAccount } from "./file-batch.ts";
import type { Files } from "./files.ts";
import type { Progress } from "./progress.ts";
import type { Work } from "./queue.ts";
import type { ReadJob, TimedResult } from "./reader.ts";
import { placeKey, type Telemetry } from "./telemetry.ts";

/** A file to read, and its offset. */
export type FileRead = { work: Work; job: ReadJob };
/** Result of a read, with the work that follows its commit. */
export type Taken = { work: Work; batch: FileBatch; more: boolean };

type Parts = {
  roots: readonly Root[];
  files: Files;
  capture: CaptureSettings;
  /** Whether history takes the fast path. */
  isFast: boolean;
  progress: Progress;
  counters: ReturnType<typeof createPipelineCounters>;
  telemetry: Telemetry;
  now(): number;
};

/** Start of a read, and evaluation of its result. */
export function createFileReads({
  roots,
  files,
  capture,
  isFast,
  progress,
  counters,
  telemetry,
  now,
}: Parts) {
  const named = roots.filter((r) => r.account !== undefined);
  const accountOf = (path: string) => named.find((root) => path.startsWith(`${root.path}/`))?.account;

  return {
    job(work: Work, budget_bytes: number): ReadJob {
      const of = { path: work.path, from: files.get(work.path), is_fast: isFast && !work.live };
      return { ...of, budget_bytes, capture, now_unix_ms: now() };
    },
    /** Undefined if there is nothing to store. */
    take(work: Work, result: TimedResult): Taken | undefined {
      counters.read(work.source.name, work.live ? "live" : "pass2", work.path, result);
      if (result.kind === "read") {
        telemetry.clear(placeKey("file", work.path));
        const account = accountOf(work.path);
        if (account !== undefined) nameAccount(result.batch, account);
        telemetry.counters.lines_read += result.batch.lines;
        telemetry.counters.bytes_read += result.batch.bytes;
        progress.advance(work.path, result.batch.bytes, !result.more);
        return { work, batch: result.batch, more: result.more };
      }
      if (result.kind === "failed")
        telemetry.raise(placeKey("file", work.path), {
          code: "unreadable",
          detail: `cannot read ${basename(work.path)} (${result.code})`,
        });
      progress.done(work.path);
      return undefined;
    },
  };
}
export type FileReads = ReturnType<typeof createFileReads>;
