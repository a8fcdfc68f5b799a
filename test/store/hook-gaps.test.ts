import { afterEach, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { crc32 } from "node:zlib";
import { appendRecord, uuidV7 } from "../../hooks/append.ts";
import { hookGapQueries } from "../../store/queries/hook-gaps.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const START = Date.parse("2026-11-01T10:00:00.000Z");
const NOW = START + 3_600_000;
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

let world: World;
afterEach(() => world.close());

function hook(seconds: number, hook_event_name: string, more: object = {}): void {
  const spool = world.path(".local/share/hall-monitor/spool");
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  const unix_ms = START + seconds * 1000;
  const body = Buffer.from(JSON.stringify({ session_id: "S1", cwd: "/w/app", hook_event_name, ...more }));
  appendRecord(spool, { id: uuidV7(unix_ms), unix_ms }, { kind: "hook/1", body }, crc32);
}

function call(seconds: number, id: string, error?: string): object[] {
  const content = [{ type: "tool_use", id, name: "Read", input: { file_path: "/w/app/a" } }];
  const result = {
    type: "tool_result",
    tool_use_id: id,
    is_error: error !== undefined,
    content: error ?? "x",
  };
  return [
    assistant({ timestamp: at(seconds), requestId: `req_${id}`, message: { id: `msg_${id}`, content } }),
    {
      ...assistant({ timestamp: at(seconds + 1) }),
      type: "user",
      message: { role: "user", content: [result] },
    },
  ];
}

const refused = (seconds: number) =>
  assistant({
    timestamp: at(seconds),
    isApiErrorMessage: true,
    apiErrorStatus: 400,
    error: "unknown",
    message: { id: crypto.randomUUID(), model: "<synthetic>" },
  });

async function gaps(...lines: object[]) {
  world.write(transcript("S1"), jsonl(...lines));
  await world.read();
  const { session_pk } = world.one<{ session_pk: number }>(
    "select session_pk from sessions where source_session_id = 'S1'",
  );
  const queries = hookGapQueries(world.db);
  const [of, since] = [queries.of(session_pk, NOW), queries.since(START, NOW)];
  expect(since).toEqual(of ? [of] : []);
  return of;
}

test("C9 a session is complete when its every call and failed turn came with its hook", async () => {
  world = createWorld();
  hook(0, "SessionStart");
  for (const [seconds, name] of [
    [10, "PreToolUse"],
    [11, "PostToolUse"],
  ] as const)
    hook(seconds, name, { tool_name: "Read", tool_use_id: "t1" });
  hook(20, "StopFailure", { error: "unknown" });
  expect(await gaps(...call(10, "t1"), refused(20))).toEqual({ events: 4, missing: 0 });
});

test("C9 a call and a failed turn without their hooks are missing; what fires no hook is not", async () => {
  world = createWorld();
  hook(5, "SessionStart");
  hook(10, "PreToolUse", { tool_name: "Read", tool_use_id: "t1" });
  const lines = [
    // Before the plugin was there.
    ...call(1, "t0"),
    ...call(10, "t1"),
    ...call(20, "t2"),
    // The client refused to make it.
    ...call(30, "t3", "<tool_use_error>InputValidationError: Read failed</tool_use_error>"),
    refused(40),
    // A moment ago: its hook may be in the spool.
    ...call(3599, "t4"),
  ];
  expect(await gaps(...lines)).toEqual({ events: 2, missing: 2 });
});

test("C9 a session that no hook reported of is not called incomplete", async () => {
  world = createWorld();
  expect(await gaps(...call(10, "t1"), refused(20))).toBeNull();
});
