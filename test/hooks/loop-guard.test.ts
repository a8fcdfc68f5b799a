import { describe, expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import hardStop from "../../hooks/hard-stop.json" with { type: "json" };
import { callDigest, LOOP_FILE, type Loop } from "../../hooks/loops.ts";
import { type Fired, fireHook, PLUGIN_ROOT, ROOT, SILENT, tempFolder } from "./fire.ts";

const INPUT = { command: "npm test", description: "Run the tests" };
const CALL = {
  session_id: "S1",
  hook_event_name: "PreToolUse",
  cwd: "/w/shop",
  tool_use_id: "toolu_9",
  tool_name: "Bash",
  tool_input: INPUT,
};
const LOOP: Loop = {
  session_id: "S1",
  agent_id: "",
  digest: callDigest({ tool_name: "Bash", tool_input: INPUT }),
  failures: 5,
  deny_after: 5,
};
const of = (...loops: unknown[]) => ({ pid: process.pid, loops, config: "/data/config.json" });

function leave(folder: string, content: unknown, age_ms = 0): void {
  const path = join(folder, LOOP_FILE);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  const at = (Date.now() - age_ms) / 1000;
  utimesSync(path, at, at);
}

/** The very command that the installer puts into the settings. */
function runHook(folder: string, payload: object = CALL): Promise<Fired> {
  const [hook] = hardStop.hooks.PreToolUse[0]!.hooks;
  return fireHook("PreToolUse", `${JSON.stringify(payload)}\n`, {
    command: [hook!.command.replaceAll(PLUGIN_ROOT, ROOT), ...hook!.args],
    env: { HALL_DATA_DIR: folder, HOME: folder },
  });
}

describe("H17 the hook of the loop guard", () => {
  test("H17 warns person and agent of a call that fails again, and lets it run", async () => {
    using folder = tempFolder();
    leave(folder.path, of({ ...LOOP, failures: 3 }));
    const { code, stdout, stderr } = await runHook(folder.path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const output = JSON.parse(stdout);
    expect(output.systemMessage).toMatch(
      /this Bash call has failed 3 times .* after 5 failures it is denied/,
    );
    expect(output.hookSpecificOutput).toEqual({
      hookEventName: "PreToolUse",
      additionalContext: output.systemMessage,
    });
  });

  test("H17 denies it from the set number on, and names the fix", async () => {
    using folder = tempFolder();
    leave(folder.path, of(LOOP));
    const { hookSpecificOutput } = JSON.parse((await runHook(folder.path)).stdout);
    expect(hookSpecificOutput).toEqual({
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: expect.stringMatching(/failed 5 times.*any other call.*\/data\/config\.json/),
    });
  });

  test("H17 a description in other words and fields in another order are the same call", async () => {
    using folder = tempFolder();
    leave(folder.path, of(LOOP));
    const other = { ...CALL, tool_input: { description: "Try once more", command: "npm test" } };
    expect((await runHook(folder.path, other)).stdout).toContain("deny");
  });

  const OTHERS: [string, object][] = [
    ["of another command", { tool_input: { ...INPUT, command: "npm test " } }],
    ["with a longer time", { tool_input: { ...INPUT, timeout: 60_000 } }],
    ["of another tool", { tool_name: "PowerShell" }],
    ["of another session", { session_id: "S2" }],
    ["of a sub-agent", { agent_id: "a1" }],
    ["without an input", { tool_input: undefined }],
    ["without a tool", { tool_name: undefined }],
  ];
  test.each(OTHERS)("H17 never speaks of a call %s", async (_, over) => {
    using folder = tempFolder();
    leave(folder.path, of(LOOP));
    expect(await runHook(folder.path, { ...CALL, ...over })).toMatchObject(SILENT);
  });

  // No process has this number: Linux gives none above 2^22.
  const dead = 2 ** 22 + 1;
  const SILENT_FILES: [string, unknown, number?][] = [
    ["that is older than 20 seconds", of(LOOP), 30_000],
    ["from a clock that was ahead", of(LOOP), -30_000],
    ["of a daemon that is gone", { ...of(LOOP), pid: dead }],
    ["without a daemon", { ...of(LOOP), pid: undefined }],
    ["without a loop", of()],
    [
      "of loops that are not whole",
      of(null, 7, {}, { ...LOOP, failures: "5" }, { ...LOOP, deny_after: 0.5 }),
    ],
    ["without the place of its settings", { pid: process.pid, loops: [LOOP] }],
    ["that was cut off", JSON.stringify(of(LOOP)).slice(0, -9)],
    ["of another shape", [1, 2]],
    ["that is too big", `${" ".repeat(1024 * 1024)}${JSON.stringify(of(LOOP))}`],
  ];
  test.each(SILENT_FILES)("H17 lets everything pass by a file %s", async (_, content, age_ms = 0) => {
    using folder = tempFolder();
    leave(folder.path, content, age_ms);
    expect(await runHook(folder.path)).toMatchObject(SILENT);
  });
});
