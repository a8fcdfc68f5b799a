import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type Home, ROOT, run, tempHome } from "../cli/run.ts";

type Check = { name: string; state: "ok" | "warn" | "fail"; detail: string; hint?: string };
type Report = { code: number; healthy: boolean; of: (name: string) => Check | undefined; checks: Check[] };

const started: Home[] = [];

afterEach(async () => {
  for (const home of started.splice(0)) {
    await run(home, ["stop"]);
    home[Symbol.dispose]();
  }
});

function fresh(): Home {
  const home = tempHome();
  started.push(home);
  return home;
}

async function examine(home: Home, env: Record<string, string> = {}): Promise<Report> {
  const { code, stdout } = await run(home, ["doctor", "--json"], env);
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: Check[] };
  return { code, healthy, checks, of: (name) => checks.find((c) => c.name === name) };
}

describe("hall-monitor doctor", () => {
  test("F038.A1 with a daemon and installed hooks all is well: one event goes all the way", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await run(home, ["install", "--settings"]);
    const { code, healthy, of } = await examine(home);
    expect({ code, healthy }).toEqual({ code: 0, healthy: true });
    expect(of("test event")?.detail).toMatch(
      /^sent through the hook installed in the settings, received on the stream after \d+ ms$/,
    );
    expect(of("hooks")?.detail).toContain("settings.json");
    const { stdout } = await run(home, ["doctor"]);
    expect(stdout).toMatch(/^✓ runtime .*\n/);
    expect(stdout).toEndWith("no problems found\n");
  });

  test("F038 the event it sends bills nothing and opens no turn", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    expect((await examine(home)).code).toBe(0);
    const events = (await run(home, ["export"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    // What the daemon notes of itself comes by its own clock.
    expect(events.filter((e) => e.source !== "hall").map((e) => e.event_type)).toEqual(["notification"]);
    expect(events[0].session_id).toStartWith("doctor-");
    expect((await run(home, ["daily"])).code).toBe(69);
    expect((await run(home, ["session"])).code).toBe(69);
  });

  test("F038 where no hook is installed its own command is tried, and that is reported", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    const { code, of } = await examine(home);
    expect(code).toBe(0);
    expect(of("hooks")).toMatchObject({ state: "warn", detail: "not installed" });
    expect(of("test event")?.detail).toContain("own hook (none is installed)");
  });

  test("F038 a plugin is tried from where the client takes it", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    mkdirSync(home.claude_dir);
    const settings = {
      enabledPlugins: { "hall-monitor@hall-monitor": true },
      extraKnownMarketplaces: { "hall-monitor": { source: { source: "directory", path: ROOT } } },
    };
    writeFileSync(join(home.claude_dir, "settings.json"), JSON.stringify(settings));
    const { code, of } = await examine(home);
    expect(code).toBe(0);
    expect(of("hooks")?.detail).toBe(`installed as a plugin from ${ROOT}`);
    expect(of("test event")?.detail).toContain("the hook installed as a plugin, received");
  });

  test("F038.A3 without a daemon that is reported, with a fix, and it ends with 1", async () => {
    const { code, healthy, of } = await examine(fresh());
    expect({ code, healthy }).toEqual({ code: 1, healthy: false });
    expect(of("daemon")).toMatchObject({ state: "fail", hint: "`hall-monitor start --detach`" });
    expect(of("test event")?.state).toBe("fail");
  });

  test("F038 hooks that lead to a missing place are found, and the event that never arrives", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await run(home, ["install", "--settings"]);
    const file = join(home.claude_dir, "settings.json");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(ROOT, "/nowhere/hall"));
    const { code, of } = await examine(home);
    expect(code).toBe(1);
    expect(of("hooks")).toMatchObject({
      state: "fail",
      detail: "/nowhere/hall, where the hooks were installed from, does not exist",
    });
    expect(of("test event")).toMatchObject({ state: "fail" });
    expect(of("test event")?.detail).toContain("cannot be started");
  });

  test("F038.A2 a hook that would steer the agent is found", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await run(home, ["install", "--settings"]);
    const file = join(home.claude_dir, "settings.json");
    const settings = JSON.parse(readFileSync(file, "utf8"));
    const [entry] = settings.hooks.Notification;
    const loud = join(home.claude_dir, "plugin/hooks/hall");
    mkdirSync(dirname(loud), { recursive: true });
    writeFileSync(loud, `#!/bin/sh\necho '{"decision":"block"}'\nexec '${entry.hooks[0].command}' "$@"\n`, {
      mode: 0o755,
    });
    entry.hooks[0].command = loud;
    writeFileSync(file, JSON.stringify(settings));
    const { code, of } = await examine(home);
    expect(code).toBe(1);
    expect(of("test event")?.detail).toContain("printed something");
  });

  test("F038 two installations at once, switched-off hooks and settings that cannot be read are faults", async () => {
    const home = fresh();
    await run(home, ["install", "--settings"]);
    const file = join(home.claude_dir, "settings.json");
    const settings = JSON.parse(readFileSync(file, "utf8"));
    const hooksWith = async (change: object | string) => {
      writeFileSync(file, typeof change === "string" ? change : JSON.stringify({ ...settings, ...change }));
      return (await examine(home)).of("hooks");
    };
    expect((await hooksWith({ enabledPlugins: { "hall-monitor@hall-monitor": true } }))?.detail).toContain(
      "recorded twice",
    );
    expect((await hooksWith({ disableAllHooks: true }))?.detail).toContain("disableAllHooks");
    expect(await hooksWith("{")).toMatchObject({ state: "fail" });
  });

  test("F038 a data directory that others may read is a fault, with the command that mends it", async () => {
    const home = fresh();
    await run(home, ["backfill"]);
    chmodSync(home.data_dir, 0o755);
    expect((await examine(home)).of("data directory")).toMatchObject({
      state: "fail",
      hint: `chmod 700 '${home.data_dir}'`,
    });
  });

  test("F038 a data directory that no start can make is a fault, one that it will make is not", async () => {
    const home = fresh();
    const file = join(home.home, "file");
    writeFileSync(file, "");
    const of = async (data: string) => (await examine(home, { HALL_DATA_DIR: data })).of("data directory");
    expect(await of(join(file, "a/b"))).toMatchObject({
      state: "fail",
      detail: `${join(file, "a/b")} cannot be made: ${file} takes no folder`,
    });
    expect(await of(join(home.home, "a/b"))).toMatchObject({ state: "warn" });
  });

  test("F038 a port that another program has is named", async () => {
    const home = fresh();
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const { of } = await examine(home, { HALL_PORT: String(port) });
    server.close();
    expect(of("port")).toMatchObject({
      state: "fail",
      detail: `127.0.0.1 port ${port} is used by another program`,
    });
  });

  test("F038 a damaged database is a fault, lost events and rejects are reported", async () => {
    const home = fresh();
    const folder = join(home.claude_dir, "projects", "-w");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "s.jsonl"), '{"type": broken\n');
    await run(home, ["backfill"]);
    writeFileSync(join(home.data_dir, "spool", "lost"), "...");
    const { of } = await examine(home);
    expect(of("rejects")).toMatchObject({ state: "warn", detail: "1 invalid_json" });
    expect(of("spool")).toMatchObject({
      state: "fail",
      detail: "3 hook events could not be written",
    });
    writeFileSync(join(home.data_dir, "hall.db"), "not a database, but long enough to be read".repeat(100));
    expect((await examine(home)).of("database")?.state).toBe("fail");
  });
});
