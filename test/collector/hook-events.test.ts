import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseHook } from "../../collector/hooks/hook-event.ts";
import { MetricEvent } from "../../schema/events.ts";
import { FIXTURES, fireHook, HOOKS, payloadOf, SILENT, spoolRecords, tempFolder } from "../hooks/fire.ts";

const STAMP = { event_id: "0195f0c0-0000-7000-8000-000000000001", time_unix_ms: 1_795_200_000_000 };
const ENVELOPE = { ...STAMP, agent: "claude" as const };
const recorded = readdirSync(FIXTURES).map((name) => ({
  name,
  payload: JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Record<string, unknown>,
}));

/** From the design's list of names; whatever is not here is `hook_other`. */
const EXPECTED: Record<string, string> = {
  SessionStart: "session_started",
  SessionEnd: "session_ended",
  UserPromptSubmit: "prompt_submitted",
  Stop: "turn_ended",
  StopFailure: "turn_ended",
  PreToolUse: "tool_started",
  PostToolUse: "tool_completed",
  PostToolUseFailure: "tool_failed",
  PermissionDenied: "tool_rejected",
  SubagentStart: "agent_started",
  SubagentStop: "agent_stopped",
  Notification: "notification",
  PreCompact: "compaction_started",
  PostCompact: "compaction_completed",
  PermissionRequest: "permission_requested",
};

type Sent = MetricEvent & { data: Record<string, unknown> };

function eventOf(payload: object): Sent {
  const handled = parseHook({ session_id: "s1", ...payload }, ENVELOPE);
  if (!handled.ok) throw new Error(handled.detail);
  return handled.event as Sent;
}

test("F012.A1 F013.A1 F014.A1 F015.A1 F016.A1 F027.A1 every recorded payload of both clients maps to its event and loses no field", () => {
  expect(recorded.length).toBeGreaterThan(700);
  for (const { name, payload } of recorded) {
    const handled = parseHook(payload, ENVELOPE);
    if (!handled.ok) throw new Error(`${name}: ${handled.detail}`);
    const { event } = handled;
    expect(MetricEvent.parse(event)).toEqual(event);
    const hook = payload.hook_event_name as string;
    const isCompaction = hook === "SubagentStop" && payload.agent_type === "";
    expect(`${name} ${event.event_type}`).toBe(
      `${name} ${isCompaction ? "hook_other" : (EXPECTED[hook] ?? "hook_other")}`,
    );
    expect(event).toMatchObject({
      ...STAMP,
      source: "claude",
      origin: "hook",
      project_path: payload.cwd as string,
    });
    const shown: Record<string, unknown> = { ...event.data, ...event };
    for (const field of Object.keys(payload))
      expect(`${name} ${field} ${field in shown}`).toBe(`${name} ${field} true`);
  }
});

test("F027.A2 every recorded payload comes through hook, spool and reader unchanged", async () => {
  using data = tempFolder();
  const waiting = [...recorded];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      // The line is the same for all events; those that are never registered are sent by way of another.
      const event = String(next.payload.hook_event_name);
      const by = event in HOOKS ? event : "Stop";
      const fired = await fireHook(by, `${JSON.stringify(next.payload)}\n`, {
        env: { HALL_DATA_DIR: data.path },
      });
      expect(fired).toMatchObject(SILENT);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const records = spoolRecords(data.path);
  const bodies = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();
  expect(bodies(records.map((record) => payloadOf(record, data.path)))).toEqual(
    bodies(recorded.map((r) => r.payload)),
  );
  for (const record of records)
    expect(parseHook(payloadOf(record, data.path), record)).toMatchObject({ ok: true });
});

test("F013.A2 UserPromptSubmit keeps the prompt, its id and the permission mode", () => {
  const event = eventOf({
    hook_event_name: "UserPromptSubmit",
    prompt: "hi",
    prompt_id: "p1",
    permission_mode: "plan",
    cwd: "/w",
  });
  expect(event).toMatchObject({ event_type: "prompt_submitted", event_category: "user", prompt_id: "p1" });
  expect(event.data).toEqual({
    hook_event_name: "UserPromptSubmit",
    prompt: "hi",
    permission_mode: "plan",
    cwd: "/w",
  });
});

test("F014.A2 H07 PostToolUse keeps the client's own duration and reports what came back", () => {
  const event = eventOf({
    hook_event_name: "PostToolUse",
    tool_name: "Bash",
    tool_use_id: "toolu_1",
    tool_input: { command: "ls" },
    tool_response: { stdout: "a" },
    duration_ms: 12,
  });
  expect(event).toMatchObject({ tool_name: "Bash", tool_use_id: "toolu_1", event_category: "tool" });
  expect(event.data).toEqual({
    hook_event_name: "PostToolUse",
    tool_input: { command: "ls" },
    tool_response: { stdout: "a" },
    duration_ms: 12,
    response_type: "object",
    response_bytes: 14,
    response_preview: '{"stdout":"a"}',
  });
  const types = [[], "text", null, undefined].map((tool_response) =>
    eventOf({ hook_event_name: "PostToolUse", tool_response }),
  );
  expect(types.map((e) => e.data.response_type)).toEqual(["array", "string", "null", "none"]);
});

test("F016.A2 PermissionRequest counts what the client suggests", () => {
  const permission = (permission_suggestions?: unknown) =>
    eventOf({ hook_event_name: "PermissionRequest", permission_suggestions }).data;
  expect(permission([{}, {}])).toMatchObject({ has_suggestions: true, suggestion_count: 2 });
  expect(permission()).toMatchObject({ has_suggestions: false, suggestion_count: 0 });
});

test("F015.A2 a compaction's SubagentStop is no agent, a real one is", () => {
  const stop = (agent_type: string) =>
    eventOf({ hook_event_name: "SubagentStop", agent_id: "a1", agent_type });
  expect(stop("Explore")).toMatchObject({
    event_type: "agent_stopped",
    agent_id: "a1",
    data: { agent_type: "Explore" },
  });
  expect(stop("")).toMatchObject({ event_type: "hook_other", data: { agent_id: "a1" } });
  expect(stop("").agent_id).toBeUndefined();
});

test("F016.A3 H08 an event name of the future is kept with its payload", () => {
  const handled = parseHook({ hook_event_name: "BrandNewEvent", x: { y: 1 } }, ENVELOPE);
  expect(handled).toMatchObject({
    ok: true,
    event: {
      event_type: "hook_other",
      session_id: "",
      data: { hook_event_name: "BrandNewEvent", x: { y: 1 } },
    },
  });
});

test("F016 an event of Codex is Codex's, by the carrier's word or by the rollout that it names", () => {
  const payload = { hook_event_name: "PreModelRequest", session_id: "t1", transcript_path: "/h/t1.jsonl" };
  const codex = parseHook(payload, { ...STAMP, agent: "codex" });
  expect(codex).toMatchObject({
    ok: true,
    event: { source: "codex", event_type: "hook_other", session_id: "t1" },
  });
  expect(eventOf(payload).source).toBe("claude");
  const rollout = "/h/.codex/sessions/2026/11/27/rollout-2026-11-27T05-00-00-t1.jsonl";
  expect(eventOf({ ...payload, transcript_path: rollout }).source).toBe("codex");
  expect(eventOf({ ...payload, transcript_path: `${rollout}.zst` }).source).toBe("codex");
});

test("F012.A2 H14 SessionStart keeps its source", () => {
  expect(eventOf({ hook_event_name: "SessionStart", source: "fork" }).data.source).toBe("fork");
});

test("F016 what is no hook payload is rejected with a reason", () => {
  const wrong = [
    null,
    1,
    "text",
    [],
    {},
    { hook_event_name: "Stop" },
    { session_id: "s1" },
    { hook_event_name: 1, session_id: "s" },
  ];
  for (const payload of wrong)
    expect(parseHook(payload, ENVELOPE)).toMatchObject({ ok: false, reason: "unknown_shape" });
});

test("F016 a field of an unexpected type does not cost the event and is kept", () => {
  const event = eventOf({
    hook_event_name: "PreToolUse",
    cwd: 5,
    tool_name: ["Bash"],
    agent_id: "",
    prompt_id: null,
  });
  expect(event.data).toEqual({
    hook_event_name: "PreToolUse",
    cwd: 5,
    tool_name: ["Bash"],
    agent_id: "",
    prompt_id: null,
  });
  expect(MetricEvent.parse(event)).toEqual(event);
});

test("F012.A5 a declared field of another kind costs neither the event nor itself, and nothing reads it", () => {
  const hook = {
    session_id: "s1",
    hook_event_name: "PostToolUseFailure",
    tool_use_id: "toolu_1",
    tool_input: "rm",
    duration_ms: "soon",
    error: { code: 1 },
    is_interrupt: false,
  };
  const parsed = parseHook(hook, ENVELOPE);
  if (!parsed.ok) throw new Error(parsed.detail);
  expect(parsed.event.data).toEqual({
    hook_event_name: "PostToolUseFailure",
    is_interrupt: false,
    unexpected: { tool_input: "rm", duration_ms: "soon", error: { code: 1 } },
  } as Sent["data"]);
  expect(MetricEvent.parse(parsed.event)).toEqual(parsed.event);
  expect(parsed.observations.tool_calls).toEqual([
    {
      tool_key: "claude:toolu_1",
      source: "claude",
      session_id: "s1",
      agent_id: "",
      tool_use_id: "toolu_1",
      ended_unix_ms: ENVELOPE.time_unix_ms,
      outcome: "failed",
    },
  ]);
});

test("F014.A3 a long text is cut at 2,000 characters, and its size is beside it", () => {
  const { data } = eventOf({
    hook_event_name: "PreToolUse",
    tool_input: { content: `${"x".repeat(1999)}\u{1f600}ü` },
  });
  expect(data.tool_input).toEqual({ content: `${"x".repeat(1999)}…`, content_bytes: 2005 });
});

test("F016 whatever an agent sends, data is at most 16 KiB and the event is valid", () => {
  const text = fc.oneof(
    fc.string(),
    fc.nat(60_000).map((n) => "ü\n".repeat(n)),
    fc.constantFrom("__proto__", "constructor"),
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      text,
      fc.integer(),
      fc.constant(null),
      fc.array(tie("node"), { maxLength: 80 }),
      fc.dictionary(text, tie("node")),
    ),
  })).node;
  fc.assert(
    fc.property(
      fc.dictionary(text, tree, { maxKeys: 150 }),
      fc.constantFrom("Stop", "PostToolUse", "New"),
      (fields, name) => {
        const event = eventOf({ ...fields, session_id: "s1", hook_event_name: name });
        expect(Buffer.byteLength(JSON.stringify(event.data))).toBeLessThanOrEqual(16 * 1024);
        expect(event.data.hook_event_name).toBe(name);
        expect(MetricEvent.safeParse(event).success).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test("F016 a payload nested 100,000 deep is an event like any other", () => {
  let deep: unknown = {};
  for (let i = 0; i < 100_000; i++) deep = { deep };
  const started = performance.now();
  expect(eventOf({ hook_event_name: "PostToolUse", tool_response: deep }).event_type).toBe("tool_completed");
  expect(performance.now() - started).toBeLessThan(5000);
});
