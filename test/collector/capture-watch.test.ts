import { expect, test } from "bun:test";
import {
  type AgentFacts,
  type CaptureFacts,
  createCaptureWatch,
  judgeCapture,
} from "../../collector/capture-watch.ts";
import type { MetricEvent } from "../../schema/events.ts";
import { forEachVendor } from "../../schema/vendors.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const agent = (over: Partial<AgentFacts> = {}): AgentFacts => ({
  folders: { configured: 1, present: 1, seen_before: true, unlisted: null },
  last_growth_unix_ms: NOW - 1000,
  sessions_working: 0,
  hooks: { expected: true, script_gone: false, last_unix_ms: NOW - 500 },
  otlp: { configured: false, last_unix_ms: null },
  last_statusline_unix_ms: null,
  ...over,
});
const idleAgent = agent({
  folders: { configured: 1, present: 0, seen_before: false, unlisted: null },
  hooks: { expected: false, script_gone: false, last_unix_ms: null },
});
const facts = (claude: Partial<AgentFacts> = {}, over: Partial<CaptureFacts> = {}): CaptureFacts => ({
  now: NOW,
  last_scan_unix_ms: NOW - 1000,
  scan_interval_ms: 3000,
  receiver_problem: null,
  is_stream_enabled: true,
  is_reading: false,
  agents: { ...forEachVendor(() => idleAgent), claude: agent(claude) },
  streams: [],
  ...over,
});
const source = (of: CaptureFacts, name: string) => judgeCapture(of).sources.find((s) => s.source === name)!;

test("D-01 an agent with growing files and arriving hooks is complete; one that is not there is left out", () => {
  const state = judgeCapture(facts());
  expect(state).toMatchObject({
    mode: "HYBRID_ACTIVE",
    agents: [{ agent: "claude", mode: "HYBRID_ACTIVE" }],
  });
  expect(source(facts(), "codex_rollouts").state).toBe("off");
});

test("D-05 a folder that is gone, cannot be listed or is not read is down with its reason, whatever is configured", () => {
  const gone = facts({ folders: { configured: 1, present: 0, seen_before: true, unlisted: null } });
  expect(judgeCapture(gone)).toMatchObject({
    mode: "FAILURE",
    agents: [{ reason: "its folder was deleted" }],
  });
  const unlisted = facts({
    folders: { configured: 1, present: 1, seen_before: true, unlisted: "cannot list /x" },
  });
  expect(judgeCapture(unlisted)).toMatchObject({ mode: "FAILURE", agents: [{ reason: "cannot list /x" }] });
  expect(source(facts({}, { last_scan_unix_ms: NOW - 10_000 }), "claude_transcripts").state).toBe("down");
});

test("D-05 telemetry that arrives is a history, too: without the folder nothing fails", () => {
  const state = judgeCapture(
    facts({
      folders: { configured: 1, present: 0, seen_before: true, unlisted: null },
      otlp: { configured: true, last_unix_ms: NOW - 1000 },
    }),
  );
  expect(state.agents[0]!.mode).not.toBe("FAILURE");
});

test("D-03 an agent that works while its hooks are silent lacks its live part; without work silence is healthy", () => {
  const silent = facts({ hooks: { expected: true, script_gone: false, last_unix_ms: NOW - 10 * MINUTE } });
  expect(judgeCapture(silent).mode).toBe("DEGRADED_STREAMING");
  expect(source(silent, "claude_hooks")).toMatchObject({
    state: "silent",
    reason: expect.stringContaining("sends no hook events"),
  });
  const idle = facts({
    last_growth_unix_ms: NOW - 60 * MINUTE,
    hooks: { expected: true, script_gone: false, last_unix_ms: NOW - 90 * MINUTE },
  });
  expect([judgeCapture(idle).mode, source(idle, "claude_hooks").state]).toEqual(["HYBRID_ACTIVE", "idle"]);
  expect(
    source(facts({ hooks: { expected: true, script_gone: true, last_unix_ms: null } }), "claude_hooks").state,
  ).toBe("down");
});

test("D-03 a session in a long tool call is working for every source of its agent, though no file grows", () => {
  const before = NOW - 10 * MINUTE;
  const of = facts({
    last_growth_unix_ms: before,
    sessions_working: 1,
    hooks: { expected: true, script_gone: false, last_unix_ms: before },
    otlp: { configured: true, last_unix_ms: before },
    last_statusline_unix_ms: before,
  });
  const { mode, sources } = judgeCapture(of);
  expect(mode).toBe("HYBRID_ACTIVE");
  expect(source(of, "claude_hooks")).toMatchObject({ state: "live", reason: "events arrive" });
  expect(source(of, "claude_transcripts").reason).toStartWith("1 session is working");
  const ofClaude = sources.filter((s) => !s.source.includes("codex") && s.state !== "off");
  expect(ofClaude.map((s) => s.reason).filter((reason) => reason === "no session is working")).toEqual([]);
  const silent = { expected: true, script_gone: false, last_unix_ms: before - 10 * MINUTE };
  expect(judgeCapture(facts({ sessions_working: 1, hooks: silent })).mode).toBe("DEGRADED_STREAMING");
});

test("D-03 hooks that are not installed, or not trusted, are the reason why only history is recorded, agent by agent", () => {
  const codex = (hooks: AgentFacts["hooks"]) =>
    judgeCapture({ ...facts(), agents: { ...forEachVendor(() => idleAgent), codex: agent({ hooks }) } })
      .agents;
  const none = { expected: false, script_gone: false, last_unix_ms: null };
  const history = { agent: "codex" as const, mode: "OTEL_ONLY" as const };
  expect(codex(none)).toEqual([
    { ...history, reason: "no hooks are installed: `hall-monitor install --codex`" },
  ]);
  expect(codex({ ...none, untrusted: true })).toEqual([
    { ...history, reason: expect.stringContaining("not trusted") },
  ]);
  expect(codex({ ...none, expected: true, untrusted: true, last_unix_ms: NOW - 500 })).toMatchObject([
    { mode: "HYBRID_ACTIVE" },
  ]);
});

test("D-25 a receiver without its port is down where an export is switched on, and the reason is in it", () => {
  const busy = facts(
    { otlp: { configured: true, last_unix_ms: null } },
    { receiver_problem: "the port is taken" },
  );
  expect(source(busy, "otlp_claude")).toMatchObject({ state: "down", reason: "the port is taken" });
  expect(judgeCapture(busy).mode).toBe("HYBRID_ACTIVE");
});

test("D-12 switched off, no live part is expected; switched on again, it is", () => {
  expect(judgeCapture(facts({}, { is_stream_enabled: false }))).toMatchObject({ mode: "OTEL_ONLY" });
  expect(judgeCapture(facts()).mode).toBe("HYBRID_ACTIVE");
});

test("D-06 each change is one transition and one event with from, to and reason; none without a change", () => {
  const events: MetricEvent[] = [];
  const watch = createCaptureWatch((event) => events.push(event));
  const silent = facts({ hooks: { expected: true, script_gone: false, last_unix_ms: NOW - 10 * MINUTE } });
  for (const of of [facts(), facts(), silent, silent, facts()]) watch.update(of);
  expect(watch.transitions().map((t) => [t.from, t.to])).toEqual([
    ["DEGRADED_STREAMING", "HYBRID_ACTIVE"],
    ["HYBRID_ACTIVE", "DEGRADED_STREAMING"],
  ]);
  expect(events.map((e) => [e.event_type, e.event_category, e.data])).toMatchObject([
    [
      "capture_mode_changed",
      "session",
      { agent: "claude", to: "DEGRADED_STREAMING", reason: expect.stringContaining("no hook event") },
    ],
    ["capture_mode_changed", "session", { to: "HYBRID_ACTIVE" }],
  ]);
});

test("D-06 while history is read, as after a database was rebuilt, no mode changes: what is stored does not show all", () => {
  const recorded: MetricEvent[] = [];
  const watch = createCaptureWatch((event) => recorded.push(event));
  watch.update(facts());
  const empty = {
    hooks: { expected: false, script_gone: false, last_unix_ms: null },
    last_growth_unix_ms: null,
  };
  expect(watch.update(facts(empty, { is_reading: true })).mode).toBe("OTEL_ONLY");
  watch.update(facts());
  expect(recorded).toEqual([]);
  watch.update(facts(empty));
  expect(recorded.map((event) => event.event_type)).toEqual(["capture_mode_changed"]);
});
