import type { Config } from "../schema/config.ts";
import { counted } from "./format.ts";
import { openPipeline } from "./pipeline.ts";
import { progressLine } from "./progress-line.ts";
import { recoverLostRows } from "./recovery.ts";

/** Large transactions: nobody waits for a live event while this command runs. */
const SLICE = { rows: 3_000, bytes: 8 * 1024 * 1024 };

/** The collector of garbage would let the archive's text pile up to twice what reading takes. */
const COLLECT_EVERY_PAGES = 10;

/** `hall-monitor backfill`: reads everything there is to the end, and says what it found. */
export async function runBackfill(
  config: Config,
  options: { json: boolean; quiet: boolean },
): Promise<number> {
  const started = performance.now();
  const lostRows = await recoverLostRows(config);
  const line = progressLine(process.stderr, !options.quiet && !options.json);
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE }, () =>
    line.show(pipeline.collector.progress.status()),
  );
  try {
    if (lostRows) pipeline.collector.telemetry.raise("lost rows", lostRows);
    pipeline.store.loosen();
    await pipeline.collector.drain();
    pipeline.store.settle();
    line.end(pipeline.collector.progress.status());
    const elapsed_ms = Math.round(performance.now() - started);
    const { files_total, bytes_total } = pipeline.collector.progress.status();
    const { events_committed, requests_committed, duplicates, rejects, lines_read } =
      pipeline.collector.telemetry.counters;
    const result = {
      files: files_total,
      bytes: bytes_total,
      lines: lines_read,
      requests: requests_committed,
      events: events_committed,
      duplicates,
      rejects,
      elapsed_ms,
      problems: pipeline.collector.telemetry.problems(),
    };
    if (options.json) console.log(JSON.stringify(result));
    else if (!options.quiet)
      console.log(
        `${counted(result.requests, "request")} and ${counted(result.events, "event")} from ${counted(result.files, "file")} in ${(elapsed_ms / 1000).toFixed(1)} s; ${counted(rejects, "line")} rejected`,
      );
    // What was said above can be asked for now; the archive follows and slows nobody.
    for (let pages = 1; pipeline.archive.append(Date.now()); pages++)
      if (pages % COLLECT_EVERY_PAGES === 0) Bun.gc(true);
    return 0;
  } finally {
    pipeline.close();
  }
}
