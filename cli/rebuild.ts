import { join } from "node:path";
import type { Config } from "../schema/config.ts";
import { checkQueries } from "../store/checks.ts";
import { cost } from "../store/cost.ts";
import { rebuildFromArchive } from "../store/damage.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook, type PriceBook } from "../store/price-book.ts";
import { alertSettings } from "./alerts.ts";
import { limitSources } from "./limit-sampler.ts";
import { openPipeline } from "./pipeline.ts";

const SLICE = { rows: 5_000, bytes: 16 * 1024 * 1024 };

/** Rebuilds the database from the archive, then from the files of agents and hooks. */
export async function rebuildDatabase(config: Config) {
  // All of config.json is parsed before anything is moved.
  limitSources(config);
  alertSettings(config);
  const book = loadPriceBook(join(config.data_dir, "config.json"));
  const { moved_to, archive } = await fromArchive(config, book);
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE });
  try {
    await pipeline.collector.drain();
    pipeline.archive.hurry();
    while (pipeline.archive.append(Date.now()));
    const { requests_committed, events_committed, duplicates, rejects } =
      pipeline.collector.telemetry.counters;
    return {
      moved_to,
      archive,
      sources: {
        files: pipeline.collector.filesKnown(),
        requests: requests_committed,
        events: events_committed,
        known: duplicates,
        rejects,
      },
      stored: checkQueries(pipeline.db).stored(),
      problems: pipeline.collector.telemetry.problems(),
    };
  } finally {
    pipeline.close();
  }
}

async function fromArchive(config: Config, book: PriceBook) {
  const lock = takeLock(config.data_dir);
  try {
    return await rebuildFromArchive(config.data_dir, (request) => cost(book, request));
  } finally {
    lock.release();
  }
}
