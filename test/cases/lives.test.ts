import { describe, expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { spoolHeader } from "../../schema/names.ts";
import { isCommandText } from "../../schema/prompts.ts";
import { sessionQueries, sessionState } from "../../store/queries/sessions.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const START = Date.UTC(2026, 10, 1, 10);
const iso = (ms: number) => new Date(START + ms).toISOString();
const SPOOL = ".local/share/hall-monitor/spool/202611011000.log";

let records = 0;
function hook(world: World, at: number, payload: Record<string, unknown>): void {
  const id = `e-${records++}`;
  const body = JSON.stringify({ session_id: "S1", cwd: "/w/app", ...payload });
  const bytes = Buffer.byteLength(body);
  const sum = crc32(body, crc32(`${spoolHeader("hook/1", id, START + at, bytes)}\n`))
    .toString(16)
    .padStart(8, "0");
  world.append(SPOOL, `hook/1 ${id} ${START + at} ${sum} ${bytes} ${body}\n`);
}
const user = (at: number, content: unknown, more: Record<string, unknown> = {}) => ({
  type: "user",
  uuid: crypto.randomUUID(),
  sessionId: "S1",
  timestamp: iso(at),
  message: { role: "user", content },
  ...more,
});
const boundary = (at: number) => ({
  type: "system",
  subtype: "compact_boundary",
  uuid: crypto.randomUUID(),
  sessionId: "S1",
  timestamp: iso(at),
  compactMetadata: { trigger: "manual", preTokens: 1000 },
});
const refusal = (at: number, id: string) =>
  user(at, [{ type: "tool_result", tool_use_id: id, is_error: true, content: "no" }], {
    toolDenialKind: "automode-unavailable",
  });
const count = (world: World, type: string) =>
  world.one<{ n: number }>("select count(*) as n from events where event_type = ?", type).n;

describe("one fact, one event", () => {
  for (const order of ["hook first", "transcript first", "together"])
    test(`I9.5 a compaction and a refusal are one event each, ${order}`, async () => {
      const world = createWorld();
      const steps = {
        hook() {
          hook(world, 1000, { hook_event_name: "PostCompact", trigger: "manual" });
          hook(world, 2000, {
            hook_event_name: "PermissionDenied",
            tool_name: "Bash",
            tool_use_id: "toolu_1",
          });
        },
        transcript: () => void world.append(transcript("S1"), jsonl(boundary(900), refusal(2100, "toolu_1"))),
      };
      if (order === "transcript first") steps.transcript();
      else steps.hook();
      if (order !== "together") await world.read();
      if (order === "transcript first") steps.hook();
      else steps.transcript();
      await world.read();
      expect([count(world, "compaction_completed"), count(world, "tool_rejected")]).toEqual([1, 1]);
      world.pipeline.collector.reindex(["claude"]);
      await world.read();
      expect([count(world, "compaction_completed"), count(world, "tool_rejected")]).toEqual([1, 1]);
      world.close();
    });

  test("I9.5 two compactions and two refusals stay two", async () => {
    const world = createWorld();
    world.write(
      transcript("S1"),
      jsonl(boundary(0), refusal(10, "toolu_1"), boundary(600_000), refusal(20, "toolu_2")),
    );
    hook(world, 100, { hook_event_name: "PostCompact", trigger: "manual" });
    hook(world, 600_100, { hook_event_name: "PostCompact", trigger: "manual" });
    await world.read();
    expect([count(world, "compaction_completed"), count(world, "tool_rejected")]).toEqual([2, 2]);
    world.close();
  });
});

describe("lives", () => {
  test("I9.5 a session that announced its end stays ended when the client writes a line 52 ms later", async () => {
    const world = createWorld();
    world.write(transcript("S1"), jsonl(user(0, "go"), assistant({ timestamp: iso(1000) })));
    hook(world, 2000, { hook_event_name: "SessionEnd", reason: "other" });
    world.append(transcript("S1"), jsonl(assistant({ timestamp: iso(2052), message: { id: "msg_01B" } })));
    await world.read();
    const queries = sessionQueries(world.db);
    expect(sessionState(queries.find("S1")!, START + 2100)).toBe("ended");
    expect(queries.latest({ state: "ended", now_unix_ms: START + 2100, limit: 9 })).toHaveLength(1);
    expect(queries.latest({ state: "active", now_unix_ms: START + 2100, limit: 9 })).toHaveLength(0);
    world.append(transcript("S1"), jsonl(user(60_000, "again")));
    await world.read();
    expect(sessionState(queries.find("S1")!, START + 61_000)).toBe("active");
    world.close();
  });

  test("H14 a fork knows its parent, its own start and its own prompts", async () => {
    const world = createWorld();
    const copied = [user(0, "first wish"), assistant({ timestamp: iso(1000), requestSessionId: "S1" })];
    world.write(transcript("S1"), jsonl(user(0, "first wish"), assistant({ timestamp: iso(1000) })));
    const own = [
      { type: "system", subtype: "stop_hook_summary", timestamp: iso(1100) },
      user(90_000, "another way"),
      assistant({ timestamp: iso(91_000), message: { id: "msg_01B" } }),
    ];
    world.write(
      transcript("S2"),
      jsonl(...[...copied, ...own].map((line) => ({ ...line, sessionId: "S2" }))),
    );
    await world.read();
    const fork = sessionQueries(world.db).find("S2")!;
    expect(fork).toMatchObject({
      parent_session_id: "S1",
      relation: "fork",
      started_unix_ms: START + 90_000,
    });
    expect(
      world.all(
        "select s.source_session_id as id, t.prompt from turns t join sessions s using (session_pk) order by 1",
      ),
    ).toEqual([
      { id: "S1", prompt: "first wish" },
      { id: "S2", prompt: "another way" },
    ]);
    world.close();
  });

  test("I9.5 commands of the client are no turns and no titles; a search finds the title that is shown", async () => {
    const texts = [
      "<command-name>/clear</command-name>\n            <command-message>clear</command-message>\n            <command-args></command-args>",
      "<command-message>stock</command-message>\n<command-name>/stock</command-name>\n<command-args>now</command-args>",
      "<local-command-stdout>Set model</local-command-stdout>",
      "<local-command-caveat>The command below",
      "/clear",
      "/compact keep the file list",
    ];
    for (const text of texts) expect([text, isCommandText(text)]).toEqual([text, true]);
    for (const text of [
      "/stock now",
      "clear the table",
      "/w/app/a.ts is broken",
      "<div> is not closed",
      "/clearance",
    ])
      expect([text, isCommandText(text)]).toEqual([text, false]);
    const world = createWorld();
    world.write(
      transcript("S1"),
      jsonl(
        ...texts.filter((text) => !text.includes("/stock")).map((text, i) => user(i, text)),
        { type: "custom-title", sessionId: "S1", customTitle: "/clear" },
        user(100, "mend the 100% clock"),
        assistant({ timestamp: iso(200) }),
      ),
    );
    hook(world, 50, { hook_event_name: "UserPromptSubmit", prompt_id: "p0", prompt: "/clear" });
    await world.read();
    expect(world.all("select prompt from turns")).toEqual([{ prompt: "mend the 100% clock" }]);
    const queries = sessionQueries(world.db);
    const found = (q: string) => queries.latest({ q, now_unix_ms: START, limit: 9 }).length;
    expect([found("100% clock"), found("MEND"), found("1000"), found("clear")]).toEqual([1, 1, 0, 0]);
    world.close();
  });
});

describe("durations of Codex", () => {
  const thread = "01a30000-0000-7000-8000-0000000000aa";
  const line = (at: number, type: string, payload: object) => ({ timestamp: iso(at), type, payload });
  const item = (at: number, id: string, nanos: number, started: number) =>
    line(at, "event_msg", {
      type: "item_completed",
      thread_id: thread,
      turn_id: "t1",
      started_at_ms: START + started,
      completed_at_ms: START + at,
      item: {
        type: "CommandExecution",
        id,
        command: ["/bin/bash", "-lc", "ls"],
        status: "completed",
        exit_code: 0,
        duration: { secs: 0, nanos },
      },
    });
  const call = (at: number, id: string) =>
    line(at, "response_item", { type: "function_call", name: "exec_command", call_id: id, arguments: "{}" });
  const output = (at: number, id: string, seconds: string) =>
    line(at, "response_item", {
      type: "function_call_output",
      call_id: id,
      output: `Wall time: ${seconds} seconds\nProcess exited with code 0\nOutput:\nx`,
    });

  test("I9.5 microseconds are no measure of a command: its own lines show what it took, a wait for a person is left out", async () => {
    const world = createWorld();
    world.write(
      `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${thread}.jsonl`,
      jsonl(
        line(0, "session_meta", { id: thread, cwd: "/w/app" }),
        line(1, "turn_context", { turn_id: "t1", model: "gpt-6-sol" }),
        ...[call(1000, "quick"), item(1054, "quick", 37_823, 1053), output(1063, "quick", "0.0000")],
        ...[call(2000, "slow"), item(37_080, "slow", 385_678_199, 2001), output(37_081, "slow", "35.0")],
        ...[call(40_000, "asked"), item(100_003, "asked", 7671, 100_000), output(100_010, "asked", "0.0000")],
        ...[call(200_000, "bare"), output(200_070, "bare", "0.0000")],
      ),
    );
    await world.read();
    const took = world.all<{ id: string; ms: number }>(
      "select tool_use_id as id, duration_ms as ms from tool_calls order by started_unix_ms",
    );
    expect(took).toEqual([
      { id: "quick", ms: 54 },
      { id: "slow", ms: 386 },
      { id: "asked", ms: 3 },
      { id: "bare", ms: 70 },
    ]);
    world.close();
  });
});
