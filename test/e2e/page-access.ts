import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const HTML_CHARACTERS = 160;
type Found = { html: string; any: { message: string }[] };
type Results = { violations: { id: string; impact: string; nodes: Found[] }[] };

/** What axe calls serious in the page as it is, and each of the widths at which it is wider than its window. */
export async function accessFaults(page: Page, label: string, widths = [320]): Promise<string[]> {
  const { violations } = (await page.evaluate(`${AXE};axe.run({ resultTypes: ["violations"] })`)) as Results;
  const faults = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${label} ${id}: ${nodes.map((n) => `${n.html.slice(0, HTML_CHARACTERS)} ${n.any[0]?.message ?? ""}`).join(" | ")}`,
    );
  for (const width of widths) {
    await page.setViewportSize({ width, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) faults.push(`${label} is ${wide} wide at ${width}`);
  }
  return faults;
}
