import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const ROOMS = ["schema", "hooks", "store", "collector", "viewer", "cli", "scripts"];
const RULE = "lint/complexity/noExcessiveLinesPerFunction";
type Found = { category: string; message: string; location: { path: string; start: { line: number } } };

test("F000 no function is longer than 40 lines", async () => {
  const linter = Bun.spawn(
    [
      process.execPath,
      "node_modules/@biomejs/biome/bin/biome",
      "lint",
      ...ROOMS,
      "--config-path=test/repo/function-lines.json",
      "--max-diagnostics=none",
      "--reporter=json",
    ],
    { cwd: ROOT, stdout: "pipe", stderr: "ignore" },
  );
  const { diagnostics, summary } = await new Response(linter.stdout).json();
  expect(summary.unchanged).toBeGreaterThan(300);
  const found = (diagnostics as Found[]).filter((d) => d.category === RULE);
  expect(found.map((d) => `${d.location.path}:${d.location.start.line} ${d.message}`)).toEqual([]);
});
