import type { Database } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { type Beat, createBeat } from "../collector/beat.ts";
import type { Problem } from "../collector/bus.ts";
import type { Config } from "../schema/config.ts";
import { ERROR_CODES } from "../schema/errors.ts";
import { createJudged } from "../store/judged/judged.ts";
import { openLazyReader } from "../store/lazy-statements.ts";
import { openActivity } from "./activity.ts";
import { alertSettings, openAlerts } from "./alerts.ts";
import { openCapture } from "./capture.ts";
import { limitSources, openSampler } from "./limit-sampler.ts";
import { openOtlp } from "./otlp.ts";
import { openPipeline, type Pipeline } from "./pipeline.ts";
import { createPresence } from "./presence.ts";
import { progressLine } from "./progress-line.ts";
import { createReadingLoop } from "./reading-loop.ts";
import { recoverLostRows } from "./recovery.ts";

const LIVE_ROWS = { bytes: 8 * 1024 * 1024 };
const HISTORY = { rows: 2000, bytes: 8 * 1024 * 1024 };
/** Time for limit programs to end after the loss of the data directory. */
const LEAVE_MS = 2000;

export type RunOptions = { fromHook: boolean; json: boolean; restart: string[] | null };
export type DaemonParts = Awaited<ReturnType<typeof openParts>>;

/** All parts of the daemon. Invalid settings are detected first, before a lock is taken. */
export async function openParts(config: Config, options: RunOptions, repaired: Problem | undefined) {
  const print = (text: string) => void (options.fromHook || console.error(text));
  const log = (text: string) => print(`hall-monitor: ${text}`);
  const report = options.json ? (detail: string) => printProblem("stop", { code: "internal", detail }) : log;
  const limits = limitSources(config);
  const alertsWanted = alertSettings(config);
  const lostRows = await recoverLostRows(config);
  const pipeline = openDaemonPipeline(config, options);
  const beat = createBeat();
  raiseFound({ "lost rows": lostRows, repaired }, pipeline, log);
  if (options.json) pipeline.bus.subscribe("problem", ({ key, problem }) => printProblem(key, problem));
  const reader = openLazyReader(config.data_dir);
  const judged = createJudged(reader, pipeline.book, pipeline.store.changes);
  const token = randomBytes(32).toString("hex");
  const sampler = openSampler(config, limits, print);
  const presence = createPresence({
    config,
    beat,
    token,
    log: print,
    json: options.json,
    telemetry: pipeline.collector.telemetry,
    onLost: () => void leave(config, sampler),
  });
  const watchers = openWatchers(config, pipeline, { reader, beat, sampler, presence, alertsWanted, log });
  const loop = createReadingLoop(config, pipeline, beat);
  return { config, pipeline, reader, judged, beat, token, log, report, presence, loop, sampler, ...watchers };
}

type WatcherParts = {
  reader: Database;
  beat: Beat;
  sampler: ReturnType<typeof openSampler>;
  presence: ReturnType<typeof createPresence>;
  alertsWanted: ReturnType<typeof alertSettings>;
  log(text: string): void;
};

/** What observes the recording from outside: activity, received telemetry, the state of capture, alerts. */
function openWatchers(config: Config, pipeline: Pipeline, parts: WatcherParts) {
  const { reader, beat, sampler, presence, alertsWanted, log } = parts;
  const activity = openActivity(config, { reader, bus: pipeline.bus, beat });
  const otlp = openOtlp(config, pipeline.collector.telemetry, pipeline.capture);
  const capture = openCapture(config, pipeline, {
    reader,
    intake: otlp.deps.intake,
    activity: activity.view,
    beat,
    isBound: () => presence.url() !== null,
  });
  const alerts = openAlerts(alertsWanted, pipeline, {
    reader,
    time_zone: config.time_zone,
    path: config.limits.child_env.PATH ?? "",
    log,
    beat,
    ...(sampler && { limits: sampler }),
    activity: activity.view,
    capture: () => capture.state().agents,
  });
  return { activity, otlp, capture, alerts };
}

/** Findings from opening the database are reported as problems from the start. */
function raiseFound(
  found: Record<string, Problem | undefined>,
  { collector }: Pipeline,
  log: (text: string) => void,
): void {
  for (const [key, problem] of Object.entries(found))
    if (problem) {
      collector.telemetry.raise(key, problem);
      log(problem.detail);
    }
}

function openDaemonPipeline(config: Config, { fromHook, json }: RunOptions): Pipeline {
  const line = progressLine(process.stderr, !fromHook && !json);
  const pipeline: Pipeline = openPipeline(
    config,
    { live: { ...LIVE_ROWS, rows: config.batch_events }, history: HISTORY },
    () => line.show(pipeline.collector.progress.status()),
    json ? (entry) => console.error(JSON.stringify(entry)) : undefined,
  );
  return pipeline;
}

function printProblem(key: string, problem: Problem | null): void {
  const level = problem ? "warn" : "info";
  console.error(JSON.stringify({ level, message: "problem", key, ...problem }));
}

/** Nothing is cleaned up: files under its names may belong to another daemon by now. */
async function leave(config: Config, sampler: { stop(): Promise<void> } | undefined): Promise<void> {
  console.error(`hall-monitor: ${config.data_dir} was removed or replaced, so its daemon stops`);
  await Promise.race([sampler?.stop(), Bun.sleep(LEAVE_MS)]);
  process.exit(ERROR_CODES.data_directory_unusable.exit);
}
