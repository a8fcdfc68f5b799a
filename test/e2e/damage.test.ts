import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { countRollupDifferences } from "../../store/rollups.ts";
import { dump, putCorpus } from "../store/archive-corpus.ts";
import {
  all,
  cli,
  countStored,
  type Daemon,
  daemonFile,
  type Home,
  startDaemon,
  tempHome,
  until,
} from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const MINUTE_MS = 60_000;
const database = (home: Home) => join(home.data, "hall.db");
const kept = (home: Home) => readdirSync(home.data).filter((name) => /^hall\.db\.corrupt-\w+$/.test(name));

async function idle(home: Home): Promise<Daemon> {
  const daemon = await startDaemon(home);
  await until("history is read", async () => (await daemon.status()).backfill.done);
  // What no file shows is worked out behind what was read.
  for (let stored = -1; stored !== countStored(home, "feed"); await Bun.sleep(1000))
    stored = countStored(home, "feed");
  await until("the archive has all", async () => isArchived(home));
  return daemon;
}

async function isArchived(home: Home): Promise<boolean> {
  const { stdout } = await cli(home, "verify", "--json");
  return (JSON.parse(stdout) as { archive: { waiting: number } }).archive.waiting === 0;
}

async function recorded(): Promise<Home> {
  const home = tempHome();
  putCorpus(home.path, home.data);
  const daemon = await idle(home);
  expect(await daemon.stop()).toBe(0);
  return home;
}

/**
 * Where `text` lies in the row of a request. Index pages, texts and free pages hold it too, in any order: the right
 * place is the one with a change that SQLite reads back as a row, and takes for good.
 */
function placeOf(home: Home, text: string): number {
  const db = new Database(database(home));
  db.run("pragma wal_checkpoint(truncate)");
  db.close();
  const bytes = readFileSync(database(home));
  const trial = join(home.data, "trial.db");
  try {
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      const last = at + text.length - 1;
      writeFileSync(trial, Buffer.from(bytes).fill(bytes[last]! ^ 1, last, last + 1));
      if (isRowChanged(trial, text)) return at;
    }
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(trial + suffix, { force: true });
  }
  throw new Error(`no row of a request holds ${text}`);
}

function isRowChanged(path: string, text: string): boolean {
  using db = new Database(path);
  const { n } = db
    .query<{ n: number }, [string]>(
      "select count(*) as n from requests not indexed where ?1 in (request_key, provider_request_id)",
    )
    .get(text)!;
  return n === 0 && db.query("pragma quick_check").values().join() === "ok";
}

function change(path: string, edit: (bytes: Buffer) => Buffer | undefined): Buffer {
  const bytes = readFileSync(path);
  const changed = edit(bytes) ?? bytes;
  writeFileSync(path, changed);
  return changed;
}

/** The rows themselves; numbers that rows were given apart. */
function rows(tables: ReturnType<typeof dump>) {
  const { requests, tool_calls, turns, agents } = tables;
  // What a daemon notes of itself is its own.
  const events = tables.events!.filter((event) => !String(event.event_id).startsWith("hall:"));
  return { events: events.map(({ seq: _, ...event }) => event), requests, tool_calls, turns, agents };
}

const AT_START: [string, (home: Home) => void][] = [
  ["its head is overwritten", (home) => void change(database(home), (b) => b.fill(0x41, 0, 100))],
  [
    "half of it is cut off",
    (home) => void change(database(home), (b) => b.subarray(0, 4096 * Math.floor(b.length / 8192))),
  ],
  ["a page is garbage", (home) => void change(database(home), (b) => b.fill(0x5a, 4096 * 30, 4096 * 31))],
  [
    "the page of the schema is garbage",
    (home) => void change(database(home), (b) => b.fill(0x5a, 100, 4096)),
  ],
];

for (const [how, damage] of AT_START)
  test(`F9 I9.3 a database of which ${how} is found at the start, kept, and rebuilt with every row`, async () => {
    using home = await recorded();
    const before = home.read(dump);
    damage(home);
    const bytes = readFileSync(database(home));
    await using daemon = await idle(home);
    const [problem] = (await daemon.status()).problems;
    expect(problem).toMatchObject({
      code: "database_damaged",
      hint: expect.stringContaining("hall-monitor verify"),
    });
    expect(kept(home).map((name) => readFileSync(join(home.data, name)).equals(bytes))).toEqual([true]);
    expect(rows(home.read(dump))).toEqual(rows(before));
    expect(home.read(countRollupDifferences)).toBe(0);
  });

test("F9 I9.3 garbage behind the end of the database costs nothing", async () => {
  using home = await recorded();
  const before = home.read(dump);
  appendFileSync(database(home), Buffer.alloc(5000, 0x5a));
  await using daemon = await idle(home);
  expect(await daemon.stop()).toBe(0);
  expect(rows(home.read(dump))).toEqual(rows(before));
});

test("F11 I9.3 a flipped bit of a row, which SQLite takes for good, is found within a minute and mended from the archive", async () => {
  using home = await recorded();
  const before = home.read(dump);
  const { id } = all<{ id: string }>(
    home,
    "select provider_request_id as id from requests where provider_request_id <> '' order by seq limit 1 offset 5",
  )[0]!;
  const at = placeOf(home, id) + id.length - 1;
  change(database(home), (bytes) => bytes.fill(bytes[at]! ^ 1, at, at + 1));
  const verified = await cli(home, "verify", "--json");
  expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
    65,
    { ok: false, rows: { damaged: [expect.any(Number)] } },
  ]);
  await using daemon = await startDaemon(home);
  await until("it is found", () => kept(home).length === 1, MINUTE_MS);
  await until("it is served again", async () => (await answer(home)) !== undefined, MINUTE_MS);
  expect(await answer(home)).toMatchObject([
    { code: "database_damaged", detail: expect.stringMatching(/\b1 row changed .* row \d/) },
  ]);
  await until(
    "history is read again",
    () => countStored(home, "feed") === rows(before).events.length + before.requests!.length,
  );
  expect(rows(home.read(dump))).toEqual(rows(before));
  expect(daemon.child.exitCode).toBe(null);
});

/** The problems that the status names, by whatever port the daemon has now. */
async function answer(home: Home): Promise<{ code: string; detail: string }[] | undefined> {
  const url = daemonFile(home.data)?.url;
  if (!url) return undefined;
  try {
    const { data } = (await (await fetch(`${url}/api/status`)).json()) as {
      data: { problems: { code: string; detail: string }[] };
    };
    return data.problems;
  } catch {
    return undefined;
  }
}

const UNDER_IT: [string, (home: Home) => void][] = [
  [
    "deleted",
    (home) => ["", "-wal", "-shm"].forEach((suffix) => void rmSync(database(home) + suffix, { force: true })),
  ],
  [
    "replaced",
    (home) => {
      writeFileSync(`${database(home)}.new`, "another program's file");
      renameSync(`${database(home)}.new`, database(home));
    },
  ],
];

for (const [how, damage] of UNDER_IT)
  test(`F13 I9.3 a database that is ${how} under a running daemon is noticed within a minute, and no row is lost`, async () => {
    using home = tempHome();
    putCorpus(home.path, home.data);
    await using daemon = await idle(home);
    const before = home.read(dump);
    damage(home);
    await until(
      "its file is there again",
      () => existsSync(database(home)) && statSync(database(home)).size > 4096,
      MINUTE_MS,
    );
    await until("it is served again", async () => (await answer(home)) !== undefined, MINUTE_MS);
    expect(await answer(home)).toMatchObject([{ code: "database_damaged" }]);
    expect(kept(home).map((name) => readFileSync(join(home.data, name), "utf8"))).toEqual(
      how === "replaced" ? ["another program's file"] : [],
    );
    expect(rows(home.read(dump))).toEqual(rows(before));
    appendRecords(home.data, [spoolRecord("e-after", toolStarted("s1", "after"))]);
    await until(
      "a new event is stored",
      () => all(home, "select 1 from events where event_id = 'e-after'").length === 1,
    );
    expect((await cli(home, "verify")).code).toBe(0);
    expect(daemon.child.exitCode).toBe(null);
  });

test("F9 I9.3 a page that becomes garbage under a running daemon is found within a minute", async () => {
  using home = await recorded();
  const before = home.read(dump);
  await using daemon = await idle(home);
  await until("the first comparison is over", async () => (await daemon.status()).problems.length === 0);
  const page = Math.floor(
    placeOf(home, all<{ k: string }>(home, "select request_key as k from requests limit 1")[0]!.k) / 4096,
  );
  change(database(home), (bytes) => bytes.fill(0x5a, page * 4096, (page + 1) * 4096));
  await until("it is kept", () => kept(home).length === 1, MINUTE_MS);
  await until("it is served again", async () => (await answer(home)) !== undefined, MINUTE_MS);
  await until(
    "all is there",
    () => countStored(home, "feed") === rows(before).events.length + before.requests!.length,
    MINUTE_MS,
  );
  expect(rows(home.read(dump))).toEqual(rows(before));
});
