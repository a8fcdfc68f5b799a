import type { Database } from "bun:sqlite";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CaptureFacts, createCaptureWatch } from "../collector/capture-watch.ts";
import { createLedger } from "../collector/ledger.ts";
import type { Intake } from "../collector/otlp/intake.ts";
import type { Capture } from "../schema/api-capture.ts";
import { MODE_WORDS } from "../schema/capture.ts";
import type { Config } from "../schema/config.ts";
import { type HookAgent, isHookAgent } from "../schema/names.ts";
import type { TelemetryAgent } from "../schema/telemetry.ts";
import { fileOrigin, forEachVendor, type VendorName } from "../schema/vendors.ts";
import { captureQueries } from "../store/queries/capture.ts";
import { openAppStreams } from "./app-streams.ts";
import { codexHooks } from "./install/codex-hooks.ts";
import { isOtelTarget, loadOtelState } from "./install/otel-state.ts";
import { installed, settingsPath } from "./install/settings.ts";
import type { Pipeline } from "./pipeline.ts";
import { REST_SCANS } from "./reading-loop.ts";

const LOOK_EVERY_MS = 2000;
/** What is installed changes by hand. */
const RECHECK_MS = 30_000;
const SWITCH_FILE = "capture.json";

type Options = { reader: Database; intake: Intake; isBound(): boolean };

/** Measures every two seconds what each source does; the mode of an agent follows from it and is reported when it changes. */
export function openCapture(config: Config, pipeline: Pipeline, { reader, intake, isBound }: Options) {
  const queries = captureQueries(reader);
  const ledger = createLedger();
  const watch = createCaptureWatch((event) => void pipeline.bus.record([event], {}));
  const streams = openAppStreams(config);
  let isEnabled = loadSwitch(config.data_dir);
  let checked = { at: 0, hooks: NO_HOOKS, otel: loadOtelState(config.data_dir) };
  let decided = pipeline.store.lastSeq();
  /** Which of two witnesses of a billed call holds: the transcript, once it shows it. */
  const unsubscribe = pipeline.bus.subscribe("committed", ({ seq }) => {
    for (const { origin, source, session_id, prompt_id, request_id } of queries.callsSince(decided))
      ledger.decide(
        { agent: source, session_id, turn_id: prompt_id, item_id: request_id, kind: "usage" },
        origin === "otlp" ? "otlp" : fileOrigin(source),
      );
    decided = seq;
  });

  function installation() {
    if (Date.now() - checked.at < RECHECK_MS) return checked;
    checked = { at: Date.now(), hooks: hooksOf(config), otel: loadOtelState(config.data_dir) };
    return checked;
  }

  function factsOf(agent: TelemetryAgent): CaptureFacts["agents"][TelemetryAgent] {
    const { hooks, otel } = installation();
    const roots = config.roots[agent];
    const present = roots.filter((root) => existsSync(root)).length;
    const last = queries.signsOf(agent);
    const problem = pipeline.collector.telemetry
      .problems()
      .find((p) => roots.some((root) => p.detail === `cannot list ${root}`));
    return {
      folders: {
        configured: roots.length,
        present,
        seen_before: last.growth !== null,
        unlisted: problem?.detail ?? null,
      },
      last_growth_unix_ms: last.growth,
      hooks: {
        ...hooks[agent],
        expected: hooks[agent].expected || last.hook !== null,
        last_unix_ms: last.hook,
      },
      otlp: {
        configured: isOtelTarget(agent) && otel[agent].state === "migrated",
        last_unix_ms: intake.lastRecord(agent) ?? last.telemetry,
      },
      last_statusline_unix_ms: last.statusline,
    };
  }

  const facts = (): CaptureFacts => ({
    now: Date.now(),
    last_scan_unix_ms: pipeline.collector.lastScan(),
    scan_interval_ms: REST_SCANS * config.scan_interval_ms,
    receiver_problem: isBound() ? null : "the receiver's port is in use by another program",
    is_stream_enabled: isEnabled,
    is_reading: !pipeline.collector.progress.status().done,
    agents: forEachVendor(factsOf),
    streams: streams.status(),
  });

  const look = () => {
    try {
      watch.look(facts());
    } catch {
      // A database that takes nothing is a problem of its own, and is reported by whoever writes.
    }
  };
  let timer: ReturnType<typeof setInterval> | undefined;

  return {
    state: watch.state,
    view(): Capture {
      const { agents, ...state } = watch.look(facts());
      return {
        ...state,
        words: MODE_WORDS[state.mode],
        is_stream_enabled: isEnabled,
        agents: agents.map((a) => ({ ...a, words: MODE_WORDS[a.mode] })),
        transitions: watch.transitions(),
        decisions: { counters: ledger.counters, recent: ledger.recent() },
        otlp: intake.counters(),
        stream: streams.status(),
      };
    },
    switchStream({ enabled, reset }: { enabled?: boolean | undefined; reset?: boolean | undefined }): void {
      if (enabled !== undefined && enabled !== isEnabled) {
        isEnabled = enabled;
        saveSwitch(config.data_dir, enabled);
        if (enabled) streams.start();
        else void streams.stop();
      }
      if (reset) streams.reset();
      look();
    },
    start(): void {
      if (isEnabled) streams.start();
      timer = setInterval(look, LOOK_EVERY_MS);
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      unsubscribe();
      await streams.stop();
    },
  };
}

type Installed = { expected: boolean; untrusted: boolean; script_gone: boolean };
const NONE: Installed = { expected: false, untrusted: false, script_gone: false };
const NO_HOOKS = forEachVendor(() => NONE);
const INSTALLED: Record<HookAgent, (config: Config) => Installed> = {
  claude: hooksOfClaude,
  codex: hooksOfCodex,
};

function hooksOf(config: Config): Record<VendorName, Installed> {
  return forEachVendor((name) => (isHookAgent(name) ? INSTALLED[name](config) : NONE));
}

/** Settings that cannot be read are doctor's business: capture goes by what arrives. */
function hooksOfClaude(config: Config): Installed {
  try {
    const found = installed(settingsPath(config));
    const commands = [...found.entries.values()];
    const script_gone = commands.some(
      (c) => c.args !== undefined && c.command.startsWith("/") && !existsSync(c.command),
    );
    const expected = !found.all_disabled && (found.plugin || commands.length > 0);
    return { expected, untrusted: false, script_gone };
  } catch {
    return NONE;
  }
}

function hooksOfCodex(config: Config): Installed {
  try {
    const found = codexHooks(config);
    if (!found) return NONE;
    const untrusted = found.untrusted.length === found.events.length;
    return { expected: !untrusted, untrusted, script_gone: !existsSync(join(found.root, "hooks/hall")) };
  } catch {
    return NONE;
  }
}

function loadSwitch(dataDir: string): boolean {
  try {
    const { stream_enabled } = JSON.parse(readFileSync(join(dataDir, SWITCH_FILE), "utf8")) as Record<
      string,
      unknown
    >;
    return stream_enabled !== false;
  } catch {
    return true;
  }
}

function saveSwitch(dataDir: string, stream_enabled: boolean): void {
  const path = join(dataDir, SWITCH_FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ stream_enabled })}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
