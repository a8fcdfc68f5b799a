import { expect, test } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { rollout } from "../collector/codex-harness.ts";
import { dump, putCorpus } from "../store/archive-corpus.ts";
import { within } from "../within.ts";
import { assistant, jsonl } from "../world.ts";
import { all, type Daemon, type Home, isSettled, one, startDaemon, tempHome, until } from "./daemon.ts";

const id = (n: number) => `0199a0c0-0000-7000-8000-${String(n).padStart(12, "0")}`;
const FOLDER = ".codex/sessions/2026/11/01";
const nameOf = (n: number) => `rollout-2026-11-01T10-00-00-${id(n)}.jsonl`;

/** A thread that had `steps` answers of 1,000 tokens each. */
function thread(n: number, steps: number): Buffer {
  const lines = rollout("x").at(`2026-11-01T10:0${n}:00.000Z`).meta(id(n)).turn(`turn-${n}`, "gpt-5.5-codex");
  for (let step = 1; step <= steps; step++)
    lines
      .line("response_item", {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: `${step}` }],
      })
      .count(step * 1000, 1000);
  return lines.bytes();
}
const putThread = (home: Home, n: number, steps: number, folder = FOLDER) => {
  const path = home.at(`${folder}/${nameOf(n)}`);
  writeFileSync(path, thread(n, steps));
  return path;
};

const tokens = (home: Home, n?: number) =>
  one<{ n: number }>(
    home,
    `select coalesce(sum(uncached_input_tokens + cache_creation_5m_input_tokens + cache_read_input_tokens + output_tokens), 0) as n
     from requests join sessions using (session_pk) where requests.source = 'codex'
     ${n === undefined ? "" : `and source_session_id = '${id(n)}'`}`,
  ).n;
const requests = (home: Home) =>
  one<{ n: number }>(home, "select count(*) as n from requests where source = 'codex'").n;
const isRead = (daemon: Daemon) =>
  until("history is read", async () => (await daemon.status()).backfill.done);
const isKnown = (home: Home, path: string) =>
  until(`${basename(path)} is read`, () => {
    const [file] = all<{ offset: number; state: string }>(
      home,
      "select offset, state from files where path = ?",
      path,
    );
    return file?.offset === statSync(path).size;
  });
const scanned = async (daemon: Daemon) =>
  Object.fromEntries(
    (await daemon.status()).pipeline.files_scanned.map((r) => [
      `${r.source} ${r.stage} ${r.result}`,
      r.count,
    ]),
  );

test("B-06 one raw id in both agents is two sessions", async () => {
  using home = tempHome();
  putThread(home, 1, 2);
  writeFileSync(
    home.at(`.claude/projects/-w-app/${id(1)}.jsonl`),
    jsonl(assistant({ sessionId: id(1), usage: { output_tokens: 7 } })),
  );
  await using daemon = await startDaemon(home);
  await isRead(daemon);
  expect(all(home, "select source from sessions where source_session_id = ? order by 1", id(1))).toEqual([
    { source: "claude" },
    { source: "codex" },
  ]);
  for (const [source, output] of [
    ["claude", 7],
    ["codex", 200],
  ] as const) {
    const session = await daemon.get<{ totals: { output_tokens: number } }>(
      `/api/sessions/${source}:${id(1)}`,
    );
    expect([source, session.totals.output_tokens]).toEqual([source, output]);
  }
});

test("B-08 B-09 foreign and broken files are counted and named in the log with source, session and path", async () => {
  using home = tempHome();
  putThread(home, 1, 2);
  putThread(home, 2, 1, ".claude/projects/-w-app");
  const foreign = home.at(`${FOLDER}/${nameOf(3)}`);
  writeFileSync(foreign, jsonl(assistant({ usage: { output_tokens: 7 } })));
  const broken = putThread(home, 4, 1);
  appendFileSync(broken, '{"timestamp":"2026-11-01T10:00:09.000Z","type":"event_msg","payload":{"ty\n');
  const unreadable = home.at(`${FOLDER}/${nameOf(5)}.zst`);
  writeFileSync(unreadable, "no zstandard frame");
  const daemon = await startDaemon(home);
  await isRead(daemon);
  expect(await scanned(daemon)).toEqual({
    "claude pass1 ok": 1,
    "claude pass2 parse_error": 1,
    "codex pass1 ok": 4,
    "codex pass2 ok": 1,
    "codex pass2 parse_error": 2,
    "codex pass2 io_error": 1,
  });
  const { parse_ms } = (await daemon.status()).pipeline;
  expect(parse_ms.find((p) => p.source === "codex")).toMatchObject({ count: 3, sum_ms: expect.any(Number) });
  expect(
    all(
      home,
      "select distinct source_session_id as id from requests join sessions using (session_pk) order by 1",
    ),
  ).toEqual([{ id: id(1) }, { id: id(4) }]);
  await daemon.stop();
  const log = (await daemon.stderr())
    .split("\n")
    .flatMap((line) => (line.includes('"file_read"') ? [JSON.parse(line)] : []));
  expect(log).toContainEqual({
    level: "warn",
    message: "file_read",
    source: "codex",
    stage: "pass2",
    result: "parse_error",
    session_id: id(4),
    path: broken,
    rejects: 1,
  });
  expect(log).toContainEqual(
    expect.objectContaining({ result: "io_error", path: unreadable, code: expect.any(String) }),
  );
  expect(log).toContainEqual(expect.objectContaining({ source: "codex", path: foreign, rejects: 1 }));
  expect(log).toHaveLength(4);
});

test("B-10 Codex off reads nothing of it and keeps what there is; on again it goes on without loss", async () => {
  using home = tempHome();
  const path = putThread(home, 1, 2);
  const first = await startDaemon(home);
  await isRead(first);
  await first.stop();
  expect(tokens(home)).toBe(2000);

  const off = await startDaemon(home, { ENABLE_CODEX_SOURCE: "false", HALL_SCAN_INTERVAL_MS: "100" });
  writeFileSync(path, thread(1, 5));
  const added = putThread(home, 2, 3);
  const put = Date.now();
  await until("it has scanned since", async () => ((await off.status()).watch.last_scan_unix_ms ?? 0) > put);
  expect(tokens(home)).toBe(2000);
  expect(await scanned(off)).toEqual({});
  expect((await off.status()).problems).toEqual([]);
  const session = await off.get<{ totals: { total_tokens: number } }>(`/api/sessions/codex:${id(1)}`);
  expect(session.totals.total_tokens).toBe(2000);
  expect(all(home, "select state from files where source = 'codex'")).toEqual([{ state: "active" }]);
  await off.stop();

  await using on = await startDaemon(home, { ENABLE_CODEX_SOURCE: "true" });
  await isRead(on);
  await isKnown(home, added);
  expect([tokens(home, 1), tokens(home, 2), requests(home)]).toEqual([5000, 3000, 8]);
});

test("B-11 without Codex it runs as ever, and Codex is found when it comes", async () => {
  using home = tempHome({ HALL_SCAN_INTERVAL_MS: "200" });
  rmSync(join(home.path, ".codex"), { recursive: true });
  await using daemon = await startDaemon(home);
  await until("it is live", async () => (await daemon.status()).state === "live");
  expect((await daemon.status()).problems).toEqual([]);
  const path = putThread(home, 1, 2);
  await until("Codex is read", () => tokens(home) === 2000);
  writeFileSync(path, thread(1, 3));
  await until("and followed", () => tokens(home) === 3000);
  expect((await daemon.status()).state).toBe("live");
});

test("B-12 CODEX_SESSIONS_DIR comes before CODEX_HOME, and that before the usual place", async () => {
  using home = tempHome();
  putThread(home, 1, 1);
  putThread(home, 2, 1, "home/sessions/2026/11/01");
  putThread(home, 3, 1, "home/archived_sessions");
  putThread(home, 4, 1, "sessions/2026/11/01");
  const CODEX_HOME = join(home.path, "home");
  const CODEX_SESSIONS_DIR = join(home.path, "sessions");
  for (const [env, threads] of [
    [{}, [1]],
    [{ CODEX_HOME }, [2, 3]],
    [{ CODEX_HOME, CODEX_SESSIONS_DIR }, [4]],
    [{ CODEX_SESSIONS_DIR }, [4]],
    [{ CODEX_HOME, CODEX_SESSIONS_DIR: "" }, [2, 3]],
  ] as [Record<string, string>, number[]][]) {
    await using daemon = await startDaemon(home, { ...env, HALL_DATA_DIR: home.data });
    await isRead(daemon);
    await daemon.stop();
    const found = all<{ id: string }>(home, "select source_session_id as id from sessions order by 1");
    expect([env, found.map((s) => s.id)]).toEqual([env, threads.map(id)]);
    rmSync(home.data, { recursive: true });
  }
});

test("B-24 a rollout that is truncated, replaced, archived or compressed while it is watched loses and doubles nothing", async () => {
  using home = tempHome({ HALL_SCAN_INTERVAL_MS: "200" });
  await using daemon = await startDaemon(home);
  await isRead(daemon);
  const whole = (n: number, steps: number) =>
    until(`thread ${n} is whole`, () => tokens(home, n) === steps * 1000);
  const paths = [1, 2, 3, 4].map((n) => putThread(home, n, 3));
  for (const n of [1, 2, 3, 4]) await whole(n, 3);

  truncateSync(paths[0]!, 0);
  await until(
    "the cut is seen",
    () => all(home, "select 1 from files where path = ? and size_bytes = 0", paths[0]!).length === 1,
  );
  writeFileSync(paths[0]!, thread(1, 4));
  await whole(1, 4);

  writeFileSync(`${paths[1]}.new`, thread(2, 5));
  renameSync(`${paths[1]}.new`, paths[1]!);
  await whole(2, 5);

  const archived = home.at(`.codex/archived_sessions/${nameOf(3)}`);
  renameSync(paths[2]!, archived);
  await until(
    "the move is seen",
    () => all(home, "select 1 from files where path = ?", archived).length === 1,
  );
  appendFileSync(archived, thread(3, 4).subarray(thread(3, 3).length));
  await whole(3, 4);

  writeFileSync(`${paths[3]}.zst`, zstdCompressSync(thread(4, 4)));
  rmSync(paths[3]!);
  await whole(4, 4);
  await isKnown(home, `${paths[3]}.zst`);

  expect([requests(home), tokens(home)]).toEqual([17, 17_000]);
  expect(all(home, "select 1 from rejects")).toEqual([]);
  const before = home.read(dump);
  await fetch(`${daemon.url}/api/system/reindex`, { method: "POST" });
  await isRead(daemon);
  expect(home.read(dump)).toEqual(before);
});

test("B-25 what no watch reports is found by a scan within 5 s, and counted", async () => {
  await within(5000, async () => {
    using home = tempHome();
    const path = putThread(home, 1, 2);
    // Files that rest for days are not watched: what is added to one of them only a scan can see.
    const days = Date.now() / 1000 - 4 * 86_400;
    utimesSync(path, days, days);
    await using daemon = await startDaemon(home);
    await until("it is live", async () => (await daemon.status()).state === "live");
    expect((await daemon.status()).pipeline.found_by_scan).toBe(0);
    const lines = thread(1, 3).subarray(thread(1, 2).length);
    appendFileSync(path, lines);
    utimesSync(path, days + 1, days + 1);
    const ms = await until("the scan has found it", () => tokens(home) === 3000);
    await until("it is counted", async () => (await daemon.status()).pipeline.found_by_scan === 1);
    return ms;
  });
});

/** What the page and the reports show of an agent. */
const shown = async (daemon: Daemon, source: string) =>
  (await daemon.get<{ total: unknown }>(`/api/costs?source=${source}&start_time=2020-01-01`)).total;

test("B-33 the drill: update with Codex off, on, off, on again; no row is lost and Claude never changes", async () => {
  using home = tempHome();
  // A machine that has run an older version without Codex.
  putCorpus(home.path, home.data);
  const codex = join(home.path, ".codex");
  renameSync(codex, `${codex}-away`);
  const old = await startDaemon(home, { ENABLE_CODEX_SOURCE: "false" });
  await isRead(old);
  await until("nothing is left to be worked out", () => isSettled(home));
  const claude = await shown(old, "claude");
  await old.stop();
  const before = home.read(dump);
  const saved = join(home.path, "saved");
  mkdirSync(saved);
  copyFileSync(join(home.data, "hall.db"), join(saved, "hall.db"));
  renameSync(`${codex}-away`, codex);

  // 1. The new version, Codex off: everything as it was.
  const warm = await startDaemon(home, { ENABLE_CODEX_SOURCE: "false" });
  await isRead(warm);
  expect(await shown(warm, "claude")).toEqual(claude);
  expect(await warm.stop()).toBe(0);
  expect(home.read(dump)).toEqual(before);

  // 2. A canary: one folder of rollouts, in a data directory of its own.
  const canary = join(home.path, "canary");
  const part = dirname(putThread(home, 1, 2, "canary-sessions/2026/11/01"));
  const tried = await startDaemon(
    { ...home, data: canary },
    { HALL_DATA_DIR: canary, CODEX_SESSIONS_DIR: dirname(dirname(dirname(part))) },
  );
  await isRead(tried);
  expect(await scanned(tried)).toMatchObject({ "codex pass1 ok": 1, "codex pass2 ok": 1 });
  await tried.stop();
  expect(home.read(dump)).toEqual(before);

  // 3. On.
  const on = await startDaemon(home);
  await isRead(on);
  const withCodex = await shown(on, "codex");
  expect(withCodex).toMatchObject({ total_tokens: 898_781 });
  expect(await shown(on, "claude")).toEqual(claude);
  expect((await on.status()).problems).toEqual([]);
  await on.stop();
  const full = home.read(dump);

  // 4. The way back: off, and every row stays readable.
  const off = await startDaemon(home, { ENABLE_CODEX_SOURCE: "false" });
  await isRead(off);
  expect(await shown(off, "codex")).toEqual(withCodex);
  await off.stop();
  expect(home.read(dump)).toEqual(full);

  // 5. On again, with what came in between.
  putThread(home, 9, 2);
  await using again = await startDaemon(home);
  await isRead(again);
  await until("what came in between is read", () => tokens(home, 9) === 2000);
  expect(tokens(home)).toBe(898_781 + 2000);
  expect(await shown(again, "claude")).toEqual(claude);
  await again.stop();

  // 6. All the way back: the database from before, and the archive put aside by hand.
  cpSync(join(home.data, "archive"), join(saved, "archive"), { recursive: true });
  rmSync(join(home.data, "archive"), { recursive: true });
  copyFileSync(join(saved, "hall.db"), join(home.data, "hall.db"));
  await using back = await startDaemon(home, { ENABLE_CODEX_SOURCE: "false" });
  await isRead(back);
  expect(await shown(back, "claude")).toEqual(claude);
  expect(home.read(dump)).toEqual(before);
});
