import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { type CollectorOptions, createCollector } from "../collector/collector.ts";
import { createMetricsCollector } from "../collector/metrics-collector.ts";
import { loadCaptureSettings } from "../collector/redact/settings.ts";
import { allRoots } from "../collector/sources/roots.ts";
import type { Source } from "../collector/sources/source.ts";
import { keepRoomForLosses } from "../hooks/append.ts";
import type { CaptureSettings } from "../schema/capture-settings.ts";
import type { Config } from "../schema/config.ts";
import { cost } from "../store/cost.ts";
import { ensurePrivateFolder } from "../store/database.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { purgedSessions } from "../store/purge.ts";
import { createStore } from "../store/store.ts";

export type Slices = Pick<CollectorOptions, "live" | "history" | "now">;

type IngestOptions = Omit<CollectorOptions, "roots" | "store" | "metrics"> & {
  /** Reads the spool; absent if it is empty, as this part is the slowest to load. */
  spool: ((capture: CaptureSettings) => Source) | undefined;
};

/** Everything between the sources and a database. */
export function openIngest(config: Config, db: Database, { spool, ...options }: IngestOptions) {
  for (const root of config.spool_roots.slice(0, 1)) {
    ensurePrivateFolder(root);
    keepRoomForLosses(root);
  }
  const book = loadPriceBook(join(config.data_dir, "config.json"));
  const store = createStore(db, (request) => cost(book, request), { metrics: config.otlp.kept });
  store.settle();
  const bus = createMetricsCollector(store, options.now);
  const capture = {
    ...loadCaptureSettings(join(config.data_dir, "config.json"), config.capture),
    purged: purgedSessions(store.meta),
  };
  const read = allRoots(config, spool?.(capture));
  for (const { path, account } of read) if (account !== undefined) store.nameAccount(path, account);
  const collector = createCollector({
    roots: read,
    store,
    metrics: bus,
    capture,
    isFast: config.fast_import,
    ...options,
  });
  return { store, bus, collector, book, folders: read.map((root) => root.path) };
}
