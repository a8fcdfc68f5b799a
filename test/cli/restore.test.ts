import { expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { archiveFolder } from "../../store/database.ts";
import { claudeConversation, linesOf } from "../collector/restore/conversations.ts";
import { ROOT, toEnd } from "../e2e/daemon.ts";
import { archiveAll, putCorpus } from "../store/archive-corpus.ts";
import { agentTranscript, assistant, createWorld, jsonl, totals, transcript, type World } from "../world.ts";

const DAY = Date.parse("2026-11-21T12:00:00Z");
const SECRET = `sk-ant-api03-${"Ab3dE9fGh1".repeat(9)}AA`;

function cliOf(world: World, more: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, HOME: world.home, HALL_TIME_ZONE: "UTC", ...more };
  return (...args: string[]) => toEnd(join(ROOT, "cli/main.ts"), args, { cwd: world.home, env });
}

const user = (content: unknown, more: object = {}) => ({
  type: "user",
  sessionId: "S1",
  uuid: crypto.randomUUID(),
  timestamp: "2026-11-01T10:00:00.000Z",
  cwd: "/w/app",
  message: { role: "user", content },
  ...more,
});

async function readAll(world: World): Promise<void> {
  await world.read();
  await world.pipeline.collector.drainTexts();
}

async function recorded(env: Record<string, string> = {}): Promise<World> {
  const world = createWorld(env);
  world.write(
    transcript("S1"),
    jsonl(
      user(`paint the fence with ${SECRET}`),
      assistant({
        parentUuid: "none",
        message: {
          content: [
            { type: "thinking", thinking: "green would do", signature: "c2ln" },
            { type: "text", text: "x".repeat(70_000) },
            { type: "tool_use", id: "t1", name: "Read", input: { file_path: "/w/app/fence.txt" } },
          ],
        },
        usage: { input_tokens: 10, output_tokens: 5 },
      }),
      user([{ type: "tool_result", tool_use_id: "t1", content: "old paint" }]),
    ),
  );
  world.write(
    agentTranscript("S1", "a1"),
    jsonl(user("count the boards", { agentId: "a1", isSidechain: true })),
  );
  await readAll(world);
  return world;
}

test("F041.A6 restoring: only on request, only where nothing is, for its owner alone; what is left out is named", async () => {
  const world = await recorded();
  const cli = cliOf(world);
  const file = world.path(transcript("S1"));
  const there = await cli("restore", "S1");
  expect([there.code, there.stderr]).toEqual([64, expect.stringContaining("exists and is not overwritten")]);
  rmSync(dirname(file), { recursive: true });

  const dry = await cli("restore", "S1", "--dry-run");
  expect([dry.code, existsSync(file)]).toEqual([0, false]);
  expect(dry.stdout).toContain(`would restore: 6 texts of claude:S1`);
  expect(dry.stdout).toContain("1 text of reasoning left out; 1 text truncated; 1 text partly redacted");

  const json = JSON.parse((await cli("restore", "S1", "--json")).stdout);
  expect(json).toMatchObject({
    session_key: "claude:S1",
    texts: 6,
    is_written: true,
    resume: "claude --resume S1",
    left_out: { thinking: 1, images: 0, cut: 1, redacted: 1 },
  });
  expect(json.files.map((f: { path: string }) => f.path)).toEqual([
    world.path(agentTranscript("S1", "a1")),
    file,
  ]);
  expect([file, world.path(agentTranscript("S1", "a1"))].map((p) => statSync(p).mode & 0o777)).toEqual([
    0o600, 0o600,
  ]);
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain(SECRET);
  expect(text).toContain("[redacted:anthropic_key]");
  expect(text).toContain("[cut: 65536 of 70000 characters were kept]");
  expect(text).not.toContain("green would do");
  expect((await cli("restore", "S1")).code).toBe(64);
  world.close();
});

test("F041.A6 restoring: an id that leads elsewhere writes nothing there", async () => {
  const world = createWorld();
  const lines = (sessionId: string, agentId?: string) =>
    jsonl(user("hello", { sessionId, ...(agentId && { agentId, isSidechain: true }) }));
  world.write(transcript("S1"), lines("S1") + lines("../../../evil") + lines("S1", "../../../../evil"));
  await readAll(world);
  rmSync(dirname(world.path(transcript("S1"))), { recursive: true });
  const cli = cliOf(world);
  const evil = await cli("restore", "claude:../../../evil");
  expect([evil.code, evil.stderr]).toEqual([69, expect.stringContaining("cannot be used as a file name")]);
  const good = JSON.parse((await cli("restore", "S1", "--json")).stdout);
  expect(good.files.map((f: { path: string }) => f.path)).toEqual([world.path(transcript("S1"))]);
  world.close();
});

test("F041.A5 a conversation that an earlier version has stored comes back in the order of time", async () => {
  const world = createWorld();
  const at = (second: number) => ({ timestamp: `2026-11-01T10:00:0${second}.000Z` });
  world.write(
    transcript("S1"),
    jsonl(
      user("paint the fence", at(0)),
      assistant({ ...at(1), message: { content: [{ type: "text", text: "It is green." }] } }),
      user("thanks", at(2)),
    ),
  );
  await readAll(world);
  // Until schema 11 a text had none of these, and the order of its number was not that of the file.
  world.db.run("update texts set response_id = null, record = null, follows = null, text_pk = 100 - text_pk");
  rmSync(dirname(world.path(transcript("S1"))), { recursive: true });
  expect((await cliOf(world)("restore", "S1")).code).toBe(0);
  const lines = linesOf(readFileSync(world.path(transcript("S1")), "utf8"));
  expect(claudeConversation(lines)).toEqual([
    { role: "user", parts: ["paint the fence"] },
    { role: "assistant", parts: ["It is green."] },
    { role: "user", parts: ["thanks"] },
  ]);
  world.close();
});

test("F041.A5 a fork of what was written back has the whole conversation, and is written back itself", async () => {
  const world = await recorded();
  const file = world.path(transcript("S1"));
  const before = totals(world);
  rmSync(dirname(file), { recursive: true });
  expect((await cliOf(world)("restore", "S1")).code).toBe(0);
  const lines = linesOf(readFileSync(file, "utf8"));
  // As the client copies them: with every field that it does not know.
  const fork = lines.map((line) => ({ ...line, sessionId: "S2" }));
  const last = lines.at(-1)!.uuid;
  world.write(transcript("S2"), jsonl(...fork, user("go on", { sessionId: "S2", parentUuid: last })));
  await readAll(world);
  expect(totals(world)).toEqual(before);
  rmSync(world.path(transcript("S2")));
  expect((await cliOf(world)("restore", "S2")).code).toBe(0);
  const again = claudeConversation(linesOf(readFileSync(world.path(transcript("S2")), "utf8")));
  expect(again.at(-1)).toEqual({ role: "user", parts: ["go on"] });
  const ids = (messages: typeof again) => messages.map(({ role, parts }) => [role, parts.length]);
  expect(ids(again.slice(0, -1))).toEqual(ids(claudeConversation(lines)));
  world.close();
});

test("F041.A6 restoring: what was purged does not come back", async () => {
  const world = await recorded();
  world.pipeline.close();
  const cli = cliOf(world);
  expect((await cli("purge", "--session", "S1", "--write")).code).toBe(0);
  rmSync(dirname(world.path(transcript("S1"))), { recursive: true });
  const gone = await cli("restore", "S1");
  expect([gone.code, gone.stderr]).toEqual([69, expect.stringContaining("it was purged")]);
  rmSync(world.home, { recursive: true });
});

test("F041.A5 what is written back is not counted again; what is added to it is", async () => {
  const world = await recorded();
  const file = world.path(transcript("S1"));
  const before = totals(world);
  rmSync(dirname(file), { recursive: true });
  await readAll(world);
  expect((await cliOf(world)("restore", "S1")).code).toBe(0);
  await readAll(world);
  expect(totals(world)).toEqual(before);
  expect(world.one("select lines from ignored_lines where kind = 'restored'")).toEqual({ lines: 4 });
  const answer = assistant({ message: { id: "msg_01B" }, requestId: "req_01B", usage: { output_tokens: 3 } });
  appendFileSync(file, jsonl(answer));
  await readAll(world);
  expect(totals(world)).toMatchObject({ requests: 2, output: 8 });
  expect(world.one("select count(*) as n from texts where agent_id = ''")).toEqual({ n: 6 });
  world.close();
});

test("F041.A6 restoring without a word, without a session and without a name: what is wrong, and the fix", async () => {
  const world = await recorded({ HALL_CAPTURE: "metadata" });
  const cli = cliOf(world, { HALL_CAPTURE: "metadata" });
  const nothing = await cli("restore", "S1");
  expect([nothing.code, nothing.stderr]).toEqual([69, expect.stringContaining("HALL_CAPTURE was metadata")]);
  const asJson = await cli("restore", "S1", "--json");
  expect(JSON.parse(asJson.stderr)).toMatchObject({ code: "no_data" });
  expect((await cli("restore", "S7")).code).toBe(69);
  expect((await cli("restore")).code).toBe(64);
  const help = await cli("restore", "--help");
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("--dry-run")]);
  world.close();
});

test("F041.A5 rebuilt from the archive alone, every conversation is written back the same", async () => {
  const world = createWorld({ HALL_CAPTURE: "full" });
  putCorpus(world.home, world.config.data_dir);
  await readAll(world);
  const keys = world
    .all<{ key: string }>(
      `select source || ':' || source_session_id as key from sessions s
       where exists (select 1 from texts x where x.session_pk = s.session_pk and x.role <> 'thinking') order by 1`,
    )
    .map(({ key }) => key)
    .filter((_, i) => i % 3 === 0);
  archiveAll(world, DAY);
  expect(existsSync(archiveFolder(world.config.data_dir))).toBe(true);
  world.pipeline.close();
  for (const folder of [".claude", ".codex"]) rmSync(world.path(folder), { recursive: true });
  const cli = cliOf(world, { HALL_CAPTURE: "full" });
  const restored = async () => {
    const texts: Record<string, string> = {};
    for (const key of keys) {
      const { code, stdout, stderr } = await cli("restore", key, "--json");
      expect([key, code, stderr]).toEqual([key, 0, ""]);
      for (const { path } of JSON.parse(stdout).files) texts[path] = readFileSync(path, "utf8");
    }
    for (const folder of [".claude", ".codex"]) rmSync(world.path(folder), { recursive: true });
    return texts;
  };
  const before = await restored();
  expect(Object.keys(before).length).toBeGreaterThanOrEqual(keys.length);
  const rebuilt = await cli("rebuild");
  expect([rebuilt.code, rebuilt.stderr]).toEqual([0, ""]);
  expect(await restored()).toEqual(before);
  expect(linesOf(Object.values(before)[0]!).length).toBeGreaterThan(0);
  rmSync(world.home, { recursive: true });
});
