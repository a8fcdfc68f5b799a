import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toLine } from "../../hooks/statusline.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { bundleHook } from "../../scripts/build-hook.ts";
import { spoolRecords } from "../hooks/fire.ts";
import { createWorld } from "../world.ts";
import { ENV, tempRig } from "./rig.ts";

const ROOT = join(import.meta.dir, "../..");
const FIXTURES = join(ROOT, "test/fixtures/claude/statusline");
const SCRIPT = join(ROOT, "hooks/statusline.js");
const recorded = (name: string) => readFileSync(join(FIXTURES, `${name}.json`), "utf8");
const NOW = Date.parse("2026-11-20T18:05:24Z");

type Run = { args?: string[]; script?: string[]; env?: Record<string, string> };
async function run(stdin: string, data: string, { args = [], script = [SCRIPT], env = {} }: Run = {}) {
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, ...script, ...args], {
    env: { ...ENV, HALL_DATA_DIR: data, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  child.stdin.write(stdin);
  child.stdin.end();
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

describe("the line", () => {
  test("F035 shows model, context, cost and limits with their pace, and leaves out what is missing", () => {
    expect(toLine(JSON.parse(recorded("329-oauth-002")), NOW)).toBe(
      "Sonnet 5.5 · context 1 % · $0.01 · 5h 37 % (pace 0.9, 3 h 0 min left) · weekly 61 % (pace 1.4, 4 days left)",
    );
    const apiKey = toLine(JSON.parse(recorded("197-interactive-005")), NOW);
    expect(apiKey).toContain("context");
    expect(apiKey).not.toContain("5h");
    expect(toLine({}, NOW)).toBe("");
    expect(toLine({ rate_limits: { five_hour: { used_percentage: 99.6 } } }, NOW)).toBe("5h 99 %");
    expect(toLine({ model: { display_name: "A\u001b[31mB\n" } }, NOW)).toBe("A[31mB");
  });
});

describe("the process", () => {
  test("F035 hooks/statusline.js is what hooks/statusline-main.ts builds to (else run `bun run build:hook`)", async () => {
    expect(await bundleHook("hooks/statusline.js")).toBe(readFileSync(SCRIPT, "utf8"));
  });

  test("F035.A1 R01 prints one line and leaves limits and the size of the context, and nothing else of its input, in the spool", async () => {
    using rig = tempRig();
    const { code, stdout, stderr } = await run(recorded("329-oauth-002"), rig.data);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Sonnet 5\.5 · .*weekly 61 %.*\n$/);
    const records = spoolRecords(rig.data);
    expect(records.map((r) => r.kind)).toEqual(["statusline/1"]);
    const { session_id, rate_limits, context_window } = JSON.parse(recorded("329-oauth-002"));
    const { context_window_size } = context_window;
    expect(JSON.parse(records[0]!.body.toString())).toEqual({ session_id, rate_limits, context_window_size });
  });

  test("R01 the collector makes samples of it, once a minute however often the line is drawn", async () => {
    using rig = tempRig();
    for (let i = 0; i < 3; i++)
      await run(recorded("329-oauth-004"), rig.data, { args: ["--account", "work"] });
    expect(spoolRecords(rig.data)).toHaveLength(3);
    const world = createWorld({ HALL_DATA_DIR: rig.data });
    try {
      await world.read();
      const rows = world.all<Record<string, unknown>>(
        "select distinct source, origin, account, limit_id, window, used_percent, resets_at_unix_ms from rate_limit_samples order by window",
      );
      const common = { source: "claude", origin: "statusline", account: "work", limit_id: "claude" };
      expect(rows).toMatchObject([
        { ...common, window: "5h" },
        { ...common, window: "weekly" },
      ]);
      const { n } = world.one<{ n: number }>("select count(*) as n from rate_limit_samples");
      // Two windows; four if the minute changed in between.
      expect([2, 4]).toContain(n);
      expect(world.one<{ n: number }>("select count(*) as n from rejects").n).toBe(0);
    } finally {
      world.close();
    }
  });

  test("F035 absent limits, broken JSON and a place that cannot be written give a line and no error", async () => {
    using rig = tempRig();
    const { context_window: _, ...unlimited } = JSON.parse(recorded("197-interactive-005"));
    for (const input of [JSON.stringify(unlimited), "{broken", ""])
      expect(await run(input, rig.data)).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(join(rig.data, "spool"))).toBe(false);
    const unwritable = await run(recorded("329-oauth-002"), "/proc/nowhere");
    expect(unwritable).toMatchObject({ code: 0, stderr: "" });
    expect(unwritable.stdout).toContain("Sonnet 5.5");
  });

  test("F035.A2 a wrapped status line gets the same input and its output is printed as it is", async () => {
    using rig = tempRig();
    const mine = rig.command(
      "mine",
      `printf 'mine: '; head -c 40 | tr -d '\\n'; printf '\\033[0m\\nsecond line\\n'`,
    );
    const { code, stdout } = await run(recorded("329-oauth-002"), rig.data, {
      args: ["--wrap", `${mine} x`],
    });
    expect(code).toBe(0);
    expect(stdout).toBe(
      `mine: ${recorded("329-oauth-002").slice(0, 40).replaceAll("\n", "")}\u001b[0m\nsecond line\n`,
    );
    expect(spoolRecords(rig.data)).toHaveLength(1);
  });

  test("F035 a secret in the environment or the input reaches no file", async () => {
    using rig = tempRig();
    const status = { ...JSON.parse(recorded("329-oauth-002")), email: "person@example.test" };
    const env = { ANTHROPIC_API_KEY: "sk-planted", CLAUDE_CODE_OAUTH_TOKEN: "oat-planted" };
    await run(JSON.stringify(status), rig.data, { env });
    const written = spoolRecords(rig.data)
      .map((r) => r.body.toString())
      .join();
    expect(written).toContain("five_hour");
    for (const secret of ["planted", "@example", "/home/dev"]) expect(written).not.toContain(secret);
  });

  test("F035 `hall-monitor statusline` is the same", async () => {
    using rig = tempRig();
    const cli = { script: [join(ROOT, "cli/main.ts"), "statusline"] };
    const own = await run(recorded("329-oauth-002"), rig.data, cli);
    expect(own).toMatchObject({ code: 0, stderr: "" });
    expect(own.stdout).toMatch(/^Sonnet 5\.5 · .*\n$/);
    expect(spoolRecords(rig.data)).toHaveLength(1);
  });

  test("F035 it takes less than 20 ms more than a runtime that does nothing", async () => {
    using rig = tempRig();
    const nothing = rig.path("nothing.js");
    await Bun.write(nothing, 'require("node:fs").readFileSync(0);');
    const time = async (script: string) => {
      const started = performance.now();
      await run(recorded("329-oauth-002"), rig.data, { script: [script] });
      return performance.now() - started;
    };
    const [bare, full]: [number[], number[]] = [[], []];
    for (let i = 0; i < 15; i++) {
      bare.push(await time(nothing));
      full.push(await time(SCRIPT));
    }
    // The fastest of many: what other programs take from this machine is not ours.
    expect(Math.min(...full) - Math.min(...bare)).toBeLessThan(20);
  });
});
