import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { createReport } from "../../scripts/demo-report.ts";
import { toEnd } from "../e2e/daemon.ts";

const ROOT = join(import.meta.dir, "../..");

test("F010 `bun run demo plans`: real hooks, stops and kills in between, watching on and off, and every expectation holds", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hall-plans-"));
  try {
    const env = { PATH: process.env.PATH ?? "", HOME: folder, TMPDIR: folder };
    const { code, stdout, stderr } = await toEnd(join(ROOT, "scripts/demo.ts"), ["plans", "--json"], { env });
    const { ok, expectations } = JSON.parse(stdout) as ReturnType<ReturnType<typeof createReport>["result"]>;
    expect(expectations.filter((e) => !e.ok)).toEqual([]);
    expect({ code, ok, stderr, count: expectations.length }).toEqual({
      code: 0,
      ok: true,
      stderr: "",
      count: 17,
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("hall-demo-"))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
