import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SILENT } from "../hooks/fire.ts";
import { within } from "../within.ts";
import {
  countStored,
  type Daemon,
  daemonFile,
  type Home,
  runDaemonToEnd,
  spawnDaemon,
  startDaemon,
  tempHome,
  until,
  untilStatus,
} from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const DATABASE = "hall.db";
const put = (home: Home, ...ids: string[]) =>
  appendRecords(
    home.data,
    ids.map((id) => spoolRecord(`e-${id}`, toolStarted("s1", id))),
  );
const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** A data directory in which a daemon has stored an event and ended. */
async function used(env: Record<string, string> = {}): Promise<Home> {
  const home = tempHome(env);
  put(home, "t0");
  const daemon = await startDaemon(home);
  await until("it is stored", () => countStored(home) === 1);
  expect(await daemon.stop()).toBe(0);
  return home;
}

/** What an idle machine takes to stop a daemon without work. */
const IDLE_STOP_MS = 100;

async function timeStop(daemon: Daemon): Promise<number> {
  const started = performance.now();
  expect(await daemon.stop()).toBe(0);
  return performance.now() - started;
}

/** Milliseconds from SIGTERM to its end, as an idle machine would take: this one may have other work to do. */
async function stopped(daemon: Daemon): Promise<number> {
  const ms = await timeStop(daemon);
  using home = tempHome();
  return ms * Math.min(1, IDLE_STOP_MS / (await timeStop(await startDaemon(home))));
}

test("F3 EC001 while another program holds the database the status reports it, and all is stored after it", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const holder = new Database(join(home.data, DATABASE));
  holder.run("begin immediate");
  expect(await home.fire("PreToolUse", toolStarted("s1", "t1"))).toMatchObject(SILENT);
  put(home, "t2", "t3");
  const status = await untilStatus(daemon, "the status names it", ({ problems }) =>
    problems.some((p) => p.code === "database_busy"),
  );
  expect(status).toMatchObject({
    state: "degraded",
    problems: expect.arrayContaining([
      expect.objectContaining({ code: "database_busy", hint: "close the program that holds it" }),
    ]),
  });
  await within(1000, async () => {
    const started = performance.now();
    expect(await daemon.get<unknown[]>("/api/metrics")).toBeArray();
    return performance.now() - started;
  });
  holder.run("rollback");
  holder.close();
  await until("all is stored", () => countStored(home) === 3);
  await until("the status is well", async () => (await daemon.status()).state === "live");
});

test("F32 a daemon that waits for a locked database still ends within 2 s of SIGTERM", async () => {
  await within(2000, async () => {
    using home = tempHome();
    await using daemon = await startDaemon(home);
    const holder = new Database(join(home.data, DATABASE));
    holder.run("begin immediate");
    put(home, "t1");
    await until("the status names it", async () => (await daemon.status()).state === "degraded");
    const ms = await stopped(daemon);
    holder.close();
    await using again = await startDaemon(home);
    await until("nothing was lost", () => countStored(home) === 1);
    await until("the status is well", async () => (await again.status()).state === "live");
    return ms;
  });
});

test("F32 SIGTERM ends the daemon within 2 s with exit 0, and daemon.json is gone", async () => {
  await within(2000, async () => {
    using home = tempHome();
    await using daemon = await startDaemon(home);
    expect(daemonFile(home.data)?.pid).toBe(daemon.pid);
    put(home, ...Array.from({ length: 5000 }, (_, i) => `t${i}`));
    const ms = await stopped(daemon);
    expect(existsSync(join(home.data, "daemon.json"))).toBe(false);
    return ms;
  });
});

test("F32 a daemon that is stopped as soon as it can be known ends with 0 and takes its file away", async () => {
  for (let i = 0; i < 3; i++) {
    using home = tempHome();
    const child = spawnDaemon(home);
    await until("its file is there", () => daemonFile(home.data)?.pid === child.pid);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(existsSync(join(home.data, "daemon.json"))).toBe(false);
  }
});

test("F30 F002.A2 a database of a newer version is refused with exit 65 and not a byte of it changes", async () => {
  using home = await used();
  const path = join(home.data, DATABASE);
  const db = new Database(path);
  db.run("pragma user_version = 999");
  db.run("pragma wal_checkpoint(truncate)");
  db.close();
  put(home, "t1");
  const before = digest(path);
  const { code, stderr } = await runDaemonToEnd(home);
  expect(code).toBe(65);
  expect(JSON.parse(stderr.trim())).toMatchObject({ code: "database_newer" });
  expect(digest(path)).toBe(before);
  expect(await home.fire("PreToolUse", toolStarted("s1", "t2"))).toMatchObject(SILENT);
});
