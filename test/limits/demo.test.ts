import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { leaks, SECRETS } from "../../scripts/demo-fakes.ts";
import { createReport } from "../../scripts/demo-report.ts";
import { toEnd } from "../e2e/daemon.ts";
import { allTitles } from "../repo/titles.ts";
import { CADENCE, CLAUDE_EVENT, CODEX_EVENT, ENV, prints, tempRig } from "./rig.ts";

const ROOT = join(import.meta.dir, "../..");

const demo = (args: string[], TMPDIR: string) =>
  toEnd(join(ROOT, "scripts/demo.ts"), args, { env: { ...ENV, TMPDIR } });

test("F032 E-A E-C `bun run demo limits` shows both rows and ends well, because every expectation held", async () => {
  using rig = tempRig();
  const { code, stdout, stderr } = await demo(["limits", "--json"], rig.path(""));
  const { ok, expectations, dials } = JSON.parse(stdout) as ReturnType<
    ReturnType<typeof createReport>["result"]
  >;
  expect(expectations.filter((e) => !e.ok)).toEqual([]);
  expect({ code, ok, stderr }).toEqual({ code: 0, ok: true, stderr: "" });
  const ids = new Set(expectations.map((e) => e.id));
  for (const id of ["A-01", "A-02", "A-03", "A-14", "A-16", "A-17", "C-02", "C-12", "C-13", "C-14", "C-15"])
    expect(ids).toContain(id);
  expect(dials[0]?.dials.map((d) => `${d.dial} ${d.used_percent}`)).toEqual([
    "C5 30",
    "CW 60",
    "S 50",
    "W 25",
    "O 10",
  ]);
  // Nothing of it stays behind.
  expect(readdirSync(rig.path("")).filter((name) => name.startsWith("hall-demo-"))).toEqual([]);
});

test("F032 a demo with an unknown name is a wrong call, not a success", async () => {
  using rig = tempRig();
  const { code, stderr } = await demo(["nothing"], rig.path(""));
  expect(code).toBe(64);
  expect(stderr).toContain("usage: bun run demo capture|limits|plans");
});

describe("the demo's own judgement", () => {
  test("F032 one expectation that does not hold makes the whole fail, and so does none at all", () => {
    const printed: string[] = [];
    const report = createReport((line) => void printed.push(line));
    expect(report.result().ok).toBe(false);
    report.expect("A-01", "holds", [1, 2], [1, 2]);
    expect(report.result().ok).toBe(true);
    report.expect("A-02", "does not", [1, 3], [1, 2]);
    expect(report.result().ok).toBe(false);
    expect(printed.join("\n")).toContain("FAIL A-02  does not\n       got [1,3]\n       not [1,2]");
    expect(report.sentence()).toContain("1 of 2 expectations did not hold");
  });

  test("C-12 a secret in any output is found", () => {
    const outputs: [string, string][] = [
      ["/metrics", "codex_monitor_up 1"],
      ["hall.db", `\u0000\u0001${SECRETS.email}\u0002`],
    ];
    expect(leaks(outputs)).toEqual(["email in hall.db"]);
  });
});

test("A-04 sources that fail in turn, over a restart: what was good is stored and no number comes twice", async () => {
  using rig = tempRig();
  const fails = "exit 3";
  const probes = () => [rig.probe("claude", rig.path("claude")), rig.probe("codex", rig.path("codex"))];
  let sampler = rig.sampler(probes());
  for (const [claude, codex] of [
    [fails, prints(CODEX_EVENT)],
    [prints(CLAUDE_EVENT), prints(CODEX_EVENT)],
    [prints(CLAUDE_EVENT), fails],
    [fails, prints(CODEX_EVENT)],
  ] as const) {
    rig.command("claude", claude);
    rig.command("codex", codex);
    await sampler.tick();
    expect(sampler.state().consecutive_failures).toBe(0);
    sampler = rig.sampler(probes());
    rig.clock.now += CADENCE;
  }
  expect(rig.lines().map((l) => `${l.seq_no} ${l.source_tool}`)).toEqual([
    "1 codex",
    "2 claude",
    "3 codex",
    "4 claude",
    "5 codex",
  ]);
});

const rows = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i + 1).padStart(2, "0")}`);

test("F032 every row of the two systems and every trap of limits has a test with a title that starts with its id", () => {
  const wanted = [...rows("A-", 22), ...rows("C-", 19), ...rows("R", 9), ...rows("P", 3)];
  const proven = new Set(allTitles(ROOT).flatMap((t) => t.ids));
  expect(wanted.filter((id) => !proven.has(id))).toEqual([]);
});
