import { expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { countRollupDifferences } from "../../store/rollups.ts";
import { dump, putCorpus } from "../store/archive-corpus.ts";
import { all, cli, type Home, OWN_NOTES, startDaemon, tempHome, until } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const DAY_MS = 86_400_000;

const database = (home: Home) => join(home.data, "hall.db");
const archive = (home: Home) => join(home.data, "archive");

/** Bytes that are in the spool and in no row yet. */
function unread(home: Home): number {
  const read = new Map(
    all<{ path: string; offset: number }>(home, "select path, offset from files").map((f) => [
      f.path,
      f.offset,
    ]),
  );
  const segments = readdirSync(join(home.data, "spool"))
    .filter((name) => name.endsWith(".log"))
    .map((name) => join(home.data, "spool", name));
  return segments.reduce((sum, path) => sum + statSync(path).size - (read.get(path) ?? 0), 0);
}

/** A daemon reads everything that is there, and ends. */
async function record(home: Home, env: Record<string, string> = {}): Promise<void> {
  const daemon = await startDaemon(home, env);
  await until("history is read", async () => (await daemon.status()).backfill.done);
  await until("the spool is read", () => unread(home) === 0);
  const unreadTexts = async () =>
    (await daemon.get<{ unread_files: number }>("/api/search?q=word")).unread_files;
  await until("texts of a conversation is read", async () => (await unreadTexts()) === 0);
  expect(await daemon.stop()).toBe(0);
}

async function recorded(): Promise<Home> {
  const home = tempHome();
  putCorpus(home.path, home.data);
  await record(home);
  return home;
}

function deleteSources(home: Home, keepEvery = 0): number {
  const files = [join(home.path, ".claude"), join(home.path, ".codex"), join(home.data, "spool")]
    .flatMap((root) =>
      (readdirSync(root, { recursive: true, encoding: "utf8" }) as string[]).map((name) => join(root, name)),
    )
    .filter((path) => /\.(jsonl|zst|log)$/.test(path))
    .sort();
  const gone = files.filter((_, i) => keepEvery === 0 || i % keepEvery !== 0);
  for (const path of gone) rmSync(path);
  return gone.length;
}

function same(before: ReturnType<typeof dump>, after: ReturnType<typeof dump>): void {
  for (const table of Object.keys(before)) expect([table, after[table]]).toEqual([table, before[table]]);
}

test("F036.A3 F9 D-30 half of the sources are gone, the database is damaged: rebuild gives every row and sum back", async () => {
  using home = await recorded();
  const before = home.read(dump);
  expect(deleteSources(home, 2)).toBeGreaterThan(10);
  const damaged = readFileSync(database(home));
  damaged.fill(0x41, 0, 100);
  writeFileSync(database(home), damaged);
  const { code, stdout, stderr } = await cli(home, "rebuild", "--json");
  expect([code, stderr]).toEqual([0, ""]);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    archive: { damaged_lines: 0, events: before.events!.length, requests: before.requests!.length },
    sources: { requests: 0, events: 0 },
    stored: { events: before.events!.length, requests: before.requests!.length },
  });
  expect(readFileSync(result.moved_to).equals(damaged)).toBe(true);
  same(before, home.read(dump));
  expect(home.read(countRollupDifferences)).toBe(0);
  const archived = () =>
    readdirSync(archive(home))
      .sort()
      .map((name) => readFileSync(join(archive(home), name), "utf8"));
  const lines = archived();
  await record(home);
  same(before, home.read(dump));
  // What the archive gave is not archived a second time.
  expect(archived()).toEqual(lines);
});

test("F036 rebuild without an archive takes what the sources still have", async () => {
  using home = await recorded();
  const before = home.read(dump);
  rmSync(archive(home), { recursive: true });
  const { code, stdout } = await cli(home, "rebuild");
  expect([code, stdout]).toEqual([0, expect.stringContaining("kept")]);
  const after = home.read(dump);
  expect(after.usage_rollup!.length).toBe(before.usage_rollup!.length);
  const ids = (rows: typeof before) => rows.requests!.map((r) => r.request_key).sort();
  expect(ids(after)).toEqual(ids(before));
});

test("F036 rebuild, import and prune refuse to write beside a daemon", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  for (const args of [["rebuild"], ["import", "x.jsonl"], ["prune", "--older-than", "90d"]]) {
    const { code, stderr } = await cli(home, ...args);
    expect([args[0], code, stderr]).toEqual([args[0], 75, expect.stringContaining("hall-monitor stop")]);
  }
  expect((await daemon.status()).state).not.toBe("degraded");
});

test("F10 a database that was emptied comes back from the archive at the next start, and the status reports it", async () => {
  using home = await recorded();
  const before = home.read(dump);
  deleteSources(home);
  truncateSync(database(home), 0);
  await using daemon = await startDaemon(home);
  expect((await daemon.status()).problems).toMatchObject([
    { code: "database_lost_rows", detail: expect.stringContaining("ended at row 0") },
  ]);
  same(before, home.read(dump));
  await daemon.stop();
  await using next = await startDaemon(home);
  expect((await next.status()).problems).toEqual([]);
});

test("F12 a database that lost its last rows gets them back with their numbers before anything new", async () => {
  using home = await recorded();
  const kept = join(home.path, "kept.db");
  copyFileSync(database(home), kept);
  appendRecords(
    home.data,
    Array.from({ length: 50 }, (_, i) => spoolRecord(`e-late${i}`, toolStarted("late", `late${i}`))),
  );
  await record(home);
  const before = home.read(dump);
  copyFileSync(kept, database(home));
  deleteSources(home);
  appendRecords(home.data, [spoolRecord("e-new", toolStarted("late", "new"))]);
  await using daemon = await startDaemon(home);
  const [problem] = (await daemon.status()).problems;
  expect(problem).toMatchObject({ code: "database_lost_rows", detail: expect.stringContaining("50 rows") });
  await until(
    "the new one is stored",
    () => all(home, "select 1 from events where event_id = 'e-new'").length === 1,
  );
  const after = home.read(dump);
  const last = before.events!.at(-1)!.seq as number;
  expect(after.events!.filter((e) => (e.seq as number) <= last)).toEqual(before.events!);
  expect(after.events!.find((e) => e.event_id === "e-new")!.seq).toBeGreaterThan(last);
  expect(after.tool_calls!.length).toBe(before.tool_calls!.length + 1);
});

test("F12 an archive of another database is put aside, and imported on demand", async () => {
  using home = await recorded();
  using other = tempHome();
  appendRecords(other.data, [spoolRecord("e-other", toolStarted("other", "o1"))]);
  await record(other);
  const before = home.read(dump);
  copyFileSync(database(other), database(home));
  deleteSources(home);
  for (let start = 0; start < 2; start++) {
    await using daemon = await startDaemon(home);
    expect((await daemon.status()).problems).toMatchObject([
      { code: "archive_diverged", hint: expect.stringContaining("hall-monitor import") },
    ]);
    expect(all(home, `select event_id from events where not ${OWN_NOTES}`)).toEqual([
      { event_id: "e-other" },
    ]);
    await daemon.stop();
  }
  const aside = join(home.data, readdirSync(home.data).find((name) => name.startsWith("archive.diverged-"))!);
  const days = readdirSync(aside).map((name) => join(aside, name));
  expect((await cli(home, "import", ...days)).code).toBe(0);
  rmSync(aside, { recursive: true });
  await record(home);
  // In what order the other database learnt the owner of a response remains its own story.
  const isFromFiles = (e: Record<string, unknown>) => e.event_type !== "ownership_changed";
  const idsOf = (db: ReturnType<typeof dump>) =>
    db.events!.filter(isFromFiles).map((e) => e.event_id as string);
  const ids = () => idsOf(home.read(dump));
  const both = [...idsOf(before), "e-other"].sort();
  expect(ids().sort()).toEqual(both);
  expect((await cli(home, "rebuild")).code).toBe(0);
  expect(ids().sort()).toEqual(both);
});

/** The archive as it would lie there had all of it been written on another day. */
function redate(home: Home, day: string): void {
  const [name] = readdirSync(archive(home)).filter((n) => n.endsWith(".jsonl"));
  renameSync(join(archive(home), name!), join(archive(home), `${day}.jsonl`));
}

test("F036 a daemon seals days that are no longer hot, prunes only then, and rebuild brings the bodies back", async () => {
  using home = tempHome();
  const old = Date.now() - 100 * DAY_MS;
  appendRecords(home.data, [spoolRecord("e-old", toolStarted("s1", "old"), old)]);
  appendRecords(home.data, [spoolRecord("e-new", toolStarted("s1", "new"))]);
  await record(home);
  redate(home, "2026-01-05");
  // A file of a day now and then vouches for the time that went by.
  for (let days = 7; days < 100; days += 7)
    writeFileSync(
      join(archive(home), `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)}.jsonl`),
      "",
    );
  const before = home.read(dump);
  const bodies = () =>
    all<{ data: string }>(home, `select data from events where not ${OWN_NOTES} order by seq`).map(
      (e) => e.data,
    );
  const daemon = await startDaemon(home, { HALL_PRUNE_DAYS: "90" });
  await until("the old body is gone", () => bodies()[0] === "{}");
  expect(bodies()[1]).toBe(before.events![1]!.data as string);
  expect(readdirSync(archive(home)).sort()).toContain("2026-01-05.jsonl.zst");
  expect(existsSync(join(archive(home), "2026-01-05.jsonl"))).toBe(false);
  expect((await daemon.status()).problems).toEqual([]);
  await daemon.stop();
  rmSync(database(home));
  await record(home, { HALL_PRUNE_DAYS: "" });
  same(before, home.read(dump));
});

test("F036 HALL_HOT_DAYS empty leaves the archive plain, and prune lists the days that it leaves alone", async () => {
  using home = tempHome();
  appendRecords(home.data, [spoolRecord("e-old", toolStarted("s1", "old"), Date.now() - 100 * DAY_MS)]);
  await record(home);
  redate(home, "2026-01-05");
  await record(home, { HALL_HOT_DAYS: "" });
  expect(readdirSync(archive(home))).toEqual(["2026-01-05.jsonl"]);
  const refused = await cli(home, "prune", "--older-than", "90d", "--json");
  expect(JSON.parse(refused.stdout)).toMatchObject({
    pruned: 0,
    refused: [{ day: "2026-01-05", reason: "not_sealed" }],
  });
  const daemon = await startDaemon(home);
  await until("the day is sealed", () =>
    readdirSync(archive(home)).some((name) => name === "2026-01-05.jsonl.zst"),
  );
  await daemon.stop();
  const dry = await cli(home, "prune", "--older-than", "90d", "--dry-run", "--json");
  expect(JSON.parse(dry.stdout)).toMatchObject({ events: 1, pruned: 0, days: ["2026-01-05"], refused: [] });
  const done = await cli(home, "prune", "--older-than", "90d");
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("1 event pruned")]);
  expect(all(home, `select data from events where not ${OWN_NOTES}`)).toEqual([{ data: "{}" }]);
  for (const wrong of [[], ["--older-than", "x"], ["--older-than", "0d"]])
    expect((await cli(home, "prune", ...wrong)).code).toBe(64);
});
