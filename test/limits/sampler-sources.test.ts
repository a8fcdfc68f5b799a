import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadLimitSources } from "../../collector/limits/sources.ts";
import { loadConfig } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { CLAUDE_EVENT, CODEX_EVENT, ENV, NOON, prints, type Rig, tempRig } from "./rig.ts";

function sources(rig: Rig, env: Record<string, string>, config?: unknown) {
  const path = rig.path("config.json");
  if (config !== undefined) writeFileSync(path, JSON.stringify(config));
  return loadLimitSources(loadConfig({ HOME: rig.path("home"), ...ENV, ...env }).limits, path, "0.0.0");
}
const names = (of: ReturnType<typeof sources>) => of.probes.map((p) => p.name);

describe("which sources there are", () => {
  test("A-09 without a setting and without the usual programs nothing is polled and nothing is logged", () => {
    using rig = tempRig();
    expect(sources(rig, {})).toEqual({ probes: [], mode: "parallel", notes: [] });
  });

  test("A-09 unset is on where the usual program is on the PATH; empty is off, which is noted once", async () => {
    using rig = tempRig();
    const folder = dirname(rig.command("cctrack-codex-status", prints(CODEX_EVENT)));
    rig.command("cctrack-claude-status", prints(CLAUDE_EVENT));
    const PATH = `${folder}:${ENV.PATH}`;
    expect(names(sources(rig, { PATH }))).toEqual(["claude_command", "codex_command"]);
    const off = sources(rig, { PATH, CODEX_STATUS_PATH: "" });
    expect(names(off)).toEqual(["claude_command"]);
    expect(off.notes).toHaveLength(1);
    expect(off.notes[0]).toContain("CODEX_STATUS_PATH is empty");
    const sampler = rig.sampler(off.probes);
    await sampler.tick();
    expect(rig.lines().map((l) => l.source_tool)).toEqual(["claude"]);
  });

  test("A-09 a path that is set is used even if nothing is there, so that its absence is counted", () => {
    using rig = tempRig();
    expect(names(sources(rig, { CODEX_STATUS_PATH: "/nowhere" }))).toEqual(["codex_command"]);
  });

  test("A-21 C-11 the file sets cadences and accounts; a variable beats the file", () => {
    using rig = tempRig();
    const home = rig.path("work");
    const limits = {
      claude_status_path: "/a",
      codex_status_path: "/b",
      codex_cadence_ms: 600_000,
      mode: "sequential",
      codex_accounts: [{ alias: "work", codex_home: home, cadence_ms: 120_000 }],
    };
    const found = sources(
      rig,
      { CLAUDE_STATUS_PATH: "/c", HALL_CODEX_APP_SERVER: "true" },
      { limits, prices: [] },
    );
    expect(found.probes.map((p) => [p.name, p.program, p.cadence_ms])).toEqual([
      ["claude_command", "/c", 300_000],
      ["codex_command", "/b", 600_000],
      ["codex_app_server", "codex", 300_000],
      ["codex_app_server:work", "codex", 120_000],
    ]);
    expect(found.mode).toBe("sequential");
  });

  test.each([
    ["an address as alias", { codex_accounts: [{ alias: "a@b.test", codex_home: "/x" }] }],
    ["an account id as alias", { codex_accounts: [{ alias: "acct-123", codex_home: "/x" }] }],
    ["a relative home", { codex_accounts: [{ alias: "a", codex_home: "x" }] }],
    ["an alias twice", { codex_accounts: [1, 2].map((n) => ({ alias: "a", codex_home: `/${n}` })) }],
    ["a misspelt name", { cadence_s: 5 }],
    ["a cadence below a second", { cadence_ms: 10 }],
  ])("C-11 %s is an error that names the file", (_, limits) => {
    using rig = tempRig();
    const bad = () => sources(rig, {}, { limits });
    expect(bad).toThrow(AppError);
    expect(bad).toThrow("config.json");
  });
});

describe("a status command", () => {
  const poll = (rig: Rig, source: "claude" | "codex", body: string) =>
    rig.probe(source, rig.command(source, body)).run(() => NOON, new AbortController().signal);
  const figures = async (rig: Rig, source: "claude" | "codex", value: unknown) => {
    const result = await poll(rig, source, prints(value));
    return result.ok ? result.event.windows.map((w) => [w.window, w.used_percent]) : result.failure;
  };

  test("A-02 is called as ccTrack calls its own, and sees no key of an API", async () => {
    using rig = tempRig();
    const env = { ...ENV, ANTHROPIC_API_KEY: "sk-planted", HALL_DATA_DIR: rig.data, CODEX_HOME: "/x" };
    const { child_env } = loadConfig({ HOME: rig.path(""), ...env }).limits;
    const body = `echo "$@" > ${rig.path("args")}; env > ${rig.path("env")}\n${prints(CODEX_EVENT)}`;
    const [probe] = loadLimitSources(
      loadConfig({ HOME: rig.path(""), ...env, CODEX_STATUS_PATH: rig.command("codex", body) }).limits,
      rig.path("none"),
      "0",
    ).probes;
    expect((await probe?.run(() => NOON, new AbortController().signal))?.ok).toBe(true);
    expect(readFileSync(rig.path("args"), "utf8")).toBe("--format json --status-timeout 20\n");
    expect(readFileSync(rig.path("env"), "utf8")).not.toContain("planted");
    expect(child_env.CODEX_HOME).toBe("/x");
  });

  test("R01 R02 R03 may also print what Claude itself reports, each in its own unit", async () => {
    using rig = tempRig();
    const window = { used_percentage: 1, resets_at: 1_796_000_000 };
    expect(await figures(rig, "claude", { rate_limits: { five_hour: window } })).toEqual([["5h", 1]]);
    expect(await figures(rig, "claude", { five_hour: { utilization: 1 }, limits: [] })).toEqual([["5h", 1]]);
    const info = { unifiedWindows: { five_hour: { utilization: 1, resetsAt: 1_796_000_000 } } };
    expect(await figures(rig, "claude", { type: "rate_limit_event", rate_limit_info: info })).toEqual([
      ["5h", 100],
    ]);
  });

  test("C-07 anything else is garbage: text, another tool's event, an event without windows", async () => {
    using rig = tempRig();
    for (const value of [
      "hello",
      7,
      [],
      {},
      CODEX_EVENT,
      { ...CLAUDE_EVENT, windows: undefined },
      { ...CLAUDE_EVENT, timestamp: "noon" },
    ])
      expect(await figures(rig, "claude", value)).toBe("garbage");
    expect(await figures(rig, "claude", { ...CLAUDE_EVENT, windows: {} })).toEqual([]);
    expect(await poll(rig, "claude", "exit 0")).toEqual({ ok: false, failure: "garbage" });
    expect(
      await poll(rig, "claude", "while :; do echo 0123456789012345678901234567890123456789; done"),
    ).toEqual({
      ok: false,
      failure: "flood",
    });
  });
});

test("C-07 what cannot be started is missing: a folder, a file without the right to run", async () => {
  using rig = tempRig();
  mkdirSync(rig.path("folder"));
  writeFileSync(rig.path("text"), "#!/bin/sh\n");
  for (const name of ["folder", "text"]) {
    const result = await rig
      .probe("codex", join(rig.path(name)))
      .run(() => NOON, new AbortController().signal);
    expect(result).toEqual({ ok: false, failure: "missing" });
  }
});
