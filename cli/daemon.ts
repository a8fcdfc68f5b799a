import type { Problem } from "../collector/bus.ts";
import { startSpoolSync } from "../collector/spool-sync.ts";
import type { Config } from "../schema/config.ts";
import { createApp } from "../viewer/app.ts";
import { loadAssets } from "../viewer/assets.ts";
import type { App } from "../viewer/server.ts";
import { type DaemonParts, openParts, type RunOptions } from "./daemon-parts.ts";
import { toViewerDeps } from "./daemon-viewer.ts";
import { type Damage, startDatabaseWatch } from "./database-watch.ts";
import { createEnding, type Ending } from "./ending.ts";
import { startHardStop } from "./hard-stop.ts";
import { keepReady } from "./keep-ready.ts";
import { watchUsageCache } from "./limit-sampler.ts";
import { startMemoryRelease } from "./memory.ts";
import { saveDetached } from "./recovery.ts";
import { startRetention } from "./retention.ts";
import { runServices, type Service, service } from "./services.ts";
import { sinceStored } from "./since-stored.ts";
import { startStatuslineCache } from "./statusline-cache.ts";
import { startWatchdog } from "./watchdog.ts";

/** Data that was read is stored before the end, however much it is. */
const READING_STOP_MS = 10_000;
/** Time for limit programs to end. */
const CHILDREN_STOP_MS = 2000;

/** One run of the daemon; `repaired` is the preceding damage of the database. */
export async function runOnce(
  config: Config,
  options: RunOptions,
  repaired: Problem | undefined,
): Promise<"stopped" | Damage> {
  // The caller's working directory is not ours: nothing is read from it, no child is started in it, and it can be
  // removed.
  const cwd = process.cwd();
  process.chdir("/");
  const ending = createEnding();
  // Another process may be at it meanwhile.
  const loading = loadAssets();
  const parts = await openParts(config, options, repaired);
  const assets = await loading;
  const app = createApp(toViewerDeps(parts, ending, assets));
  const restart = options.restart && { command: options.restart, cwd };
  const all = services(parts, ending, { app, restart });
  await runServices(all, ending.reached, parts.report);
  return ending.outcome();
}

type Rest = { app: App; restart: { command: string[]; cwd: string } | null };

/** The daemon, in the order in which it starts. It stops in the reverse order. */
function services(parts: DaemonParts, ending: Ending, { app, restart }: Rest): Service[] {
  const { config, pipeline, reader, judged, beat, token, log, presence, loop } = parts;
  const { capture, activity, alerts, otlp, sampler } = parts;
  const { data_dir, time_zone, spool_roots, stall_ms } = config;
  const of = { reader, bus: pipeline.bus, beat, data_dir, time_zone };
  const isCaughtUp = () => pipeline.collector.progress.status().done;
  return [
    // Before another process can find this one and stop it.
    ending.signals,
    { name: "beat", stop: beat.stop },
    { name: "database", stop: () => closeDatabase(parts, ending) },
    service("watchdog", () =>
      startWatchdog({ data_dir, beat, token, stall_ms, restart, onStop: ending.stop }),
    ),
    // Until everything is stored its port answers and daemon.json exists, so that no other daemon starts meanwhile.
    { name: "daemon.json", stop: presence.hide },
    { name: "port", stop: presence.close },
    service("database watch", () =>
      startDatabaseWatch(config, pipeline, beat, (found) => repair(parts, ending, found)),
    ),
    { name: "reading", start: loop.start, stop: () => loop.stop(!ending.damage()), stop_ms: READING_STOP_MS },
    service("spool sync", () => startSpoolSync(spool_roots, beat)),
    service("memory", () => releaseMemory(parts)),
    service("retention", () => startRetention(config, pipeline, beat)),
    { name: "capture", start: capture.start, stop: capture.stop, stop_ms: CHILDREN_STOP_MS },
    { name: "activity", stop: activity.stop },
    { name: "alerts", start: alerts?.start, stop: alerts?.stop },
    service("usage cache", () => watchUsageCache(config, beat, log)),
    service("hard stop", () => startHardStop({ ...of, log })),
    service("answers", () => keepReady({ ...of, judged, changes: pipeline.store.changes, isCaughtUp })),
    service("status line", () => startStatuslineCache({ ...of, isCaughtUp })),
    { name: "page", start: () => presence.open(app) },
    { name: "exports", start: () => otlp.start(app, beat), stop: otlp.stop },
    { name: "limits", start: sampler?.start, stop: sampler?.stop, stop_ms: CHILDREN_STOP_MS },
  ];
}

function repair({ log }: DaemonParts, ending: Ending, found: Damage): void {
  log(`hall.db: ${found.detail}; rebuilding it`);
  ending.repair(found);
}

function releaseMemory({ pipeline, reader, beat }: DaemonParts): () => void {
  return startMemoryRelease({ beat, databases: [pipeline.db, reader], calm_ms: sinceStored(pipeline.bus) });
}

function closeDatabase({ config, pipeline, reader }: DaemonParts, ending: Ending): void {
  reader.close();
  ending.save((damage) => saveDetached(config, pipeline.db, damage));
  pipeline.close();
}
