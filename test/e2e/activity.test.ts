import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionActivity } from "../../schema/activity.ts";
import type { Session } from "../../schema/api-shapes.ts";
import { cli, startDaemon, tempHome, until } from "./daemon.ts";

const base = { session_id: "S1", cwd: "/w/shop", prompt_id: "p1" };
const bash = { ...base, tool_name: "Bash", tool_input: { command: "rm -rf build" } };

/** The `session` frames of the stream as they come in. */
async function frames(url: string, signal: AbortSignal): Promise<SessionActivity[]> {
  const found: SessionActivity[] = [];
  const answer = await fetch(`${url}/events`, { signal });
  void (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const bytes of answer.body!) {
        const blocks = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks)
          if (block.startsWith("event: session\n"))
            found.push(JSON.parse(block.slice(block.indexOf("data: ") + 6)) as SessionActivity);
      }
    } catch {
      // The test is over.
    }
  })();
  return found;
}

test("F040.A1 real hooks: a session that asks waits, in the API, on the stream and on the command line", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const ending = new AbortController();
  const seen = await frames(daemon.url, ending.signal);
  const states = () => seen.map((frame) => frame.activity.state);
  const fire = (event: string, payload: object) => home.fire(event, { ...payload, hook_event_name: event });

  expect(await cli(home, "waiting")).toMatchObject({ code: 0, stdout: "No sessions are waiting for you\n" });
  await fire("SessionStart", { ...base, source: "startup" });
  await fire("UserPromptSubmit", { ...base, prompt: "clean up" });
  await until("it works", () => states().includes("working"));
  await fire("PreToolUse", { ...bash, tool_use_id: "t1" });
  await fire("PermissionRequest", bash);
  await until("it waits", () => states().at(-1) === "waiting");
  expect(seen.at(-1)).toMatchObject({
    session_key: "claude:S1",
    activity: { waits_for: { kind: "permission", tool_name: "Bash", argument: "rm -rf build" } },
  });
  const [session] = await daemon.get<Session[]>("/api/sessions?activity=waiting");
  expect(session?.activity).toEqual(seen.at(-1)!.activity);
  const waits = await cli(home, "waiting");
  expect(waits.code).toBe(1);
  expect(waits.stdout).toContain("Bash: rm -rf build");
  expect((await cli(home, "waiting", "--longer-than", "3600")).code).toBe(0);
  const top = await cli(home, "top", "--once");
  expect(top.stdout).toContain("1 waiting · 0 working");
  expect(await (await fetch(`${daemon.url}/metrics`)).text()).toContain(
    'hall_sessions{source="claude",activity="waiting"} 1',
  );

  await fire("PostToolUse", { ...bash, tool_use_id: "t1", tool_response: "ok" });
  await until("it works again", () => states().at(-1) === "working");
  await fire("Stop", base);
  await until("it is done", () => states().at(-1) === "done");
  await fire("SessionEnd", { ...base, reason: "exit" });
  await until("it has ended", () => states().at(-1) === "ended");
  expect((await cli(home, "waiting")).code).toBe(0);
  ending.abort();
});

test("F040.A2 the registry alone: without a hook a session waits, works and ends with its process", async () => {
  using home = tempHome();
  const folder = join(home.path, ".claude/sessions");
  mkdirSync(folder, { recursive: true });
  const transcript = home.at(".claude/projects/-w-shop/S2.jsonl");
  const now = new Date().toISOString();
  writeFileSync(
    transcript,
    `${JSON.stringify({ type: "user", sessionId: "S2", uuid: "u1", timestamp: now, cwd: "/w/shop", message: { role: "user", content: "go" } })}\n`,
  );
  await using daemon = await startDaemon(home);
  const client = Bun.spawn(["sleep", "3600"]);
  const stat = readFileSync(`/proc/${client.pid}/stat`, "latin1");
  const procStart = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const claim = (status: string, waitingFor?: string) =>
    writeFileSync(
      join(folder, `${client.pid}.json`),
      JSON.stringify({
        pid: client.pid,
        sessionId: "S2",
        procStart,
        status,
        statusUpdatedAt: Date.now(),
        ...(waitingFor && { waitingFor }),
      }),
    );
  const state = async () => (await daemon.get<Session | undefined>("/api/sessions/claude:S2"))?.activity;
  claim("waiting", "permission prompt");
  await until("it waits", async () => (await state())?.state === "waiting");
  expect((await state())?.witness).toBe("registry");
  claim("busy");
  await until("it works", async () => (await state())?.state === "working");
  claim("idle");
  await until("it rests", async () => ["done", "idle"].includes((await state())?.state ?? ""));
  client.kill(9);
  await until("it has ended", async () => (await state())?.state === "ended");
});

test("H16 an unreadable registry folder or none harms nothing", async () => {
  using home = tempHome();
  writeFileSync(home.at(".claude/sessions"), "a file where a folder is expected");
  await using daemon = await startDaemon(home);
  await home.fire("UserPromptSubmit", { ...base, hook_event_name: "UserPromptSubmit", prompt: "hello" });
  await until(
    "the session is there",
    async () => (await daemon.get<Session[]>("/api/sessions")).length === 1,
  );
  expect((await daemon.status()).problems).toEqual([]);
});
