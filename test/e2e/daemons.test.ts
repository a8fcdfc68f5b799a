import { expect, test } from "bun:test";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import { commandLine, fireHook, SILENT } from "../hooks/fire.ts";
import {
  cli,
  countStored,
  daemonFile,
  type Home,
  runDaemonToEnd,
  spawnDaemon,
  startDaemon,
  tempHome,
  until,
} from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const put = (home: Home, id: string) =>
  appendRecords(home.data, [spoolRecord(`e-${id}`, toolStarted("s1", id))]);

test("F23 a second daemon names the one that runs and ends with 0", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const { code, stdout } = await runDaemonToEnd(home);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ url: daemon.url, pid: daemon.pid });
  expect((await daemon.status()).pid).toBe(daemon.pid);
});

for (const round of [1, 2, 3])
  test(`F23 of six daemons that start at once exactly one serves, and the others end with 0 (round ${round})`, async () => {
    using home = tempHome();
    put(home, "t1");
    const children = Array.from({ length: 6 }, () => spawnDaemon(home));
    const isOver = (c: (typeof children)[number]) => c.exitCode !== null;
    await until("five have ended", () => children.filter(isOver).length >= 5);
    const [winner, ...more] = children.filter((c) => !isOver(c));
    expect(more).toEqual([]);
    expect(children.filter(isOver).map((c) => c.exitCode)).toEqual([0, 0, 0, 0, 0]);
    const statuses = await Promise.all(
      children
        .filter(isOver)
        .map(async (c) => (await new Response(c.stdout).text()) + (await new Response(c.stderr).text())),
    );
    await until("the one answers", () => daemonFile(home.data)?.url != null);
    expect(daemonFile(home.data)?.pid).toBe(winner!.pid);
    await until("it stores", () => countStored(home) === 1);
    for (const text of statuses) expect(text).toMatch(/already run|already_running|"url"/);
    winner!.kill("SIGTERM");
    expect(await winner!.exited).toBe(0);
  });

test("F24 what a killed daemon left does not hold up the next one", async () => {
  using home = tempHome();
  const first = await startDaemon(home);
  await first.kill9();
  expect(daemonFile(home.data)?.pid).toBe(first.pid);
  await using second = await startDaemon(home);
  expect(daemonFile(home.data)?.pid).toBe(second.pid);
});

for (const hostname of ["127.0.0.1", "::1"])
  test.concurrent(`F25 while another program has the port on ${hostname} events are stored, and the page comes when it is free`, async () => {
    using home = tempHome();
    const other = Bun.serve({ hostname, port: 0, fetch: () => new Response("not ours") });
    const port = String(other.port);
    const daemon = spawnDaemon(home, { HALL_PORT: port });
    put(home, "t1");
    await until("the event is stored", () => countStored(home) === 1);
    await until("it has written its file", () => daemonFile(home.data)?.pid === daemon.pid);
    expect(daemonFile(home.data)?.url).toBeNull();
    const status = Bun.spawn(
      [process.execPath, ...BUN_SEAL, join(import.meta.dir, "../../cli/main.ts"), "status"],
      {
        env: { ...home.env, HALL_PORT: port },
        stdout: "pipe",
      },
    );
    expect(await new Response(status.stdout).text()).toContain(`port ${port} is used by another program`);
    expect(await status.exited).toBe(0);
    for (const command of [["open", "--print"], ["tail"]])
      expect(await cli(home, ...command)).toMatchObject({
        code: 69,
        stderr: expect.stringContaining(`(process ${daemon.pid}), but its port is used by another program`),
      });
    expect(await (await fetch(`http://${hostname.includes(":") ? "[::1]" : hostname}:${port}/`)).text()).toBe(
      "not ours",
    );
    await other.stop(true);
    await until("the page is there", () => daemonFile(home.data)?.url != null);
    const { url } = daemonFile(home.data)!;
    expect(url).toBe(`http://localhost:${port}`);
    await until("it is live", async () => {
      const { data } = (await (await fetch(`${url}/api/status`)).json()) as { data: { state: string } };
      return data.state === "live";
    });
    daemon.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
    expect(await new Response(daemon.stderr).text()).toContain(`Port ${port} is used by another program`);
  });

test("G36 T8 F002.A1 under umask 000 every path that a daemon makes is its owner's alone", async () => {
  using home = tempHome();
  const open = ["sh", "-c", 'umask 000; exec "$@"', "sh"];
  const fire = (id: string) =>
    fireHook("PreToolUse", `${JSON.stringify(toolStarted("s1", id))}\n`, {
      env: home.env,
      command: [...open, ...commandLine("PreToolUse")],
    });
  expect(await fire("t1")).toMatchObject(SILENT);
  await using daemon = await startDaemon(home, {}, open);
  expect(await fire("t2")).toMatchObject(SILENT);
  await until("it is stored", () => countStored(home) === 2);
  await until("it is archived", () => readdirSync(join(home.data, "archive")).length > 0);
  const whileRunning = modes(home.data);
  expect(await daemon.stop()).toBe(0);
  for (const found of [whileRunning, modes(home.data)])
    for (const [path, mode] of Object.entries(found))
      expect([path, mode]).toEqual([path, path.endsWith("/") ? "700" : "600"]);
  expect(Object.keys(whileRunning).length).toBeGreaterThanOrEqual(9);
});

/** Mode of every path below and of the folder itself; folders end with a slash. */
function modes(folder: string): Record<string, string> {
  const found: Record<string, string> = { "/": (lstatSync(folder).mode & 0o777).toString(8) };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length) + (entry.isDirectory() ? "/" : "");
    // What is only there while something is written may be gone again.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat) found[name] = (stat.mode & 0o777).toString(8);
  }
  return found;
}
