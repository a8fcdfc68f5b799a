import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "../../schema/api-types.ts";
import { FIXTURES, fireHook, HOOKS, SILENT } from "../hooks/fire.ts";
import { openStream } from "../viewer/sse.ts";
import { all, countStored, type Home, one, startDaemon, tempHome, until } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

type Payload = Record<string, unknown> & { hook_event_name: string };

const recorded = (prefix: string): Payload[] =>
  readdirSync(FIXTURES)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Payload);

/** Only what the client would call the hook for; several at a time, as parallel tools do. */
async function fireAll(home: Home, payloads: Payload[], atOnce: number): Promise<number> {
  const registered = payloads.filter((p) => p.hook_event_name in HOOKS);
  const waiting = registered.toReversed();
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop())
      expect(await home.fire(next.hook_event_name, next)).toMatchObject(SILENT);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return registered.length;
}

const hookEvents = (home: Home) =>
  one<{ n: number }>(home, "select count(*) as n from events where origin = 'hook'").n;
const identity = (p: Record<string, unknown>) =>
  JSON.stringify([p.hook_event_name, p.session_id, p.tool_use_id ?? null]);

test("F025.A1 a hook fired by the agent reaches a connected viewer", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const stream = await openStream(`${daemon.url}/events`);
  const payload = { session_id: "s1", hook_event_name: "SessionStart", cwd: "/w/shop", source: "startup" };
  expect(await home.fire("SessionStart", payload)).toMatchObject(SILENT);
  const [frame] = await stream.take(1);
  stream.close();
  expect(frame).toMatchObject({
    event: "metric",
    id: 1,
    data: { event_type: "session_started", session_key: "claude:s1" },
  });

  const curl = Bun.spawnSync(["curl", "-sf", `${daemon.url}/api/metrics?session_id=s1`]);
  const metrics = JSON.parse(curl.stdout.toString()) as Answer<"GET /api/metrics">;
  expect(metrics.data).toEqual([frame!.data as Answer<"GET /api/metrics">["data"][number]]);
  const sessions = await daemon.get<Answer<"GET /api/sessions">["data"]>("/api/sessions");
  expect(sessions).toMatchObject([{ session_key: "claude:s1", project: "shop", state: "active" }]);
  expect(await daemon.stop()).toBe(0);
});

test("F027.A2 every recorded payload of both clients is in the database exactly once", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const payloads = recorded("");
  const fired = await fireAll(home, payloads, 8);
  await until("all hook events are stored", () => hookEvents(home) >= fired);
  const stored = all<{ data: string; session_id: string; tool_use_id: string | null }>(
    home,
    "select data, source_session_id as session_id, tool_use_id from events join sessions using (session_pk) where origin = 'hook'",
  );
  const names = stored.map((row) => identity({ ...JSON.parse(row.data), ...row }));
  const wanted = payloads.filter((p) => p.hook_event_name in HOOKS).map(identity);
  expect(names.sort()).toEqual(wanted.sort());
  const { counters } = await daemon.status();
  expect(counters).toMatchObject({ duplicates: 0, rejects: 0 });
  // With what the daemon notes of itself.
  expect(counters.events_committed).toBeGreaterThanOrEqual(fired);
  expect(countStored(home)).toBe(fired);
});

test("H07 hooks alone pair the tool calls of a session and hang its sub-agent under it", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const payloads = recorded("329-01-tour-");
  const fired = await fireAll(home, payloads, 1);
  await until("all hook events are stored", () => hookEvents(home) === fired);
  const ended = payloads.filter((p) => /^PostToolUse(Failure)?$/.test(p.hook_event_name));
  const calls = all<{ tool_use_id: string; duration_ms: number; outcome: string }>(
    home,
    "select tool_use_id, duration_ms, outcome from tool_calls order by started_unix_ms",
  );
  const wanted = ended.map((p) => ({
    tool_use_id: p.tool_use_id,
    duration_ms: p.duration_ms,
    outcome: p.hook_event_name === "PostToolUse" ? "completed" : "failed",
  }));
  const inOrder = (rows: { tool_use_id: unknown }[]) =>
    rows.toSorted((a, b) => (String(a.tool_use_id) < String(b.tool_use_id) ? -1 : 1));
  expect(inOrder(calls)).toEqual(inOrder(wanted));
  expect(wanted.some((w) => w.outcome === "failed")).toBe(true);

  const [first] = payloads;
  const session = await daemon.get<Answer<"GET /api/sessions/:id">["data"]>(
    `/api/sessions/${first!.session_id}`,
  );
  const agent = payloads.find((p) => p.hook_event_name === "SubagentStart")!;
  expect(session).toMatchObject({ state: "ended", tool_calls: wanted.length, agents: 1 });
  expect(session.agent_list).toMatchObject([{ agent_id: agent.agent_id, agent_type: agent.agent_type }]);
  expect(session.agent_list[0]!.tool_calls).toBe(ended.filter((p) => p.agent_id === agent.agent_id).length);
});

test("H10 what hooks left while the daemon was stopped is there after its next start, once and in order", async () => {
  using home = tempHome();
  const before = await startDaemon(home);
  expect(await before.stop()).toBe(0);
  const ids = Array.from({ length: 1000 }, (_, i) => `toolu_${String(i).padStart(4, "0")}`);
  const byProcess = new Set(ids.filter((_, i) => i % 20 === 0));
  for (const id of ids)
    if (byProcess.has(id)) expect(await home.fire("PreToolUse", toolStarted("s1", id))).toMatchObject(SILENT);
    else appendRecords(home.data, [spoolRecord(`direct-${id}`, toolStarted("s1", id))]);
  await using daemon = await startDaemon(home);
  await until("all are stored", () => hookEvents(home) === ids.length);
  const rows = all<{ tool_use_id: string }>(
    home,
    "select tool_use_id from events where origin = 'hook' order by seq",
  );
  expect(rows.map((r) => r.tool_use_id)).toEqual(ids);
  expect((await daemon.status()).counters).toMatchObject({ duplicates: 0, rejects: 0, hook_events_lost: 0 });
});

test("F34 garbage on a hook's stdin is a counted reject, and its neighbours are stored", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const good = (id: string) => home.fire("PreToolUse", toolStarted("s1", id));
  const garbage: (string | Uint8Array)[] = [
    "not json {",
    Uint8Array.of(0xff, 0xfe, 0x00, 0x0d),
    "",
    "[1,2]",
    `"text"`,
  ];
  expect(await good("t0")).toMatchObject(SILENT);
  for (const [i, bytes] of garbage.entries()) {
    expect(await fireHook("Stop", bytes, { env: home.env })).toMatchObject(SILENT);
    expect(await good(`t${i + 1}`)).toMatchObject(SILENT);
  }
  await until("all good ones are stored", () => hookEvents(home) === garbage.length + 1);
  const status = await daemon.status();
  expect(status.counters.rejects).toBe(4);
  const rejects = all<{ reason: string }>(home, "select reason from rejects order by offset");
  expect(rejects.map((r) => r.reason)).toEqual([
    "invalid_json",
    "invalid_json",
    "unknown_shape",
    "unknown_shape",
  ]);
  expect(status.state).toBe("live");
});

test("F34 a payload with line breaks inside is an event like any other", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const pretty = JSON.stringify(toolStarted("s1", "t1"), null, 2);
  expect(await fireHook("PreToolUse", pretty, { env: home.env })).toMatchObject(SILENT);
  await until("it is stored", () => hookEvents(home) === 1);
  expect((await daemon.status()).counters.rejects).toBe(0);
});
