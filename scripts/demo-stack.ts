/** The product in this process, with a clock that the demo moves. */
import { join } from "node:path";
import { openPipeline, type Pipeline } from "../cli/pipeline.ts";
import { createAlerts } from "../collector/alerts/watch.ts";
import type { Probe } from "../collector/limits/probe.ts";
import { createSampler } from "../collector/limits/sampler.ts";
import { AlertFile } from "../schema/alerts.ts";
import type { RouteKey } from "../schema/api.ts";
import { type Address, addressOf } from "../schema/api-address.ts";
import type { Data, RouteArgument, RouteInput } from "../schema/api-types.ts";
import { loadConfig } from "../schema/config.ts";
import type { DaemonStatus } from "../schema/status.ts";
import { openReader } from "../store/database.ts";
import { createApp } from "../viewer/app.ts";

const SLICE = { rows: 500, bytes: 8 * 1024 * 1024 };
const PORT = 3456;
const NAP_MS = 20;

function statusOf({ store, collector }: Pipeline, data_dir: string, started_unix_ms: number): DaemonStatus {
  return {
    version: "0.0.0",
    pid: process.pid,
    started_unix_ms,
    data_dir,
    url: null,
    time_zone: "UTC",
    last_seq: store.lastSeq(),
    state: "live",
    problems: [],
    backfill: collector.progress.status(),
    watch: { mode: "polling", folders: 0, files: collector.filesKnown(), last_scan_unix_ms: null },
    counters: collector.telemetry.counters,
    pipeline: collector.counters(),
  };
}

const WITHOUT_A_DAEMON = {
  token: "",
  assets: new Map(),
  access: "in_process" as const,
  ports: () => [PORT],
  reindex: async () => ({ files: 0 }),
  shutdown: () => {},
  alerts: { is_dry_run: false, budgets: [], deliveries: () => [] },
};

function defaultAlerts() {
  const { alerts, budgets, rate_of_change } = AlertFile.parse({});
  return { ...alerts, budgets, rate_of_change };
}

function readsOf(app: ReturnType<typeof createApp>) {
  const read = async ({ path }: Pick<Address, "path">) =>
    (await app.request(path, { headers: { host: `localhost:${PORT}` } })).text();
  return {
    read,
    get: async <Key extends RouteKey, Given extends RouteInput<Key>>(
      key: Key,
      ...input: RouteArgument<Key, Given>
    ): Promise<Data<Key>> => (JSON.parse(await read(addressOf(key, ...input))) as { data: Data<Key> }).data,
  };
}

export function openStack(folder: string, probes: Probe[], now: () => number) {
  const data_dir = join(folder, "data");
  const config = loadConfig({ HOME: folder, HALL_DATA_DIR: data_dir, HALL_TIME_ZONE: "UTC" });
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE });
  const reader = openReader(data_dir);
  const { store, bus, book } = pipeline;
  // Shorter pauses than the usual five seconds, so that the demo stays watchable.
  const sleep = () => Bun.sleep(NAP_MS);
  const sampler = createSampler({ data_dir, hostname: "demo", probes, now, sleep, random: () => 0 });
  const settings = defaultAlerts();
  const alerts = createAlerts({
    reader,
    store,
    metrics: bus,
    now,
    limits: sampler,
    time_zone: "UTC",
    settings,
  });
  const app = createApp({
    reader,
    book,
    bus,
    now,
    config,
    limits: sampler,
    ...WITHOUT_A_DAEMON,
    status: () => statusOf(pipeline, data_dir, now()),
  });
  return {
    data_dir,
    sampler,
    alerts,
    ...readsOf(app),
    /** Stores what was sampled. */
    store: () => pipeline.collector.drain(),
    async [Symbol.asyncDispose]() {
      await sampler.stop();
      reader.close();
      pipeline.close();
    },
  };
}
