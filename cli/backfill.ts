import { existsSync } from "node:fs";
import type { Collector } from "../collector/collector.ts";
import type { Config } from "../schema/config.ts";
import type { Archive } from "../store/archive.ts";
import { archiveFolder } from "../store/database.ts";
import { counted } from "./format.ts";
import { openPipeline } from "./pipeline.ts";
import { out } from "./print.ts";
import { progressLine } from "./progress-line.ts";
import { recoverLostRows } from "./recovery.ts";

/** Large transactions: no live event waits while this command runs. */
const SLICE = { rows: 3_000, bytes: 8 * 1024 * 1024 };
const SLICES = { live: SLICE, history: SLICE };

/** Each page is synced to the disk, which takes longer than to write it; a larger one is held in memory as a whole. */
const ARCHIVE_ROWS = 4000;

type Options = { json: boolean; quiet: boolean; texts: boolean };

/**
 * `hall-monitor backfill`: reads everything there is to the end, and reports what it found. Rows can be queried as
 * they come; the archive follows them. A killed import continues after the last transaction.
 */
export async function runBackfill(config: Config, options: Options): Promise<number> {
  const started = performance.now();
  const lostRows = existsSync(archiveFolder(config.data_dir)) ? await recoverLostRows(config) : undefined;
  const line = progressLine(process.stderr, !options.quiet && !options.json);
  const onProgress = () => {
    line.show(collector.progress.status());
    if (store.lastSeq() - archive.lastSeq() >= ARCHIVE_ROWS) writeArchive(archive);
  };
  const pipeline = openPipeline(config, SLICES, onProgress);
  const { archive, collector, store } = pipeline;
  try {
    if (lostRows) collector.telemetry.raise("lost rows", lostRows);
    await collector.drain();
    line.end(collector.progress.status());
    printResult(collector, Math.round(performance.now() - started), options);
    writeArchive(archive);
    if (options.texts) {
      await collector.drainTexts();
      writeArchive(archive);
    }
    return 0;
  } finally {
    pipeline.close();
  }
}

/** All that is stored by now: written between two transactions it fills the time in which files are still being read. */
function writeArchive(archive: Archive): void {
  archive.hurry();
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
  if (json) out(JSON.stringify(result));
  else if (!quiet)
    out(
      `${counted(result.requests, "request")} and ${counted(result.events, "event")} from ${counted(result.files, "file")} in ${(elapsed_ms / 1000).toFixed(1)} s; ${counted(rejects, "line")} rejected`,
    );
}
