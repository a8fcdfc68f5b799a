import { expect, test } from "bun:test";
import { counted, toBytes, toDollars, toDuration } from "../../cli/format.ts";
import { type Column, table } from "../../cli/table.ts";

const columns: Column[] = [
  { title: "Day", align: "left", cells: ["2026-11-20", "Total"] },
  { title: "Models", align: "left", cells: ["claude-sonnet-4-5, 日本語モデル", ""], shrink_to: 8, drop: 2 },
  { title: "Cache", align: "right", cells: ["1,234,567", "1,234,567"], drop: 1 },
  { title: "Cost", align: "right", cells: ["$1.25", "$1.25"] },
];
const widest = (lines: string[]) => Math.max(...lines.map((line) => Bun.stringWidth(line)));

test("F051 a wide terminal shows all of it", () => {
  const lines = table(columns, { width: 200, has_total: true });
  expect(lines[2]).toContain("claude-sonnet-4-5, 日本語モデル");
  expect(lines[3]).toBe(lines[1]!);
  expect(lines[4]).toMatch(/^Total .*\$1\.25$/);
});

test.each([60, 50, 40, 30, 20])("F051 %d columns are enough, and the cost stays", (width) => {
  const lines = table(columns, { width });
  expect(widest(lines)).toBeLessThanOrEqual(width);
  expect(lines[0]).toEndWith("Cost");
});

test("F051 texts are cut before columns are left out", () => {
  expect(table(columns, { width: 45 })[2]).toMatch(/…/);
  expect(table(columns, { width: 45 })[0]).toContain("Cache");
  expect(table(columns, { width: 30 })[0]).not.toContain("Models");
});

test("F051 numbers are printed as people read them", () => {
  expect([null, 0, 1, 1_200_000, 999_950_000, 1_234_567_890_123].map(toDollars)).toEqual([
    "—",
    "$0.00",
    "< $0.0001",
    "$0.0012",
    "$1.00",
    "$1,234.57",
  ]);
  expect([0, 999, 1000, 1_500_000].map(toBytes)).toEqual(["0 B", "999 B", "1.0 KB", "1.5 MB"]);
  expect([400, 59_000, 3_600_000, 200_000_000].map(toDuration)).toEqual([
    "0 s",
    "59 s",
    "1 h 0 min",
    "2 days",
  ]);
  expect([counted(1, "file"), counted(2000, "file")]).toEqual(["1 file", "2,000 files"]);
});
