import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../cli/run.ts";
import { jsonl } from "../world.ts";
import { line, planWorld } from "./rig.ts";

function place(rig: ReturnType<typeof planWorld>) {
  return { home: rig.world.home, data_dir: rig.world.config.data_dir };
}

test("F021 plans list, status, graph and resume answer without a daemon", async () => {
  using rig = planWorld();
  rig.manifest({ A: "completed", B: "in_progress" }, 0);
  rig.scan();
  const at = place(rig);
  expect((await run(at, ["plans"])).stdout).toMatch(/shop-plan +shop +active +50 % +1\/2/);
  expect(JSON.parse((await run(at, ["plans", "list", "--json"])).stdout).data[0].name).toBe("shop-plan");
  expect((await run(at, ["plans", "status"])).stdout).toMatch(/B +Feature B +0 +in progress +1/);
  expect((await run(at, ["plans", "graph", "shop-plan"])).stdout).toStartWith("flowchart LR\n");
  expect((await run(at, ["plans", "resume"])).stdout).toBe(
    `cd '${rig.project}' && claude '/plan-orchestrate shop-plan'\n`,
  );
  const unknown = await run(at, ["plans", "status", "nothing"]);
  expect([unknown.code, unknown.stderr]).toEqual([69, expect.stringContaining("Plan nothing")]);
  expect((await run(at, ["plans", "dance"])).code).toBe(64);
});

test("F021 plans validate needs no data and exits with a code for whether there are findings", async () => {
  using rig = planWorld();
  const at = place(rig);
  const founding = await run(at, ["plans", "validate", join(ROOT, "test/fixtures/plans/founding")]);
  expect(founding.code).toBe(1);
  expect(founding.stdout).toMatch(
    /manifest\.jsonl:12 PL014 F011 sums cost and does not depend on F009 → add F009/,
  );
  const own = await run(at, ["plans", "validate", ROOT, "--json"]);
  expect([own.code, JSON.parse(own.stdout).findings]).toEqual([0, []]);
  expect((await run(at, ["plans", "validate", at.home])).code).toBe(69);
});

test("F021 plans retry and archive only show what they would do, unless --write is given", async () => {
  using rig = planWorld();
  const at = place(rig);
  const folder = rig.path("dev/active/shop-plan");
  const manifest = join(folder, "manifest.jsonl");
  mkdirSync(folder, { recursive: true });
  const before = `${jsonl(line("A", "failed"), line("B", "completed"))}{"id": "broken`;
  writeFileSync(manifest, before);
  const dry = await run(at, ["plans", "retry", "A", "--plan", folder]);
  expect(dry.stdout).toBe(`with --write: A is pending in ${manifest}\n`);
  expect(readFileSync(manifest, "utf8")).toBe(before);
  expect((await run(at, ["plans", "retry", "A", "--plan", folder, "--write"])).code).toBe(0);
  expect(readFileSync(manifest, "utf8")).toBe(before.replace('"failed"', '"pending"'));
  expect((await run(at, ["plans", "retry", "B", "--plan", folder, "--write"])).stderr).toContain(
    "only a failed feature",
  );
  await run(at, ["plans", "archive", folder]);
  expect(existsSync(folder)).toBe(true);
  expect((await run(at, ["plans", "archive", folder, "--write"])).code).toBe(0);
  expect(existsSync(rig.path("dev/complete/shop-plan/manifest.jsonl"))).toBe(true);
});
