import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Collector } from "../collector/collector.ts";
import type { Config } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";
import type { Archive } from "../store/archive.ts";
import { archiveFolder, DATABASE_FILE } from "../store/database.ts";
import { counted } from "./format.ts";
import type { importFirst } from "./import-first.ts";
import { progressLine } from "./progress-line.ts";

/** Large transactions: no live event waits while this command runs. */
const SLICE = { rows: 3_000, bytes: 8 * 1024 * 1024 };
const SLICES = { live: SLICE, history: SLICE };

/** Each page is synced to the disk, which takes longer than to write it; a larger one is held in memory as a whole. */
const ARCHIVE_ROWS = 4000;

type Options = { json: boolean; quiet: boolean; texts: boolean };
type First = Awaited<ReturnType<typeof importFirst>>;

/**
 * `hall-monitor backfill`: reads everything there is to the end, and reports what it found. That can be queried
 * from then on; indexes, readings of limits and the archive follow and slow down nothing.
 */
export async function runBackfill(config: Config, options: Options): Promise<number> {
  const started = performance.now();
  const lostRows = existsSync(archiveFolder(config.data_dir))
    ? await (await import("./recovery.ts")).recoverLostRows(config)
    : undefined;
  const line = progressLine(process.stderr, !options.quiet && !options.json);
  const show = (collector: Collector) => line.show(collector.progress.status());
  const reportProgress = (collector: Collector) => {
    line.end(collector.progress.status());
    printResult(collector, Math.round(performance.now() - started), options);
  };
  const isNew = config.fast_import && !existsSync(join(config.data_dir, DATABASE_FILE));
  const first = isNew
    ? await (await import("./import-first.ts")).importFirst(config, SLICES, show)
    : undefined;
  if (first) reportProgress(first.collector);
  const pipeline = await takeOver(config, first, () => pipeline && show(pipeline.collector));
  if (!pipeline) return 0;
  try {
    if (!first) {
      if (lostRows) pipeline.collector.telemetry.raise("lost rows", lostRows);
      await pipeline.collector.drain();
      reportProgress(pipeline.collector);
    }
    writeArchive(pipeline.archive);
    if (options.texts) {
      await pipeline.collector.drainTexts();
      writeArchive(pipeline.archive);
    }
    return 0;
  } finally {
    pipeline.close();
  }
}

/** A daemon that was started right after a first import sees what is missing, and writes the archive itself. */
async function takeOver(config: Config, first: First, onProgress: () => void) {
  try {
    const { openPipeline } = await import("./pipeline.ts");
    return openPipeline(config, SLICES, onProgress, undefined, first?.deferred);
  } catch (error) {
    if (first && error instanceof AppError && error.code === "already_running") return undefined;
    throw error;
  }
}

function writeArchive(archive: Archive): void {
  while (archive.append(Date.now(), ARCHIVE_ROWS));
}

function printResult({ progress, telemetry }: Collector, elapsed_ms: number, { json, quiet }: Options): void {
  const { files_total, bytes_total } = progress.status();
  const { events_committed, requests_committed, duplicates, rejects, lines_read } = telemetry.counters;
  const result = {
    files: files_total,
    bytes: bytes_total,
    lines: lines_read,
    requests: requests_committed,
    events: events_committed,
    duplicates,
    rejects,
    elapsed_ms,
    problems: telemetry.problems(),
  };
  if (json) console.log(JSON.stringify(result));
  else if (!quiet)
    console.log(
      `${counted(result.requests, "request")} and ${counted(result.events, "event")} from ${counted(result.files, "file")} in ${(elapsed_ms / 1000).toFixed(1)} s; ${counted(rejects, "line")} rejected`,
    );
}
