import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { DaemonStatus } from "../../schema/status.ts";
import { commandLine, fireHook, SILENT } from "../hooks/fire.ts";
import {
  all,
  countStored,
  type Home,
  runDaemonToEnd,
  startDaemon,
  tempHome,
  until,
  untilStatus,
} from "./daemon.ts";
import { toolStarted } from "./records.ts";

const canMount = process.platform === "linux" && process.getuid?.() === 0 && tryMount();
const skipped = canMount ? "" : " (skipped: needs root and mount)";
const onSmallDisk = test.skipIf(!canMount);

function mount(path: string, options: string) {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]);
  if (!mounted.success) throw new Error(mounted.stderr.toString());
  return { [Symbol.dispose]: () => void Bun.spawnSync(["umount", "-l", path]) };
}

function tryMount(): boolean {
  using home = tempHome();
  try {
    using _ = mount(join(home.path, "disk"), "size=64k");
    return true;
  } catch {
    return false;
  }
}

/** Takes all the space there is; `rmSync` gives it back. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (const size of [64 * 1024, 512]) for (;;) if (!wrote(fd, size)) break;
  } finally {
    closeSync(fd);
  }
}

function wrote(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size)) === size;
  } catch {
    return false;
  }
}

/** Hooks have a second place to write to, as a login with a runtime folder does. */
function homeWithRuntime(): Home {
  const home = tempHome();
  home.env.XDG_RUNTIME_DIR = join(home.path, "run");
  mkdirSync(home.env.XDG_RUNTIME_DIR, { mode: 0o700 });
  return home;
}

const hasProblem = (code: string) => (status: DaemonStatus) => status.problems.some((p) => p.code === code);

onSmallDisk(
  `F5 F6 a full disk under the data directory is reported, nothing is lost, and it goes on by itself${skipped}`,
  async () => {
    using home = homeWithRuntime();
    using _ = mount(home.data, "size=4m,mode=700");
    await using daemon = await startDaemon(home);
    expect(await home.fire("PreToolUse", toolStarted("s1", "t0"))).toMatchObject(SILENT);
    await until("it is stored", () => countStored(home) === 1);
    fill(join(home.data, "ballast"));
    for (let i = 1; i <= 5; i++) {
      const big = { ...toolStarted("s1", `t${i}`), note: "n".repeat(30_000) };
      expect(await home.fire("PreToolUse", big)).toMatchObject(SILENT);
    }
    const status = await untilStatus(daemon, "the status names it", hasProblem("disk_full"));
    expect(status.state).toBe("degraded");
    expect(await daemon.get("/api/sessions")).toMatchObject([{ session_key: "claude:s1" }]);
    rmSync(join(home.data, "ballast"));
    await until("all is stored", () => countStored(home) === 6);
    await until("the status is well", async () => (await daemon.status()).state === "live");
    expect((await daemon.status()).counters.hook_events_lost).toBe(0);
    expect(await daemon.stop()).toBe(0);
    checkArchive(home);
  },
);

onSmallDisk(`F38 a full disk under the archive alone holds up nothing else${skipped}`, async () => {
  using home = tempHome();
  using _ = mount(join(home.data, "archive"), "size=64k,mode=700");
  await using daemon = await startDaemon(home);
  const big = (id: string) => ({ ...toolStarted("s1", id), cwd: `/w/${"d".repeat(900)}` });
  for (let i = 0; i < 60; i++) await home.fire("PreToolUse", big(`t${i}`));
  await until("all is stored", () => countStored(home) === 60);
  await untilStatus(daemon, "the status names it", hasProblem("disk_full"));
  Bun.spawnSync(["mount", "-o", "remount,size=4m", join(home.data, "archive")]);
  await until("the status is well", async () => (await daemon.status()).state === "live");
  expect(await daemon.stop()).toBe(0);
  checkArchive(home);
});

/** Every row once, in order, although the disk was full in between. */
function checkArchive(home: Home): void {
  const folder = join(home.data, "archive");
  const lines = readdirSync(folder)
    .sort()
    .flatMap((day) => readFileSync(join(folder, day), "utf8").trimEnd().split("\n"));
  const first = lines
    .map((line) => JSON.parse(line) as { seq: number; after_seq?: number })
    .filter((line) => line.after_seq === undefined);
  const rows = all<{ seq: number }>(home, "select seq from feed order by seq");
  expect(first.map((line) => line.seq)).toEqual(rows.map((r) => r.seq));
}

onSmallDisk(
  `F26 a data directory on a read-only disk ends the daemon with 73 and the fix${skipped}`,
  async () => {
    using home = homeWithRuntime();
    using _ = mount(home.data, "size=1m,mode=700,ro");
    const { code, stderr } = await runDaemonToEnd(home);
    expect(code).toBe(73);
    expect(JSON.parse(stderr)).toMatchObject({
      code: "data_directory_unusable",
      hint: expect.stringContaining("HALL_DATA_DIR"),
    });
    expect(await fireHook("Stop", "{}\n", { env: home.env, command: commandLine("Stop") })).toMatchObject(
      SILENT,
    );
  },
);

onSmallDisk(`F5 a disk that is full at the start ends the daemon with 74 and the fix${skipped}`, async () => {
  using home = tempHome();
  using _ = mount(home.data, "size=256k,mode=700");
  fill(join(home.data, "ballast"));
  const { code, stderr } = await runDaemonToEnd(home);
  expect(code).toBe(74);
  expect(JSON.parse(stderr)).toMatchObject({
    code: "disk_full",
    hint: expect.stringContaining("free some space"),
  });
});
