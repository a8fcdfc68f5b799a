import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import hardStop from "../../hooks/hard-stop.json" with { type: "json" };
import { STOP_FILE, type Stop } from "../../hooks/stop.ts";
import { bundleHook } from "../../scripts/build-hook.ts";
import {
  type Fired,
  type Firing,
  fireHook,
  GRANTED_MS,
  PLUGIN_ROOT,
  ROOT,
  SILENT,
  tempFolder,
} from "./fire.ts";

const HOUR = 3_600_000;
const CALL = { session_id: "S1", hook_event_name: "PreToolUse", cwd: "/w/shop", tool_name: "Bash" };
const STOP: Stop = {
  scope: "day",
  of: "today",
  limit_usd: 20,
  spent_usd: 21.5,
  until_unix_ms: Date.now() + HOUR,
  session_id: null,
  project: null,
};

function leave(folder: string, content: unknown, age_ms = 0): void {
  const path = join(folder, STOP_FILE);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  const at = (Date.now() - age_ms) / 1000;
  utimesSync(path, at, at);
}
const of = (...stops: unknown[]) => ({ stops, config: "/data/config.json" });

/** The very command that the installer puts into the settings. */
function stopHook(folder: string, payload: object | string = CALL, firing: Firing = {}): Promise<Fired> {
  const [hook] = hardStop.hooks.PreToolUse[0]!.hooks;
  const root = firing.root ?? ROOT;
  return fireHook("PreToolUse", typeof payload === "string" ? payload : `${JSON.stringify(payload)}\n`, {
    command: [hook!.command.replaceAll(PLUGIN_ROOT, root), ...hook!.args],
    ...firing,
    env: { HALL_DATA_DIR: folder, HOME: folder, ...firing.env },
  });
}
const isDenied = (fired: Fired) =>
  fired.code === 0 && JSON.parse(fired.stdout).hookSpecificOutput.permissionDecision === "deny";

test("F034 hooks/stop.js is what hooks/stop-main.ts builds to (else run `bun run build:hook`)", async () => {
  const script = readFileSync(join(ROOT, "hooks/stop.js"), "utf8");
  expect(await bundleHook("hooks/stop.js")).toBe(script);
  expect([...script.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((m) => m[1])).toEqual(
    expect.not.arrayContaining(["zod"]),
  );
});

describe("H05 the hook of the hard stop", () => {
  test("H05 denies one tool call, with the limit, what was spent and how to lift it", async () => {
    using folder = tempFolder();
    leave(folder.path, of(STOP));
    const fired = await stopHook(folder.path);
    expect(fired).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(fired.stdout)).toEqual({
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason: expect.stringMatching(
          /\$20\.00.*\$21\.50 spent today.*\/data\/config\.json/,
        ),
      },
    });
  });

  test("H05 runs by Node where there is no Bun", async () => {
    using folder = tempFolder();
    leave(folder.path, of(STOP));
    const node = Bun.which("node");
    if (!node) throw new Error("this test needs node");
    mkdirSync(join(folder.path, "bin"));
    symlinkSync(node, join(folder.path, "bin/node"));
    const script = join(ROOT, "hooks/stop.js");
    const fired = await stopHook(folder.path, CALL, { command: [join(folder.path, "bin/node"), script] });
    expect(isDenied(fired)).toBe(true);
  });

  const past = { ...STOP, until_unix_ms: Date.now() - 1 };
  const SILENT_FILES: [string, unknown, number?][] = [
    ["that is older than two minutes", of(STOP), 125_000],
    ["from a clock that was ahead", of(STOP), -125_000],
    ["of a day that is over", of(past)],
    ["of another session", of({ ...STOP, session_id: "S2" })],
    ["of another project", of({ ...STOP, project: "op" })],
    ["without a stop", of()],
    [
      "of stops that are not whole",
      of(null, 7, {}, { ...STOP, limit_usd: "20" }, { ...STOP, until_unix_ms: "x" }),
    ],
    ["without the place of its settings", { stops: [STOP] }],
    ["that was cut off", JSON.stringify(of(STOP)).slice(0, -9)],
    ["of garbage", "\u0000\u0001 stop!"],
    ["of nothing", ""],
    ["of another shape", [1, 2]],
    ["that is too big", `${" ".repeat(1024 * 1024)}${JSON.stringify(of(STOP))}`],
  ];
  test.each(SILENT_FILES)("H05 is silent with a file %s", async (_, content, age_ms = 0) => {
    using folder = tempFolder();
    leave(folder.path, content, age_ms);
    expect(await stopHook(folder.path)).toMatchObject(SILENT);
  });

  test("H05 is silent without a file, with a link, with a folder", async () => {
    using folder = tempFolder();
    expect(await stopHook(folder.path)).toMatchObject(SILENT);
    leave(folder.path, of(STOP));
    renameSync(join(folder.path, STOP_FILE), join(folder.path, "elsewhere"));
    symlinkSync("elsewhere", join(folder.path, STOP_FILE));
    expect(await stopHook(folder.path)).toMatchObject(SILENT);
    using other = tempFolder();
    mkdirSync(join(other.path, STOP_FILE));
    expect(await stopHook(other.path)).toMatchObject(SILENT);
  });

  test("H05 is silent on a payload that it does not understand, or of another event", async () => {
    using folder = tempFolder();
    leave(folder.path, of(STOP));
    for (const payload of ["", "\n", "{", "null\n", "[]\n", "{}\n", { ...CALL, hook_event_name: "Stop" }])
      expect(await stopHook(folder.path, payload)).toMatchObject(SILENT);
  });

  test("H05 of a session or a project is for that one alone, wherever its tools have gone", async () => {
    using folder = tempFolder();
    leave(folder.path, of({ ...STOP, session_id: "S2" }, { ...STOP, project: "Shop" }));
    expect(isDenied(await stopHook(folder.path))).toBe(true);
    const elsewhere = { ...CALL, cwd: "/w/shop/deep" };
    expect(await stopHook(folder.path, elsewhere)).toMatchObject(SILENT);
    const env = { CLAUDE_PROJECT_DIR: "/w/shop" };
    expect(isDenied(await stopHook(folder.path, elsewhere, { env }))).toBe(true);
    expect(isDenied(await stopHook(folder.path, { ...elsewhere, session_id: "S2" }))).toBe(true);
  });

  test("H05 lets everything pass where its installation or every runtime is gone", async () => {
    using folder = tempFolder();
    leave(folder.path, of(STOP));
    mkdirSync(join(folder.path, "bin"));
    for (const name of ["bun", "node"])
      writeFileSync(join(folder.path, "bin", name), "#!/bin/sh\nexit 2\n", { mode: 0o755 });
    mkdirSync(join(folder.path, "plugin/hooks"), { recursive: true });
    cpSync(join(ROOT, "hooks/hall"), join(folder.path, "plugin/hooks/hall"));
    const root = join(folder.path, "plugin");
    expect(await stopHook(folder.path, CALL, { root })).toMatchObject(SILENT);
    writeFileSync(join(root, "hooks/stop.js"), "process.exit(2)");
    const broken = { root, env: { PATH: `${folder.path}/bin:/usr/bin:/bin` } };
    expect(await stopHook(folder.path, CALL, broken)).toMatchObject(SILENT);
  });

  test("H05 lets a call pass with a payload that never ends, within the watchdog's second", async () => {
    using folder = tempFolder();
    leave(folder.path, of(STOP));
    const fired = await stopHook(folder.path, CALL, {
      write: async (stdin) => {
        await stdin.write('{"hook_event_name":"PreToolUse"');
        await stdin.flush();
      },
    });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
  });
});
