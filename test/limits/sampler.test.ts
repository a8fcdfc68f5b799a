import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { backoffMs } from "../../collector/limits/backoff.ts";
import { CADENCE, CLAUDE_EVENT, CODEX_EVENT, MINUTE, NOON, prints, tempRig, usageEvent } from "./rig.ts";

const tools = (lines: { source_tool: string }[]) => lines.map((l) => l.source_tool);

describe("one cycle", () => {
  test("A-01 two cycles of two sources are two events each, and each capture is counted once", async () => {
    using rig = tempRig();
    const claude = rig.probe("claude", rig.command("claude", prints(CLAUDE_EVENT)));
    const codex = rig.probe("codex", rig.command("codex", prints(CODEX_EVENT)));
    const sampler = rig.sampler([claude, codex]);
    await sampler.tick();
    await sampler.tick();
    expect(rig.lines()).toHaveLength(2);
    rig.clock.now += CADENCE;
    await sampler.tick();
    expect(tools(rig.lines())).toEqual(["claude", "codex", "claude", "codex"]);
    expect(sampler.health().map((h) => [h.name, h.captures, h.failures])).toEqual([
      ["claude_command", 2, 0],
      ["codex_command", 2, 0],
    ]);
    const windows = rig.spooled().map((s) => `${s.source} ${s.window} ${s.used_percent}`);
    expect([...new Set(windows)].sort()).toEqual([
      "claude 5h 42",
      "claude weekly 10",
      "claude weekly_opus 3",
      "codex 5h 23",
      "codex weekly 44",
    ]);
  });

  test("A-02 events are numbered from the base, Claude first, with the probe's time and our host name", async () => {
    using rig = tempRig();
    mkdirSync(join(rig.data, "usage"), { recursive: true, mode: 0o700 });
    await Bun.write(join(rig.data, "usage/sampler-state.json"), '{"seq_no":100,"consecutive_failures":0}');
    // The first in order is the last to answer.
    const claude = rig.probe("claude", rig.command("claude", `sleep 0.2\n${prints(CLAUDE_EVENT)}`));
    const codex = rig.probe(
      "codex",
      rig.command("codex", prints({ ...CODEX_EVENT, seq_no: 7, hostname: "x" })),
    );
    await rig.sampler([claude, codex]).tick();
    expect(rig.lines()).toMatchObject([
      { source_tool: "claude", seq_no: 100, timestamp: CLAUDE_EVENT.timestamp, hostname: "devbox" },
      { source_tool: "codex", seq_no: 101, timestamp: CODEX_EVENT.timestamp, hostname: "devbox" },
    ]);
    expect(rig.state()).toMatchObject({ seq_no: 102, last_claude_seq_no: 100, last_codex_seq_no: 101 });
  });

  for (const [id, broken, good] of [
    ["A-03", "codex", "claude"],
    ["A-04", "claude", "codex"],
  ] as const)
    test(`${id} ${broken} fails: ${good} is stored, one failure is counted, the cycle is a good one`, async () => {
      using rig = tempRig();
      const event = { claude: CLAUDE_EVENT, codex: CODEX_EVENT }[good];
      const probes = (["claude", "codex"] as const).map((s) =>
        rig.probe(s, rig.command(s, s === good ? prints(event) : "echo broken >&2; exit 3")),
      );
      const sampler = rig.sampler(probes);
      await sampler.tick();
      rig.clock.now += CADENCE;
      await sampler.tick();
      expect(tools(rig.lines())).toEqual([good, good]);
      expect(rig.lines().map((l) => l.seq_no)).toEqual([1, 2]);
      const failures = Object.fromEntries(sampler.health().map((h) => [h.source, h.failures]));
      expect(failures).toMatchObject({ [broken]: 2, [good]: 0 });
      expect(sampler.state().consecutive_failures).toBe(0);
    });

  test("A-06 a probe that hangs is killed at its deadline with all that it started, and delays no other", async () => {
    using rig = tempRig();
    const claude = rig.probe("claude", rig.command("claude", prints(CLAUDE_EVENT)));
    const stubborn = `trap '' TERM\necho $$ > ${rig.path("pid")}\n(trap '' TERM; sleep 600) &\nwait; sleep 600`;
    const codex = rig.probe("codex", rig.command("codex", stubborn), {
      timeout_ms: 1000,
      kill_after_ms: 100,
    });
    const sampler = rig.sampler([claude, codex]);
    const started = performance.now();
    await sampler.tick();
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(tools(rig.lines())).toEqual(["claude"]);
    expect(sampler.health()[1]).toMatchObject({ failures_by_class: { timeout: 1 }, is_running: false });
    expect(livingOfGroup(Number(await Bun.file(rig.path("pid")).text()))).toEqual([]);
    expect(sampler.health().map((h) => h.next_due_unix_ms)).toEqual([NOON + CADENCE, NOON + CADENCE]);
  });

  test("A-07 a missing program is warned about once and counted every time", async () => {
    using rig = tempRig();
    const claude = rig.probe("claude", rig.command("claude", prints(CLAUDE_EVENT)));
    const sampler = rig.sampler([claude, rig.probe("codex", rig.path("not-there"))]);
    for (let i = 0; i < 3; i++) {
      await sampler.tick();
      rig.clock.now += CADENCE;
    }
    expect(rig.logged).toHaveLength(1);
    expect(rig.logged[0]).toContain("not-there not found");
    expect(sampler.counters.binary_missing).toBe(3);
    expect(tools(rig.lines())).toEqual(["claude", "claude", "claude"]);
  });

  test("A-08 a probe that fails was started exactly once", async () => {
    using rig = tempRig();
    const sampler = rig.sampler([rig.probe("codex", rig.command("codex", "echo oops >&2; exit 1"))]);
    await sampler.tick();
    expect(rig.runs("codex")).toBe(1);
    expect(sampler.health()[0]).toMatchObject({ failures: 1, last_failure_class: "failed" });
  });

  test("A-19 an event that cannot be written is counted for its source, the other is stored", async () => {
    using rig = tempRig();
    const yesterday = usageEvent("codex", { "5h_limit": 1 }, "2026-11-19T23:59:59Z");
    mkdirSync(join(rig.data, "usage/usage-20261119.jsonl"), { recursive: true, mode: 0o700 });
    const sampler = rig.sampler([
      rig.probe("codex", rig.command("codex", prints(yesterday))),
      rig.probe("claude", rig.command("claude", prints(CLAUDE_EVENT))),
    ]);
    await sampler.tick();
    expect(sampler.health().map((h) => [h.source, h.captures, h.failures_by_class])).toEqual([
      ["codex", 0, { not_recorded: 1 }],
      ["claude", 1, {}],
    ]);
    expect(rig.spooled().map((s) => s.source)).toEqual(["claude", "claude", "claude"]);
    expect(await Bun.file(join(rig.data, "usage/usage-20261120.jsonl")).text()).toContain('"seq_no":2');
  });
});

test("A-05 when all fail the wait grows to a cap, and the first success ends it", async () => {
  using rig = tempRig();
  const file = rig.path("ok");
  const body = (value: unknown) => `[ -f ${file} ] || exit 1\n${prints(value)}`;
  const probes = [
    rig.probe("claude", rig.command("claude", body(CLAUDE_EVENT))),
    rig.probe("codex", rig.command("codex", body(CODEX_EVENT))),
  ];
  const backoff = { base_ms: MINUTE, cap_ms: 3 * MINUTE };
  const sampler = rig.sampler(probes, { backoff });
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    await sampler.tick();
    const [claude, codex] = sampler.health();
    expect(claude?.next_due_unix_ms).toBe(codex?.next_due_unix_ms ?? 0);
    waits.push((claude?.next_due_unix_ms ?? 0) - rig.clock.now - CADENCE);
    rig.clock.now = claude?.next_due_unix_ms ?? 0;
  }
  expect(waits).toEqual([MINUTE, 2 * MINUTE, 3 * MINUTE, 3 * MINUTE]);
  expect(rig.state().consecutive_failures).toBe(4);
  await Bun.write(file, "");
  await sampler.tick();
  expect(sampler.state().consecutive_failures).toBe(0);
  expect(sampler.health()[0]?.next_due_unix_ms).toBe(rig.clock.now + CADENCE);
});

test("A-05 the wait varies so that machines do not ask in step, and never exceeds its cap", () => {
  const backoff = { base_ms: 1000, cap_ms: 10_000 };
  expect([0, 1, 2, 3, 4, 5, 500].map((n) => backoffMs(n, backoff, () => 0))).toEqual([
    0, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
  expect(backoffMs(2, backoff, () => 0.999)).toBeGreaterThan(2000);
  for (let n = 1; n < 100; n++) expect(backoffMs(n, backoff, Math.random)).toBeLessThanOrEqual(10_000);
});

/** What was ended and waits for init to notice is not alive. */
function livingOfGroup(pid: number): string[] {
  const { stdout } = Bun.spawnSync(["ps", "-eo", "pgid=,stat=,args="]);
  const lines = stdout
    .toString()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([group, state]) => group === String(pid) && !state?.startsWith("Z"))
    .map((l) => l.join(" "));
}
