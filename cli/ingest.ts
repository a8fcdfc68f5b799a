import type { Database } from "bun:sqlite";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type CollectorOptions, createCollector } from "../collector/collector.ts";
import type { Root } from "../collector/discover.ts";
import { readLimits } from "../collector/limits/settings.ts";
import { createMetricsCollector, type Slice } from "../collector/metrics-collector.ts";
import { loadCaptureSettings } from "../collector/redact/settings.ts";
import { claude, cowork } from "../collector/sources/claude/source.ts";
import { codex } from "../collector/sources/codex/source.ts";
import type { Source } from "../collector/sources/source.ts";
import { keepRoomForLosses } from "../hooks/append.ts";
import type { CaptureSettings } from "../schema/capture-settings.ts";
import type { Config } from "../schema/config.ts";
import { codexFolders } from "../schema/folders.ts";
import { VENDOR_NAMES, type VendorName } from "../schema/vendors.ts";
import { cost } from "../store/cost.ts";
import { ensurePrivateFolder } from "../store/database.ts";
import type { DeferredSamples } from "../store/deferred-samples.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { purgedSessions } from "../store/purge.ts";
import { createStore } from "../store/store.ts";

export type Slices = { live: Slice; history: Slice; now?: () => number };

type IngestOptions = Omit<CollectorOptions, "roots" | "store" | "metrics"> & {
  /** Reads what hooks left; absent where there is nothing of theirs, as it is the slowest to load. */
  spool: ((capture: CaptureSettings) => Source) | undefined;
  isImport?: boolean;
  deferred?: DeferredSamples | undefined;
};

/** Everything between the sources and a database. */
export function openIngest(
  config: Config,
  db: Database,
  { spool, isImport = false, deferred, ...options }: IngestOptions,
) {
  for (const root of config.spool_roots.slice(0, 1)) {
    ensurePrivateFolder(root);
    keepRoomForLosses(root);
  }
  const book = loadPriceBook(join(config.data_dir, "config.json"));
  const store = createStore(db, (request) => cost(book, request), { isImport, metrics: config.otlp.kept });
  if (!isImport) {
    store.flushDeferred(deferred, Date.now());
    store.settle();
  }
  const bus = createMetricsCollector(store, options.now);
  const capture = {
    ...loadCaptureSettings(join(config.data_dir, "config.json"), config.capture),
    purged: purgedSessions(store.meta),
  };
  const read = roots(config, spool?.(capture));
  for (const { path, account } of read) if (account !== undefined) store.nameAccount(path, account);
  const collector = createCollector({
    ...{ roots: read, store, metrics: bus, capture, isPlain: !config.fast_import },
    ...options,
  });
  return { store, bus, collector, book, folders: read.map((root) => root.path) };
}

function roots(config: Config, spool: Source | undefined): Root[] {
  const of = (source: Source, paths: string[]) => paths.map((path) => ({ source, path: real(path) }));
  const named = accountRoots(config);
  const rootsOf: Record<VendorName, () => Root[]> = {
    claude: () => [...of(claude, config.claude_roots), ...of(cowork, config.cowork_roots)],
    codex: () => [
      ...named,
      ...of(codex, config.codex_roots).filter((root) => !named.some((n) => n.path === root.path)),
    ],
  };
  return [
    ...(spool ? of(spool, config.spool_roots) : []),
    ...VENDOR_NAMES.flatMap((name) => rootsOf[name]()),
  ];
}

/** The folders of the accounts that `config.json` names; where Codex is not read, none of them is. */
export function accountRoots(config: Config): Root[] {
  if (config.codex_roots.length === 0) return [];
  return readLimits(join(config.data_dir, "config.json")).codex_accounts.flatMap(({ alias, codex_home }) =>
    codexFolders(undefined, codex_home, "").map((path) => ({
      source: codex,
      path: real(path),
      account: alias,
    })),
  );
}

/** One folder under two names is one folder. */
function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
