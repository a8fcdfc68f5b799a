import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHardStop } from "../../cli/hard-stop.ts";
import { createBeat } from "../../collector/beat.ts";
import { STOP_FILE, type StopFile } from "../../hooks/stop.ts";
import { openReader } from "../../store/database.ts";
import { run } from "../cli/run.ts";
import { commandLine, fireHook, HOOKS, SILENT } from "../hooks/fire.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";
import { type Home, runDaemonToEnd, startDaemon, tempHome, until } from "./daemon.ts";

const TOOL = { session_id: "S1", hook_event_name: "PreToolUse", cwd: "/w/shop", tool_name: "Bash" };
const DAY = { scope: "day", limit_usd: 0.01, hard_stop: true };
const isStopped = (home: Home) => existsSync(join(home.data, STOP_FILE));
const stops = (home: Home) =>
  (JSON.parse(readFileSync(join(home.data, STOP_FILE), "utf8")) as StopFile).stops;

function configure(home: Home, config: object): void {
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  writeFileSync(join(home.data, "config.json"), JSON.stringify(config));
}

/** One answer of a session of today that costs about a dollar. */
function spend(home: Home, session = "S1"): void {
  const line = {
    timestamp: new Date().toISOString(),
    requestId: `req_${session}`,
    sessionId: session,
    cwd: "/w/shop",
  };
  const message = { id: `msg_${session}`, model: "claude-opus-5-5" };
  writeFileSync(
    home.at(transcript(session)),
    jsonl(assistant({ ...line, message, usage: { output_tokens: 40_000 } })),
  );
}

type Entry = { hooks: { command: string; args: string[] }[] };
const settingsOf = (home: Home) => join(home.path, ".claude/settings.json");

async function install(home: Home, ...options: string[]): Promise<Entry[]> {
  const place = { home: home.path, data_dir: home.data };
  const { code, stderr } = await run(place, ["install", "--settings", ...options]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(readFileSync(settingsOf(home), "utf8")).hooks.PreToolUse;
}

/** What all hooks of one event answer together, run as the client does. */
async function runHook(home: Home, entries: Entry[], payload: object = TOOL): Promise<string> {
  let output = "";
  for (const { command, args } of entries.flatMap((e) => e.hooks)) {
    const { code, stdout, stderr } = await fireHook("PreToolUse", `${JSON.stringify(payload)}\n`, {
      command: [command, ...args],
      env: { ...home.env, CLAUDE_PROJECT_DIR: "/w/shop" },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    output += stdout;
  }
  return output;
}

describe("H05 a hard stop", () => {
  test("F034.A3 H05 is asked for twice: with the option a used up budget denies a tool, and a higher one lets it run", async () => {
    using home = tempHome();
    configure(home, { budgets: [DAY] });
    const entries = await install(home, "--hard-stop");
    expect(entries).toHaveLength(2);
    expect(await runHook(home, entries)).toBe("");
    spend(home);
    await using daemon = await startDaemon(home);
    await until("the stop is there", () => isStopped(home));
    expect(statSync(join(home.data, STOP_FILE)).mode & 0o777).toBe(0o600);

    const { hookSpecificOutput: output } = JSON.parse(await runHook(home, entries));
    expect(output).toEqual({
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: expect.stringMatching(
        /the day budget of \$0\.01 is used up \(\$\d\.\d\d spent today\).*ends by itself at .*config\.json/,
      ),
    });
    configure(home, { budgets: [{ ...DAY, limit_usd: 1000 }] });
    await until("a higher budget lifts it", () => !isStopped(home));
    expect(await runHook(home, entries)).toBe("");

    configure(home, { budgets: [DAY] });
    await until("a lower one brings it back", () => isStopped(home));
    await daemon.stop();
    expect(isStopped(home)).toBe(false);
    expect(await daemon.stderr()).toContain("hard stop: $0.01 spent today");
  });

  test("H05 without the option nothing is ever answered, and the plugin's own hooks never answer", async () => {
    using home = tempHome();
    configure(home, { budgets: [DAY] });
    spend(home);
    const entries = await install(home);
    expect(entries).toHaveLength(1);
    await using _daemon = await startDaemon(home);
    await until("the stop is there", () => isStopped(home));
    expect(await runHook(home, entries)).toBe("");
    for (const event of Object.keys(HOOKS)) {
      const payload = `${JSON.stringify({ ...TOOL, hook_event_name: event })}\n`;
      expect(await fireHook(event, payload, { command: commandLine(event), env: home.env })).toMatchObject(
        SILENT,
      );
    }
  });

  test("H05 a budget that does not ask for it, a dry run and alerts that are off stop nothing", async () => {
    using home = tempHome();
    spend(home);
    configure(home, { budgets: [DAY] });
    await using daemon = await startDaemon(home);
    for (const config of [
      { budgets: [{ ...DAY, hard_stop: false }] },
      { budgets: [DAY], alerts: { dry_run: true } },
      { budgets: [DAY], alerts: { enabled: false } },
      { budgets: [{ ...DAY, limit_usd: "much" }] },
    ]) {
      configure(home, { budgets: [DAY] });
      await until("it stops", () => isStopped(home));
      configure(home, config);
      await until(`it is lifted by ${JSON.stringify(config)}`, () => !isStopped(home));
    }
    await daemon.stop();
    expect(await daemon.stderr()).toContain("limit_usd");
  });

  test("H05 a budget of sessions or of a project stops only those", async () => {
    using home = tempHome();
    for (const session of ["S1", "S2"]) spend(home, session);
    configure(home, { budgets: [{ scope: "session", limit_usd: 0.01, hard_stop: true }] });
    const entries = await install(home, "--hard-stop");
    await using daemon = await startDaemon(home);
    await until("both are stopped", () => isStopped(home) && stops(home).length === 2);
    expect(stops(home).map((s) => s.session_id)).toEqual(expect.arrayContaining(["S1", "S2"]));
    expect(stops(home).map((s) => s.until_unix_ms)).toEqual([null, null]);
    expect(await runHook(home, entries)).toContain("in session claude:S1");
    expect(await runHook(home, entries, { ...TOOL, session_id: "S3" })).toBe("");
    configure(home, { budgets: [{ scope: "project", project: "shop", limit_usd: 0.01, hard_stop: true }] });
    await until("the project is stopped", () => isStopped(home) && stops(home)[0]?.project === "shop");
    expect(await runHook(home, entries, { ...TOOL, session_id: "S3" })).toContain("in shop");
    await daemon.stop();
  });

  test("H05 the file stays fresh while nothing happens, comes back if it is lost, and ends with its day", async () => {
    const world = createWorld();
    const reader = openReader(world.config.data_dir);
    const path = join(world.config.data_dir, STOP_FILE);
    const noon = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
    const answer = assistant({
      timestamp: new Date(noon).toISOString(),
      requestId: "r",
      message: { id: "m", model: "claude-opus-5-5" },
      usage: { output_tokens: 40_000 },
    });
    world.write(transcript("S1"), jsonl(answer));
    await world.read();
    writeFileSync(join(world.config.data_dir, "config.json"), JSON.stringify({ budgets: [DAY] }));
    let clock = noon;
    const output: string[] = [];
    const beat = createBeat();
    const stop = startHardStop({
      reader,
      bus: world.pipeline.bus,
      beat,
      data_dir: world.config.data_dir,
      time_zone: "UTC",
      log: (line: string) => output.push(line),
      now: () => clock,
    });
    try {
      const until_unix_ms = noon + 43_200_000;
      expect(JSON.parse(readFileSync(path, "utf8")).stops).toMatchObject([{ scope: "day", until_unix_ms }]);
      clock += 31_000;
      await until("it is renewed", () => Math.round(statSync(path).mtimeMs) === clock);
      rmSync(path);
      clock += 31_000;
      await until("its loss is noticed", () => output.some((line) => line.includes("cannot be written")));
      clock += 31_000;
      await until("it is written again", () => existsSync(path));
      clock = until_unix_ms;
      await until("the day is over", () => !existsSync(path));
      expect(output.at(-1)).toBe("hard stop lifted");
    } finally {
      stop();
      beat.stop();
      reader.close();
      world.close();
    }
  });

  test("H05 what a killed daemon left is renewed or taken away by the next", async () => {
    using home = tempHome();
    spend(home);
    configure(home, { budgets: [DAY] });
    {
      await using daemon = await startDaemon(home);
      await until("it stops", () => isStopped(home));
      await daemon.kill9();
    }
    expect(isStopped(home)).toBe(true);
    configure(home, {});
    await using _next = await startDaemon(home);
    await until("it is taken away", () => !isStopped(home));
  });

  test("H05 of a budget of Codex is refused at the start: its tools are not asked about", async () => {
    using home = tempHome();
    configure(home, { budgets: [{ ...DAY, source: "codex" }] });
    const { code, stderr } = await runDaemonToEnd(home);
    expect(code).toBe(78);
    expect(stderr).toContain("hard_stop");
  });

  test("H05 H15 uninstall takes it out and gives every byte back", async () => {
    using home = tempHome();
    const place = { home: home.path, data_dir: home.data };
    const original = '{\n  "hooks": {"PreToolUse": [ ]}, "model" : "opus"\n}';
    writeFileSync(settingsOf(home), original);
    await install(home);
    expect(await install(home, "--hard-stop")).toHaveLength(2);
    expect(await install(home)).toHaveLength(2);
    expect((await run(place, ["install", "--hard-stop"])).stdout).toContain("already installed");
    const { stdout } = await run(place, ["doctor"], { HALL_TIME_ZONE: "UTC" });
    expect(stdout).toContain(`${Object.keys(HOOKS).length} events in`);
    expect((await run(place, ["uninstall"])).code).toBe(0);
    expect(readFileSync(settingsOf(home), "utf8")).toBe(original);
  });
});
