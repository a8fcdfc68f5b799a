import type { Config } from "../schema/config.ts";
import { openPipeline } from "./pipeline.ts";
import { progressLine } from "./progress-line.ts";

/** Large transactions: nobody waits for a live event while this command runs. */
const SLICE = { rows: 5_000, bytes: 16 * 1024 * 1024 };

/** `hall-monitor backfill`: reads everything there is to the end, and says what it found. */
export async function runBackfill(
  config: Config,
  options: { json: boolean; quiet: boolean },
): Promise<number> {
  const started = performance.now();
  const line = progressLine(process.stderr, !options.quiet && !options.json);
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE }, () =>
    line.show(pipeline.collector.progress.status()),
  );
  try {
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
        `${result.requests} requests and ${result.events} events from ${result.files} files in ${(elapsed_ms / 1000).toFixed(1)} s; ${rejects} lines rejected`,
      );
    // What was said above can be asked for now; the archive follows and slows nobody.
    while (pipeline.archive.append(Date.now()));
    return 0;
  } finally {
    pipeline.close();
  }
}
