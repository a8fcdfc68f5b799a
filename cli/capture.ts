import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import type { ActivityView } from "../collector/activity/tracker.ts";
import type { Beat } from "../collector/beat.ts";
import { type CaptureFacts, createCaptureWatch } from "../collector/capture-watch.ts";
import { createLedger } from "../collector/ledger.ts";
import type { Intake } from "../collector/otlp/intake.ts";
import type { Capture } from "../schema/api-capture.ts";
import { MODE_WORDS } from "../schema/capture.ts";
import type { Config } from "../schema/config.ts";
import { DAY_MS } from "../schema/durations.ts";
import { fileOrigin, forEachVendor, type VendorName } from "../schema/vendors.ts";
import { captureQueries } from "../store/queries/capture.ts";
import { openAppStreams } from "./app-streams.ts";
import { loadSwitch, saveSwitch } from "./capture-switch.ts";
import { createInstallation } from "./install/installation.ts";
import { isOtelTarget } from "./install/otel-state.ts";
import type { Pipeline } from "./pipeline.ts";
import { REST_SCANS } from "./rest.ts";

const CHECK_MS = 2000;
/** Whatever happens ends the rest. */
const REST_CHECK_MS = 12_000;

type Ledger = ReturnType<typeof createLedger>;
type CaptureQueries = ReturnType<typeof captureQueries>;
type Options = {
  reader: Database;
  intake: Intake;
  activity: ActivityView;
  beat: Beat;
  isBound(): boolean;
};

/**
 * Measures the state of each source every two seconds, and every ten at rest; derives the mode of each agent and
 * reports its changes.
 */
export function openCapture(config: Config, pipeline: Pipeline, options: Options) {
  const { intake } = options;
  const queries = captureQueries(options.reader);
  const ledger = createLedger();
  const watch = createCaptureWatch((event) => void pipeline.bus.record([event], {}));
  const streams = openAppStreams(config);
  const unsubscribe = followCalls(pipeline, queries, ledger);
  const factsOf = createFacts(config, pipeline, queries, options);
  const stream = createStreamSwitch(config, streams);

  const facts = () => factsOf({ is_stream_enabled: stream.isEnabled(), streams: streams.status() });
  const check = () => {
    try {
      watch.update(facts());
    } catch {
      // A database that takes nothing is a separate problem, reported by the writer.
    }
  };
  let end = () => {};

  return {
    state: watch.state,
    view(): Capture {
      const { agents, ...state } = watch.update(facts());
      return {
        ...state,
        words: MODE_WORDS[state.mode],
        is_stream_enabled: stream.isEnabled(),
        agents: agents.map((a) => ({ ...a, words: MODE_WORDS[a.mode] })),
        transitions: watch.transitions(),
        decisions: { counters: ledger.counters, recent: ledger.recent() },
        otlp: intake.counters(),
        stream: streams.status(),
      };
    },
    switchStream(wish: StreamWish): void {
      stream.set(wish);
      check();
    },
    start(): void {
      if (stream.isEnabled()) streams.start();
      end = options.beat.every({ every_ms: CHECK_MS, rest_ms: REST_CHECK_MS, run: check });
    },
    async stop(): Promise<void> {
      end();
      unsubscribe();
      await streams.stop();
    },
  };
}

type StreamWish = { enabled?: boolean | undefined; reset?: boolean | undefined };

/** Whether the streams are enabled; kept across restarts. */
function createStreamSwitch(config: Config, streams: ReturnType<typeof openAppStreams>) {
  let isEnabled = loadSwitch(config.data_dir);
  return {
    isEnabled: () => isEnabled,
    set({ enabled, reset }: StreamWish): void {
      if (enabled !== undefined && enabled !== isEnabled) {
        isEnabled = enabled;
        saveSwitch(config.data_dir, enabled);
        if (enabled) streams.start();
        else void streams.stop();
      }
      if (reset) streams.reset();
    },
  };
}

/**
 * Which of two witnesses of a billed call is used: the transcript, once it contains the call. History has only one, and
 * would push current calls out of the ledger.
 */
function followCalls({ bus, store }: Pipeline, queries: CaptureQueries, ledger: Ledger): () => void {
  let decided = store.lastSeq();
  return bus.subscribe("committed", ({ seq }) => {
    for (const { origin, source, session_id, prompt_id, request_id } of queries.callsAfter(
      decided,
      Date.now() - DAY_MS,
    ))
      ledger.decide(
        { agent: source, session_id, turn_id: prompt_id, item_id: request_id, kind: "usage" },
        origin === "otlp" ? "otlp" : fileOrigin(source),
      );
    decided = seq;
  });
}

/** The facts from which each agent's mode is derived. */
function createFacts(config: Config, pipeline: Pipeline, queries: CaptureQueries, options: Options) {
  const { intake, activity, isBound } = options;
  const { collector } = pipeline;
  const installation = createInstallation(config);

  function folders(roots: string[], seen_before: boolean) {
    const present = roots.filter((root) => existsSync(root)).length;
    const problem = collector.telemetry
      .problems()
      .find((p) => roots.some((root) => p.detail === `cannot list ${root}`));
    return { configured: roots.length, present, seen_before, unlisted: problem?.detail ?? null };
  }

  const working = (name: VendorName) =>
    activity.all().filter((s) => s.activity.state === "working" && s.session_key.startsWith(`${name}:`))
      .length;

  function agent(name: VendorName): CaptureFacts["agents"][VendorName] {
    const { hooks, otel } = installation.now();
    const last = queries.signsOf(name);
    const expected = hooks[name].expected || last.hook !== null;
    return {
      folders: folders(config.roots[name], last.growth !== null),
      last_growth_unix_ms: last.growth,
      sessions_working: working(name),
      hooks: { ...hooks[name], expected, last_unix_ms: last.hook },
      otlp: {
        configured: isOtelTarget(name) && otel[name].state === "migrated",
        last_unix_ms: intake.lastRecord(name) ?? last.telemetry,
      },
      last_statusline_unix_ms: last.statusline,
    };
  }

  return (stream: Pick<CaptureFacts, "is_stream_enabled" | "streams">): CaptureFacts => ({
    now: Date.now(),
    last_scan_unix_ms: collector.lastScan(),
    scan_interval_ms: REST_SCANS * config.scan_interval_ms,
    receiver_problem: isBound() ? null : "the receiver's port is in use by another program",
    is_reading: !collector.progress.status().done,
    agents: forEachVendor(agent),
    ...stream,
  });
}
