import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { plainDays } from "../../store/archive-files.ts";
import { sealDay } from "../../store/archive-seal.ts";
import { ROOT, toEnd } from "../e2e/daemon.ts";
import { appendRecords, spoolRecord } from "../e2e/records.ts";
import { assistant, createWorld, jsonl, totals, transcript } from "../world.ts";

const user = (session: string, text: string, uuid: string) => ({
  type: "user",
  sessionId: session,
  uuid,
  timestamp: "2026-11-01T10:00:00.000Z",
  cwd: `/w/${session}`,
  message: { role: "user", content: text },
});
const answer = (session: string, text: string, n: number) =>
  assistant({
    sessionId: session,
    uuid: `a${session}${n}`,
    cwd: `/w/${session}`,
    requestId: `r${session}${n}`,
    message: {
      id: `msg_01${session}${n}`,
      content: [
        { type: "text", text },
        { type: "tool_use", id: `t${session}${n}`, name: "Bash", input: { command: `echo ${text}` } },
      ],
    },
    usage: { input_tokens: 100, output_tokens: 10 },
  });

/** Everything below the data directory, as bytes. */
function onDisk(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      return entry.name.endsWith(".zst")
        ? Bun.zstdDecompressSync(bytes).toString("latin1")
        : bytes.toString("latin1");
    })
    .join("\n");
}

test("T32 purge takes every word of a session out of database and archive; sums, other sessions and forks keep theirs", async () => {
  const world = createWorld();
  const { collector, archive } = world.pipeline;
  const shared = [user("S1", "sharedword in both", "u0")];
  world.write(
    transcript("S1"),
    jsonl(...shared, user("S1", "walrusprompt please", "u1"), answer("S1", "walrusanswer", 1)),
  );
  world.write(
    transcript("S2"),
    jsonl(...shared.map((l) => ({ ...l, sessionId: "S2" })), answer("S2", "otteranswer", 2)),
  );
  await world.read();
  await collector.drainTexts();
  while (archive.append(Date.now()));
  const [day] = plainDays(archive.folder);
  expect((await sealDay(archive.folder, day!, Date.now())).ok).toBe(true);
  const hook = (session: string, prompt: string) => ({
    session_id: session,
    hook_event_name: "UserPromptSubmit",
    cwd: "/w",
    prompt,
    prompt_id: "p1",
  });
  appendRecords(world.config.data_dir, [
    spoolRecord("e1", hook("S1", "walrushook é")),
    spoolRecord("e2", hook("S2", "otterhook")),
  ]);
  await world.read();
  const before = totals(world);
  const data = world.config.data_dir;
  world.pipeline.close();
  expect(onDisk(data)).toContain("walrusprompt");

  const env = { PATH: process.env.PATH, HOME: world.home, HALL_TIME_ZONE: "UTC" };
  const cli = (...args: string[]) => toEnd(join(ROOT, "cli/main.ts"), args, { cwd: world.home, env });
  expect((await cli("purge")).code).toBe(64);
  const dry = await cli("purge", "--session", "S1");
  expect(dry.stdout).toContain("would purge: 4 texts");
  expect(onDisk(data)).toContain("walrusprompt");
  const done = await cli("purge", "--session", "S1", "--write");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  const disk = onDisk(data);
  expect(disk).not.toContain("walrus");
  expect(disk).toContain("otterhook");
  expect((await cli("search", "walrusanswer")).code).toBe(1);
  expect((await cli("search", "otteranswer")).code).toBe(0);
  expect((await cli("session", "S2", "--transcript")).stdout).toContain("sharedword in both");

  // Read again from the client's own file, it stays out.
  expect((await cli("reindex", "--help")).code).toBe(0);
  const again = createWorld({ HOME: world.home });
  again.pipeline.collector.reindex(["claude"]);
  await again.read();
  await again.pipeline.collector.drainTexts();
  expect(totals(again)).toEqual(before);
  again.db.run("pragma wal_checkpoint(truncate)");
  expect(onDisk(data)).not.toContain("walrus");
  again.close();
  expect((await cli("verify")).code).toBe(0);
});
