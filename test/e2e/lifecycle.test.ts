import { expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import { lockHolder } from "../../store/lock-holder.ts";
import { assistant } from "../world.ts";
import {
  cli,
  countStored,
  daemonFile,
  type Home,
  ROOT,
  runDaemonToEnd,
  spawnDaemon,
  startDaemon,
  tempHome,
  toEnd,
  until,
} from "./daemon.ts";

const MAIN = join(ROOT, "cli/main.ts");
const onLinux = test.skipIf(process.platform !== "linux");

/** A process with a command line that has every word of ours. */
function bystander() {
  const folder = mkdtempSync(join(tmpdir(), "hall-bystander-"));
  const script = join(folder, "hall-monitor cli/main.ts start");
  mkdirSync(join(script, ".."), { recursive: true });
  writeFileSync(script, "setInterval(() => {}, 1000);");
  const child = Bun.spawn([process.execPath, script, "hall-monitor", "start"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  return {
    pid: child.pid,
    isThere: () => child.exitCode === null && child.signalCode === null,
    [Symbol.dispose]() {
      child.kill(9);
      rmSync(folder, { recursive: true });
    },
  };
}

const rewrite = (home: Home, change: object) => {
  const path = join(home.data, "daemon.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
};

test("S2 stop ends no process where no daemon holds the lock, whatever daemon.json and a command line are", async () => {
  using home = tempHome();
  using other = bystander();
  const daemon = await startDaemon(home);
  await daemon.kill9();
  rewrite(home, { pid: other.pid });
  expect(await cli(home, "stop")).toMatchObject({
    code: 69,
    stderr: expect.stringContaining("nothing to stop"),
  });
  expect((await cli(home, "status")).code).toBe(69);
  expect(other.isThere()).toBe(true);
  await using next = await startDaemon(home);
  expect(daemonFile(home.data)?.pid).toBe(next.pid);
});

test("S2 stop ends the daemon where daemon.json names another process", async () => {
  using home = tempHome();
  using other = bystander();
  await using daemon = await startDaemon(home);
  rewrite(home, { pid: other.pid });
  expect((await cli(home, "stop")).code).toBe(0);
  expect(await daemon.child.exited).toBe(0);
  expect(other.isThere()).toBe(true);
});

test("F051 a start beside a running daemon of another version reports that, and how to change it", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  expect(await cli(home, "start")).toMatchObject({ code: 0, stderr: "" });
  // The daemon soon corrects its file.
  await until("the other version is reported", async () => {
    rewrite(home, { version: "0.0.9" });
    const { code, stdout, stderr } = await cli(home, "start");
    expect([code, stdout]).toEqual([0, `hall-monitor already runs at ${daemon.url}\n`]);
    return stderr.includes("0.0.9") && stderr.includes("hall-monitor stop");
  });
});

test("S2 a daemon that does not answer is not looked for in a process that daemon.json names", async () => {
  using home = tempHome();
  using other = bystander();
  await using daemon = await startDaemon(home);
  process.kill(daemon.pid, "SIGSTOP");
  rewrite(home, { pid: other.pid });
  const stopped = await cli(home, "stop");
  expect(stopped.code).toBe(69);
  expect(stopped.stderr).toContain(`process ${daemon.pid}`);
  expect(other.isThere()).toBe(true);
  process.kill(daemon.pid, "SIGCONT");
  await until("daemon.json is right again", () => daemonFile(home.data)?.pid === daemon.pid);
});

test("S2 stop needs nothing of /proc", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  // The daemon's own entry is hidden from the command.
  const hide = `mount -t tmpfs none /proc/${daemon.pid} 2>/dev/null || exit 99; exec "$@"`;
  const stop = [process.execPath, ...BUN_SEAL, MAIN, "stop"];
  const child = Bun.spawn(["unshare", "-rm", "sh", "-c", hide, "sh", ...stop], {
    env: home.env,
    stderr: "pipe",
  });
  const code = await child.exited;
  // A machine on which that is forbidden proves it by the sources alone.
  if (code !== 99 && code !== 1) {
    expect(code).toBe(0);
    expect(await daemon.child.exited).toBe(0);
  }
  for (const file of [
    "cli/commands/stop.ts",
    "cli/find-presence.ts",
    "cli/daemon-client.ts",
    "store/lock-holder.ts",
  ])
    expect(readFileSync(join(ROOT, file), "utf8")).not.toContain("/proc");
});

test("S2 the token is given only to a caller that has proved to know it", async () => {
  using home = tempHome();
  const output: string[] = [];
  using thief = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      output.push(JSON.stringify([...request.headers]));
      return Response.json(
        { data: { state: "live", version: "0.1.0" } },
        { headers: { "x-hall-proof": "0".repeat(64) } },
      );
    },
  });
  const daemon = await startDaemon(home);
  const { token } = daemonFile(home.data)!;
  await daemon.kill9();
  rewrite(home, { url: `http://localhost:${thief.port}` });
  for (const command of ["status", "stop", "reindex", "tail", "backfill"]) await cli(home, command);
  expect(output.length).toBeGreaterThan(3);
  expect(output.join()).not.toContain(token);
});

test("S4 two daemons with one port: the second has no page, and each command finds its own", async () => {
  const [one, two] = [tempHome(), tempHome()];
  await using first = await startDaemon(one);
  const port = new URL(first.url).port;
  const second = spawnDaemon(two, { HALL_PORT: port });
  await until("the second is there", () => daemonFile(two.data)?.pid === second.pid);
  const run = async (home: Home, command: string) => {
    home.env.HALL_PORT = port;
    const { code, stdout } = await cli(home, command, "--json");
    return { code, ...(JSON.parse(stdout || "{}") as { data?: { pid: number }; pid?: number }) };
  };
  for (let n = 0; n < 4; n++) {
    expect(await run(one, "status")).toMatchObject({ code: 0, data: { pid: first.pid, state: "live" } });
    expect(await run(two, "status")).toMatchObject({
      code: 0,
      data: { pid: second.pid, problems: [{ code: "port_busy" }] },
    });
  }
  expect(await run(two, "stop")).toEqual({ code: 0, stopped: true, pid: second.pid } as never);
  expect(await second.exited).toBe(0);
  expect(await run(one, "stop")).toMatchObject({ code: 0, pid: first.pid });
  for (const home of [one, two]) home[Symbol.dispose]();
});

onLinux("S6 a daemon that hangs is reported as that, and stop ends it", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  process.kill(daemon.pid, "SIGSTOP");
  const status = await cli(home, "status", "--json");
  expect(status.code).toBe(75);
  expect(JSON.parse(status.stdout).data).toMatchObject({
    state: "hung",
    pid: daemon.pid,
    problems: [{ code: "daemon_hung", hint: expect.stringContaining("hall-monitor stop") }],
  });
  expect((await cli(home, "start", "--detach")).code).toBe(75);
  expect((await cli(home, "reindex")).code).toBe(75);
  expect(await cli(home, "stop")).toMatchObject({ code: 0, stderr: "" });
  await daemon.child.exited;
  expect(daemon.child.signalCode).toBe("SIGKILL");
  expect((await cli(home, "status")).code).toBe(69);
});

/** A daemon that can be made to hang, in its main thread alone: a debugger makes it run a loop. */
async function hanging(home: Home, options: string[], env: Record<string, string> = {}) {
  using probe = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
  const url = `127.0.0.1:${probe.port}/hang`;
  await probe.stop(true);
  const child = Bun.spawn(
    [process.execPath, `--inspect=ws://${url}`, ...BUN_SEAL, MAIN, "start", ...options],
    {
      env: { ...home.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  await until("the daemon answers", async () => (await cli(home, "status")).code === 0);
  const debug = new WebSocket(`ws://${url}`);
  await new Promise((resolve) => debug.addEventListener("open", resolve));
  return {
    child,
    hang: () =>
      debug.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: "for(;;);" } })),
    [Symbol.dispose]() {
      debug.close();
      child.kill(9);
    },
  };
}

test("S6 a main thread that hangs ends after a stall, and one in the background starts again", async () => {
  using home = tempHome();
  const env = { HALL_STALL_MS: "4000" };
  using daemon = await hanging(home, ["--json", "--restart"], env);
  const { pid } = daemonFile(home.data)!;
  daemon.hang();
  expect(await new Response(daemon.child.stderr).text()).toContain(
    "the daemon was unresponsive for 4 s and was stopped",
  );
  await until("another one has taken its place", async () => (await cli(home, "status")).code === 0);
  expect(daemonFile(home.data)!.pid).not.toBe(pid);
  expect((await cli(home, "stop")).code).toBe(0);
});

test("S6 one in the foreground ends after a stall, and its parent process sees that", async () => {
  using home = tempHome();
  using daemon = await hanging(home, ["--json"], { HALL_STALL_MS: "4000" });
  daemon.hang();
  await daemon.child.exited;
  expect(daemon.child.signalCode).toBe("SIGKILL");
  expect((await cli(home, "status")).code).toBe(69);
});

test("S6 stop ends a daemon with a hanging main thread, and status reports for how long it does", async () => {
  using home = tempHome();
  using daemon = await hanging(home, ["--json"]);
  daemon.hang();
  await until("it hangs", async () => (await cli(home, "status")).code === 75);
  const { data } = JSON.parse((await cli(home, "status", "--json")).stdout);
  expect(data.hung_ms).toBeGreaterThan(5000);
  expect((await cli(home, "stop")).code).toBe(0);
  // The lock is free before the system has handed the process back to its parent.
  await daemon.child.exited;
  expect(daemon.child.signalCode).toBe("SIGKILL");
});

test("S6 a daemon that loses its data directory ends, and does not touch what takes its place", async () => {
  using home = tempHome();
  const ghost = await startDaemon(home);
  renameSync(home.data, `${home.data}.away`);
  await using next = await startDaemon(home);
  expect(await ghost.child.exited).toBe(73);
  expect(await ghost.stderr()).toContain("was removed or replaced");
  expect(daemonFile(home.data)?.pid).toBe(next.pid);
  expect((await cli(home, "status")).code).toBe(0);
  // It keeps writing while its files are removed.
  await until("its folder was deleted", () => {
    try {
      rmSync(home.data, { recursive: true, force: true });
    } catch {}
    return !existsSync(home.data);
  });
  expect(await next.child.exited).toBe(73);
  expect((await cli(home, "status")).code).toBe(69);
});

test("S6 bytes in lock.db hold up no start, and let no second daemon in", async () => {
  using home = tempHome();
  mkdirSync(home.data, { mode: 0o700 });
  const lock = join(home.data, "lock.db");
  writeFileSync(lock, "garbage ".repeat(4096));
  writeFileSync(`${lock}-journal`, "more garbage");
  await using daemon = await startDaemon(home);
  expect(lockHolder(home.data)?.pid ?? daemon.pid).toBe(daemon.pid);
  writeFileSync(lock, "garbage ".repeat(4096));
  const { code, stdout } = await runDaemonToEnd(home);
  expect({ code, pid: JSON.parse(stdout).pid }).toEqual({ code: 0, pid: daemon.pid });
  expect((await cli(home, "rebuild")).code).toBe(75);
  expect((await cli(home, "stop")).code).toBe(0);
});

for (const [what, make] of [
  ["a folder", (path: string) => mkdirSync(path)],
  ["a FIFO", (path: string) => Bun.spawnSync(["mkfifo", path])],
  ["a link", (path: string) => symlinkSync("/dev/zero", path)],
] as const) {
  test(`S6 ${what} under the name of lock.db is an error with a fix`, async () => {
    using home = tempHome();
    mkdirSync(home.data, { mode: 0o700 });
    make(join(home.data, "lock.db"));
    for (const command of ["start", "rebuild", "backfill"]) {
      const { code, stderr } = await cli(home, command);
      expect({ code, stderr }).toEqual({ code: 73, stderr: expect.stringContaining("move it away") });
    }
  });
  test(`S6 ${what} under the name of daemon.json holds up neither the daemon nor who looks for it`, async () => {
    using home = tempHome();
    mkdirSync(home.data, { mode: 0o700 });
    const file = join(home.data, "daemon.json");
    make(file);
    expect((await cli(home, "status")).code).toBe(69);
    await using daemon = await startDaemon(home);
    expect(lstatSync(file).isFile()).toBe(true);
    rmSync(file);
    make(file);
    await until("it is right again", () => lstatSync(file, { throwIfNoEntry: false })?.isFile() === true);
    expect(daemonFile(home.data)?.pid).toBe(daemon.pid);
    expect((await cli(home, "stop")).code).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
}

test("S6 a rebuild with a config.json that is not understood touches nothing", async () => {
  using home = tempHome();
  writeFileSync(join(home.claude, "S1.jsonl"), `${JSON.stringify(assistant({ sessionId: "S1" }))}\n`);
  expect((await cli(home, "backfill", "-q")).code).toBe(0);
  const before = readdirSync(home.data).sort();
  const bytes = readFileSync(join(home.data, "hall.db"));
  for (const text of ["{broken", '{"prices":[{"x":1}]}', '{"limits":{"nope":1}}', '{"budgets":3}', "[]"]) {
    writeFileSync(join(home.data, "config.json"), text);
    expect([text, (await cli(home, "rebuild")).code]).toEqual([text, 78]);
    expect(readdirSync(home.data).sort()).toEqual([...before, "config.json"].sort());
    expect(readFileSync(join(home.data, "hall.db")).equals(bytes)).toBe(true);
  }
  rmSync(join(home.data, "config.json"));
  expect((await cli(home, "rebuild")).code).toBe(0);
});

/** No write is possible there, not for root either. */
function mountReadOnly(from: string, to: string): boolean {
  mkdirSync(to);
  const mount = (...args: string[]) => Bun.spawnSync(["mount", ...args], { stderr: "ignore" }).exitCode === 0;
  return mount("--bind", from, to) && mount("-o", "remount,ro,bind", to);
}

onLinux("S6 reports read a data directory that takes no writes, with its log and without", async () => {
  using home = tempHome();
  const transcript = join(home.claude, "S1.jsonl");
  writeFileSync(transcript, `${JSON.stringify(assistant({ sessionId: "S1" }))}\n`);
  const kept = join(home.path, "kept");
  const run = async (data: string, ...args: string[]) => {
    const env = { ...home.env, HALL_DATA_DIR: data };
    return toEnd(MAIN, args, { env });
  };
  const daemon = await startDaemon(home);
  await until("it is stored", () => countStored(home, "feed") > 0);
  await daemon.kill9();
  rmSync(join(home.data, "daemon.sock"));
  cpSync(home.data, kept, { recursive: true });
  expect(statSync(join(kept, "hall.db-wal")).size).toBeGreaterThan(0);
  for (const [n, data] of [kept, home.data].entries()) {
    if (data === home.data) expect((await cli(home, "backfill", "-q")).code).toBe(0);
    const mounted = join(home.path, `mounted${n}`);
    if (!mountReadOnly(data, mounted)) return;
    try {
      for (const report of ["daily", "monthly", "session", "blocks"]) {
        const { code, stdout, stderr } = await run(mounted, report, "--json");
        expect({ report, code, stderr }).toEqual({ report, code: 0, stderr: "" });
        if (report === "daily") expect(JSON.parse(stdout).data.total.requests).toBe(1);
      }
      expect((await run(mounted, "status")).code).toBe(69);
    } finally {
      Bun.spawnSync(["umount", mounted]);
    }
  }
});
