import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOOP_FILE, type LoopFile } from "../../hooks/loops.ts";
import { run } from "../cli/run.ts";
import { commandLine, fireHook } from "../hooks/fire.ts";
import { type Home, startDaemon, tempHome, until } from "./daemon.ts";

type Entry = { hooks: { command: string; args: string[] }[] };
const GUARD = { loop_guard: { warn_after: 2, deny_after: 3 } };
const TEST = { command: "npm test", description: "Run the tests" };
const path = (home: Home) => join(home.data, LOOP_FILE);
const failures = (home: Home): number => {
  try {
    return (JSON.parse(readFileSync(path(home), "utf8")) as LoopFile).loops[0]?.failures ?? 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
};

function configure(home: Home, config: object): void {
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  writeFileSync(join(home.data, "config.json"), JSON.stringify(config));
}

async function install(home: Home): Promise<Entry[]> {
  const place = { home: home.path, data_dir: home.data };
  const { code, stderr } = await run(place, ["install", "--settings", "--hard-stop"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(readFileSync(join(home.path, ".claude/settings.json"), "utf8")).hooks.PreToolUse;
}

let calls = 0;
const payloadOf = (hook_event_name: string, tool_input: object, more: object) => ({
  session_id: "S1",
  hook_event_name,
  cwd: "/w/shop",
  tool_name: "Bash",
  tool_use_id: `toolu_${calls}`,
  tool_input,
  ...more,
});

/** What the client gets to hear before this call, by all hooks that it runs then. */
async function before(
  home: Home,
  entries: Entry[],
  tool_input: object = TEST,
  more: object = {},
): Promise<string> {
  calls++;
  let printed = "";
  for (const { command, args } of entries.flatMap((e) => e.hooks)) {
    const payload = `${JSON.stringify(payloadOf("PreToolUse", tool_input, more))}\n`;
    const fired = await fireHook("PreToolUse", payload, { command: [command, ...args], env: home.env });
    expect({ code: fired.code, stderr: fired.stderr }).toEqual({ code: 0, stderr: "" });
    printed += fired.stdout;
  }
  return printed;
}

/** The call ends, and the client's hook reports it. */
async function after(
  home: Home,
  isFailure: boolean,
  tool_input: object = TEST,
  more: object = {},
): Promise<void> {
  const event = isFailure ? "PostToolUseFailure" : "PostToolUse";
  const result = isFailure ? { error: "Exit code 1" } : { tool_response: { stdout: "ok" } };
  const payload = `${JSON.stringify(payloadOf(event, tool_input, { ...result, ...more }))}\n`;
  const { code } = await fireHook(event, payload, { command: commandLine(event), env: home.env });
  expect(code).toBe(0);
}

async function fail(home: Home, entries: Entry[], times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await before(home, entries);
    await after(home, true);
  }
}

describe("H19 the loop guard", () => {
  test("F047.A4 H19 the loop guard is asked for twice: it warns of a failing call, then denies it, and lets every other one run", async () => {
    using home = tempHome();
    configure(home, GUARD);
    const entries = await install(home);
    await using daemon = await startDaemon(home);
    expect(await before(home, entries)).toBe("");
    await after(home, true);
    await fail(home, entries, 1);
    await until("two failures are known", () => failures(home) === 2);
    expect(statSync(path(home)).mode & 0o777).toBe(0o600);
    const warned = JSON.parse(await before(home, entries, { ...TEST, description: "Again" }));
    expect(warned.hookSpecificOutput.permissionDecision).toBeUndefined();
    expect(warned.systemMessage).toContain("has failed 2 times");
    await after(home, true, { ...TEST, description: "Again" });
    await until("three failures are known", () => failures(home) === 3);
    const { hookSpecificOutput } = JSON.parse(await before(home, entries));
    expect(hookSpecificOutput).toMatchObject({ permissionDecision: "deny" });
    // No other call is denied, and the denied one stays denied until something else has been done.
    expect(await before(home, entries, { command: "npm run build" })).toBe("");
    expect(await before(home, entries, TEST, { session_id: "S2" })).toBe("");
    expect(await before(home, entries, TEST, { agent_id: "a1" })).toBe("");
    expect(await before(home, entries)).toContain("deny");

    await after(home, false, { command: "npm ci" });
    await until("another call lifts it", () => !existsSync(path(home)));
    expect(await before(home, entries)).toBe("");
    await fail(home, entries, 3);
    await until("it is a loop again", () => failures(home) === 3);
    await after(home, false);
    await until("success lifts it", () => !existsSync(path(home)));
    await daemon.stop();
  });

  test("H19 without it in config.json, in a dry run, and after it is taken out, nothing is answered", async () => {
    using home = tempHome();
    configure(home, GUARD);
    const entries = await install(home);
    await using daemon = await startDaemon(home);
    await fail(home, entries, 3);
    await until("it denies", () => failures(home) === 3);
    for (const config of [{}, { ...GUARD, alerts: { dry_run: true } }, { loop_guard: { warn_after: 0 } }]) {
      configure(home, config);
      await until(`it is lifted by ${JSON.stringify(config)}`, () => !existsSync(path(home)));
      expect(await before(home, entries)).toBe("");
      configure(home, GUARD);
      // What failed before the guard was set is not counted, so it begins with the first failure after that.
      await until("it denies again", async () => {
        await fail(home, entries, 1);
        return failures(home) >= 3;
      });
    }
    await daemon.stop();
    expect(await daemon.stderr()).toContain("loop_guard");
  });

  test("H19 with the daemon stopped or killed everything passes", async () => {
    using home = tempHome();
    configure(home, GUARD);
    const entries = await install(home);
    {
      await using daemon = await startDaemon(home);
      await fail(home, entries, 3);
      await until("it denies", () => failures(home) === 3);
      await daemon.kill9();
    }
    expect(existsSync(path(home))).toBe(true);
    expect(await before(home, entries)).toBe("");
    await using next = await startDaemon(home);
    // The next one does not know what the killed one did.
    await until("what it left is gone", () => !existsSync(path(home)));
    await fail(home, entries, 3);
    await until("it denies", () => failures(home) === 3);
    expect(await before(home, entries)).toContain("deny");
    await next.stop();
    expect(existsSync(path(home))).toBe(false);
    expect(await before(home, entries)).toBe("");
  });
});
