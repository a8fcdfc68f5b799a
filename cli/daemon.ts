import { randomBytes } from "node:crypto";
import type { Problem } from "../collector/bus.ts";
import { startSpoolSync } from "../collector/spool-sync.ts";
import { createWatcher, type Watcher } from "../collector/watch.ts";
import type { Config } from "../schema/config.ts";
import { ERROR_CODES } from "../schema/errors.ts";
import { openReader } from "../store/database.ts";
import { createAccess } from "../viewer/access/access.ts";
import { createApp } from "../viewer/app.ts";
import { loadAssets } from "../viewer/assets.ts";
import { tokensOf } from "./access-token.ts";
import { openActivity } from "./activity.ts";
import { alertSettings, startAlerts } from "./alerts.ts";
import { archiveKeeper, toProblemEntry } from "./archive-keeper.ts";
import { startCapture } from "./capture.ts";
import { toStatus } from "./daemon-status.ts";
import { type Damage, startDatabaseWatch } from "./database-watch.ts";
import { startHardStop } from "./hard-stop.ts";
import { openHealth } from "./health.ts";
import { limitSources, openSampler, watchUsageCache } from "./limit-sampler.ts";
import { openOtlp } from "./otlp.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import { createPresence } from "./presence.ts";
import { progressLine } from "./progress-line.ts";
import { recoverLostRows, saveDetached } from "./recovery.ts";
import { startRetention } from "./retention.ts";
import { cachedRetention } from "./source-retention.ts";
import { startStatuslineCache } from "./statusline-cache.ts";
import { startWatchdog } from "./watchdog.ts";

const LIVE_ROWS = { bytes: 8 * 1024 * 1024 };
const HISTORY = { rows: 2000, bytes: 8 * 1024 * 1024 };
const SPOOL_POLL_MS = 200;
const RETRY_MS = 1000;
const RELISTEN_MS = 5000;
/** What a lost data directory leaves to the programs that were asked for limits. */
const LEAVE_MS = 2000;

export type DaemonOptions = { fromHook: boolean; json: boolean; restart: string[] | null };

/** One life of the daemon; `repaired` is what was wrong with the database before it. */
export async function runOnce(
  config: Config,
  options: DaemonOptions,
  repaired: Problem | undefined,
): Promise<"stopped" | Damage> {
  // The folder of whoever starts it is not ours: nothing is read from it, no child starts in it, and it can be removed.
  const cwd = process.cwd();
  process.chdir("/");
  const line = progressLine(process.stderr, !options.fromHook && !options.json);
  const say = (text: string) => void (options.fromHook || console.error(text));
  const asked = limitSources(config);
  const watched = alertSettings(config);
  const lostRows = await recoverLostRows(config);
  const pipeline = openPipeline(
    config,
    { live: { ...LIVE_ROWS, rows: config.batch_events }, history: HISTORY },
    () => line.show(pipeline.collector.progress.status()),
    options.json ? (entry) => console.error(JSON.stringify(entry)) : undefined,
  );
  for (const [key, problem] of Object.entries({ "lost rows": lostRows, repaired }))
    if (problem) {
      pipeline.collector.telemetry.raise(key, problem);
      say(`hall-monitor: ${problem.detail}`);
    }
  if (options.json)
    pipeline.bus.subscribe("problem", ({ key, problem }) =>
      console.error(
        JSON.stringify({ level: problem ? "warn" : "info", message: "problem", key, ...problem }),
      ),
    );
  const reader = openReader(config.data_dir);
  const expiring = cachedRetention(reader, config);
  const token = randomBytes(32).toString("hex");
  const started = Date.now();
  let stop: (() => void) | undefined;
  let isAskedToStop = false;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const presence = createPresence({
    ...{ config, token, say, json: options.json, telemetry: pipeline.collector.telemetry },
    onLost: () => void leave(),
  });
  const stopWatchdog = startWatchdog({
    ...{ data_dir: config.data_dir, token, stall_ms: config.stall_ms },
    restart: options.restart && { command: options.restart, cwd },
    onStop: () => {
      isAskedToStop = true;
      stop?.();
    },
  });
  let damage: Damage | undefined;
  const watch = startDatabaseWatch(config, pipeline, (found) => {
    damage ??= found;
    say(`hall-monitor: hall.db: ${found.detail}; it is made anew`);
    stop?.();
  });
  const spoolSync = startSpoolSync(config.spool_roots);
  const loop = startLoop(config, pipeline);
  const retention = startRetention(config, pipeline);
  const sampler = openSampler(config, asked, say);
  const stopUsageCache = watchUsageCache(config, (text) => say(`hall-monitor: ${text}`));
  const activity = openActivity(config, { reader, bus: pipeline.bus });
  const otlp = openOtlp(config, pipeline.collector.telemetry);
  const capture = startCapture(config, pipeline, {
    ...{ reader, intake: otlp.deps.intake },
    isBound: () => presence.url() !== null,
  });
  const alerts = startAlerts(watched, pipeline, {
    ...{ reader, time_zone: config.time_zone, path: config.limits.child_env.PATH ?? "" },
    say: (text) => say(`hall-monitor: ${text}`),
    ...(sampler && { limits: sampler }),
    activity: activity.view,
    capture: () => capture.state().agents,
  });

  const stopStatusline = startStatuslineCache({
    ...{ reader, bus: pipeline.bus, data_dir: config.data_dir, time_zone: config.time_zone },
    isCaughtUp: () => pipeline.collector.progress.status().done,
  });

  const stopHardStop = startHardStop({
    ...{ reader, bus: pipeline.bus, data_dir: config.data_dir, time_zone: config.time_zone },
    say: (text) => say(`hall-monitor: ${text}`),
  });

  const app = createApp({
    reader,
    capture,
    health: openHealth(config, pipeline),
    activity: activity.view,
    book: pipeline.book,
    config,
    bus: pipeline.bus,
    status: () => ({
      ...toStatus(config, pipeline, loop.watcher(), { started, url: presence.url() }),
      retention: expiring(),
    }),
    reindex: async (sources) => ({ files: loop.reindex(sources) }),
    shutdown: () => {
      isAskedToStop = true;
      setTimeout(() => stop?.(), 20);
    },
    token,
    access: createAccess({
      mode: config.access,
      tokens: [...tokensOf(config.data_dir, pipeline.collector.telemetry.raise), token],
    }),
    ports: () => [...presence.ports(), ...otlp.ports()],
    otlp: otlp.deps,
    assets: await loadAssets(),
    ...(sampler && { limits: sampler }),
    ...(alerts && { alerts }),
    spoolBacklog: pipeline.collector.spoolBacklog,
  });

  // Before anybody can know of this process, and so tell it to stop.
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let times = 0;
  const onSignal = () => {
    isAskedToStop = true;
    if (++times > 1) process.exit(130);
    stop?.();
  };
  for (const signal of signals) process.on(signal, onSignal);
  await presence.open(app);
  await otlp.listen(app);
  const relisten = setInterval(() => void otlp.listen(app), RELISTEN_MS);

  sampler?.start();
  await stopped;
  clearInterval(relisten);
  stopStatusline();
  await activity.stop();
  stopHardStop();
  stopUsageCache();
  await sampler?.stop();
  await alerts?.stop();
  await retention.stop();
  await capture.stop();
  await watch.stop();
  await spoolSync.stop();
  await loop.stop(damage === undefined);
  await otlp.stop();
  await presence.close();
  presence.hide();
  stopWatchdog();
  reader.close();
  if (damage?.is_detached) damage = saveDetached(config, pipeline.db, damage);
  pipeline.close();
  for (const signal of signals) process.off(signal, onSignal);
  return damage === undefined || isAskedToStop ? "stopped" : damage;

  /** Nothing is tidied up: what is under its names by now may be another daemon's. */
  async function leave(): Promise<void> {
    const { exit } = ERROR_CODES.data_directory_unusable;
    console.error(`hall-monitor: ${config.data_dir} was removed or replaced, so its daemon ends`);
    await Promise.race([sampler?.stop(), Bun.sleep(LEAVE_MS)]);
    process.exit(exit);
  }
}

/** Reads whatever is due, one transaction at a time, and lets requests be answered in between. */
function startLoop(config: Config, pipeline: Pipeline) {
  const { collector, plans } = pipeline;
  const { telemetry } = collector;
  let wake: () => void = () => {};
  let running = true;
  let watcher: Watcher | undefined;
  let nextScan = 0;
  const { folders } = pipeline;
  const archiver = archiveKeeper(pipeline);

  function compare(): void {
    collector.scan();
    plans.look();
    const followed = [...folders, ...plans.watched()];
    if (watcher) watcher.follow(followed);
    watcher ??= createWatcher(
      followed,
      (path) => (collector.touch(path) || plans.touch(path)) && wake(),
      (code) =>
        telemetry.raise("watch", {
          code,
          detail: `the system cannot watch more files (${code})`,
          hint: "files are found by scanning instead",
        }),
    );
    nextScan = Date.now() + config.scan_interval_ms;
  }
  async function round(): Promise<void> {
    if (Date.now() >= nextScan) compare();
    // What wrote a plan is read before the plan.
    const worked = (await collector.pass()) || plans.pass() || (await collector.passTexts());
    await new Promise((resolve) => setImmediate(resolve));
    const archived = archiver.keep(worked);
    if (!worked && !archived) await sleepUntil(Math.min(SPOOL_POLL_MS, nextScan - Date.now()));
  }
  /** What a disk or a lock refuses is told and tried again: a daemon that dies records nothing more. */
  async function run(): Promise<void> {
    while (running)
      try {
        await round();
        telemetry.clear("loop");
      } catch (cause) {
        telemetry.raise("loop", toProblemEntry(cause, "hall.db"));
        await Bun.sleep(RETRY_MS);
      }
  }
  function sleepUntil(ms: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => collector.pollSpool());
  }
  const done = run();
  return {
    watcher: () => watcher,
    reindex(sources: Parameters<typeof collector.reindex>[0]): number {
      const files = collector.reindex(sources);
      wake();
      return files;
    },
    /** \`isWhole\`: rows of a damaged database do not go into the archive. */
    async stop(isWhole: boolean): Promise<void> {
      running = false;
      pipeline.bus.stop();
      wake();
      await done;
      await watcher?.close();
      if (!isWhole) return;
      // What the stored rows imply is a part of them: the archive is to have it, too.
      pipeline.bus.settle(true);
      archiver.finish();
    },
  };
}
