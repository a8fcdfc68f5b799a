import type { CaptureMode, SourceReport, SourceState } from "../schema/capture.ts";
import { createEvent, type MetricEvent } from "../schema/event.ts";
import { VENDOR_NAMES, VENDORS, type Vendor, type VendorName } from "../schema/vendors.ts";
import { isHealthy, modeOf, worstMode } from "./capture-mode.ts";
import type { StreamStatus } from "./stream/app-stream.ts";

const MINUTE_MS = 60_000;
/** A file that grew this recently shows that the agent is working. */
const WORKING_MS = 2 * MINUTE_MS;
/** Exporters send once a minute by default. */
const EXPORT_MS = 2 * MINUTE_MS;
const STATUSLINE_MS = 10 * MINUTE_MS;
const MOST_TRANSITIONS = 100;

export type AgentFacts = {
  /** Configured folders, existing ones, and why one cannot be listed. */
  folders: { configured: number; present: number; seen_before: boolean; unlisted: string | null };
  last_growth_unix_ms: number | null;
  /** Sessions with the activity working, as in every list of sessions: a long tool call writes to no file. */
  sessions_working: number;
  /** `untrusted`: they are installed, and the agent skips them until a person trusts them. */
  hooks: { expected: boolean; untrusted?: boolean; script_gone: boolean; last_unix_ms: number | null };
  otlp: { configured: boolean; last_unix_ms: number | null };
  last_statusline_unix_ms: number | null;
};
export type CaptureFacts = {
  now: number;
  last_scan_unix_ms: number | null;
  scan_interval_ms: number;
  /** Null = the port is bound; else the reason. */
  receiver_problem: string | null;
  is_stream_enabled: boolean;
  /** History is being read, at the start or for a rebuilt database: the store is not complete yet. */
  is_reading: boolean;
  agents: Record<VendorName, AgentFacts>;
  streams: StreamStatus[];
};

export type AgentCapture = { agent: VendorName; mode: CaptureMode; reason: string };
export type CaptureState = { mode: CaptureMode; agents: AgentCapture[]; sources: SourceReport[] };
export type Transition = {
  time_unix_ms: number;
  agent: VendorName;
  from: CaptureMode;
  to: CaptureMode;
  reason: string;
};

type Judged = { state: SourceState; reason: string };
const of = (state: SourceState, reason: string): Judged => ({ state, reason });

/** State of every source, and mode of each agent, from measured facts. Pure. */
export function judgeCapture(facts: CaptureFacts): CaptureState {
  const sources: SourceReport[] = [];
  const agents: AgentCapture[] = [];
  for (const agent of VENDOR_NAMES) {
    const a = facts.agents[agent];
    const files = ofFiles(a, facts);
    const otlp = ofExports(a, facts);
    const hooks = ofHooks(agent, a, facts);
    const { file_origin, hooks_command, telemetry, has_statusline } = VENDORS[agent];
    sources.push({ source: `${agent}_${file_origin}s`, last_unix_ms: a.last_growth_unix_ms, ...files });
    if (hooks_command !== null)
      sources.push({ source: `${agent}_hooks`, last_unix_ms: a.hooks.last_unix_ms, ...hooks });
    if (telemetry !== null)
      sources.push({ source: `otlp_${agent}`, last_unix_ms: a.otlp.last_unix_ms, ...otlp });
    if (has_statusline)
      sources.push({
        source: "statusline",
        last_unix_ms: a.last_statusline_unix_ms,
        ...ofStatusline(a, facts),
      });
    if (files.state !== "off" || isHealthy(otlp.state))
      agents.push({ agent, ...judgeAgent(agent, files, otlp, hooks, facts) });
  }
  for (const s of facts.streams)
    sources.push({ source: `app_server:${s.account}`, last_unix_ms: s.last_message_unix_ms, ...ofStream(s) });
  return { mode: worstMode(agents.map((a) => a.mode)), agents, sources };
}

function judgeAgent(agent: VendorName, files: Judged, otlp: Judged, hooks: Judged, facts: CaptureFacts) {
  const streams = VENDORS[agent].has_app_server ? facts.streams : [];
  const expected = facts.is_stream_enabled && (hooks.state !== "off" || streams.length > 0);
  const baseline = isHealthy(files.state) || isHealthy(otlp.state);
  const stream = streams.length > 0 ? streams.every((s) => s.is_healthy) : isHealthy(hooks.state);
  const mode = modeOf({ baseline, expected, stream });
  return { mode, reason: reasonOf(mode, files, hooks, facts, streams) };
}

function reasonOf(
  mode: CaptureMode,
  files: Judged,
  hooks: Judged,
  facts: CaptureFacts,
  streams: StreamStatus[],
): string {
  if (mode === "FAILURE") return files.reason;
  if (mode === "HYBRID_ACTIVE") return "history and live events are recorded";
  if (mode === "OTEL_ONLY")
    return facts.is_stream_enabled ? hooks.reason : "live recording is off: `hall-monitor stream on`";
  const ill = streams.find((s) => !s.is_healthy);
  return ill ? `the app-server of ${ill.account} is ${ill.process}, login ${ill.auth}` : hooks.reason;
}

function ofFiles(a: AgentFacts, { now, last_scan_unix_ms, scan_interval_ms }: CaptureFacts): Judged {
  const { configured, present, seen_before, unlisted } = a.folders;
  if (configured === 0) return of("off", "turned off");
  if (unlisted) return of("down", unlisted);
  if (present === 0)
    return seen_before
      ? of("down", "its folder was deleted")
      : of("off", "the agent has no folder on this machine");
  if (last_scan_unix_ms !== null && now - last_scan_unix_ms > 3 * Math.max(scan_interval_ms, 1000))
    return of("down", "its folder has not been scanned for three intervals");
  return isGrowing(a, now)
    ? of("live", "its files are growing")
    : resting(a, "no file has grown for two minutes");
}

function isGrowing(a: AgentFacts, now: number): boolean {
  return a.last_growth_unix_ms !== null && now - a.last_growth_unix_ms < WORKING_MS;
}

/** `quiet`: a source reports nothing although a session is working, as in a long tool call. */
function resting({ sessions_working: working }: AgentFacts, quiet: string): Judged {
  if (working === 0) return of("idle", "no session is working");
  return of("idle", `${working === 1 ? "1 session is" : `${working} sessions are`} working, and ${quiet}`);
}

const UNTRUSTED = "its hooks are not trusted, so it skips them: see `hall-monitor doctor`";

function notInstalled({ hooks_command }: Vendor): string {
  return hooks_command === null ? "the agent has no hooks" : `no hooks are installed: \`${hooks_command}\``;
}

function ofHooks(agent: VendorName, a: AgentFacts, { now }: CaptureFacts): Judged {
  const { expected, untrusted, script_gone, last_unix_ms } = a.hooks;
  if (!expected) return of("off", untrusted ? UNTRUSTED : notInstalled(VENDORS[agent]));
  if (script_gone) return of("down", "the hook program does not exist: run `hall-monitor install` again");
  if (!isGrowing(a, now) && a.sessions_working === 0) return of("idle", "no session is working");
  const isReceiving = last_unix_ms !== null && last_unix_ms > (a.last_growth_unix_ms ?? 0) - WORKING_MS;
  return isReceiving
    ? of("live", "events arrive")
    : of(
        "silent",
        "the agent is working but sends no hook events: restart its session, or see `hall-monitor doctor`",
      );
}

function ofExports(a: AgentFacts, { now, receiver_problem }: CaptureFacts): Judged {
  const { configured, last_unix_ms } = a.otlp;
  const isReceiving = last_unix_ms !== null && now - last_unix_ms < EXPORT_MS;
  if (isReceiving) return of("live", "records arrive");
  if (!configured && last_unix_ms === null)
    return of("off", "turned off: `hall-monitor install --otel` turns it on");
  if (receiver_problem) return of("down", receiver_problem);
  return isGrowing(a, now) && a.last_growth_unix_ms! > (last_unix_ms ?? 0) + EXPORT_MS
    ? of("silent", "the agent is working but exports nothing: restart its session")
    : resting(a, "nothing is expected from it");
}

function ofStatusline(a: AgentFacts, { now }: CaptureFacts): Judged {
  const last = a.last_statusline_unix_ms;
  if (last === null) return of("off", "not set up");
  if (now - last < STATUSLINE_MS) return of("live", "lines arrive");
  return isGrowing(a, now)
    ? of("silent", "the agent is working but runs no status line")
    : resting(a, "it draws no status line");
}

function ofStream(s: StreamStatus): Judged {
  if (s.is_healthy) return of("live", "answers");
  if (s.process === "inactive") return of("off", "not started");
  return of("down", `${s.process}, login ${s.auth}`);
}

/**
 * Records every change of an agent's mode, once, with its reason; the first evaluation is not a change, and there is
 * none while history is incomplete.
 */
export function createCaptureWatch(record: (event: MetricEvent) => void) {
  const modes = new Map<VendorName, CaptureMode>();
  const transitions: Transition[] = [];
  let state: CaptureState = { mode: "FAILURE", agents: [], sources: [] };
  return {
    update(facts: CaptureFacts): CaptureState {
      state = judgeCapture(facts);
      if (facts.is_reading) return state;
      for (const { agent, mode, reason } of state.agents) {
        const from = modes.get(agent);
        modes.set(agent, mode);
        if (from === undefined || from === mode) continue;
        const transition = { time_unix_ms: facts.now, agent, from, to: mode, reason };
        transitions.unshift(transition);
        if (transitions.length > MOST_TRANSITIONS) transitions.pop();
        record(toEvent(transition));
      }
      return state;
    },
    state: () => state,
    transitions: (): Transition[] => transitions,
  };
}

function toEvent({ time_unix_ms, ...data }: Transition): MetricEvent {
  return createEvent(
    "capture_mode_changed",
    {
      event_id: `hall:capture:${data.agent}:${time_unix_ms}`,
      source: "hall",
      origin: "monitor",
      session_id: "",
      time_unix_ms,
    },
    data,
  );
}
