/** `bun run demo capture|limits|plans [--json]`: the product at work on invented agents, with what is expected of it checked. */
import { parseArgs } from "node:util";
import { demoCapture } from "./demo-capture.ts";
import { demoLimits } from "./demo-limits.ts";
import { demoPlans } from "./demo-plans.ts";
import { createReport, type Report } from "./demo-report.ts";

const DEMOS: Record<string, (report: Report) => Promise<void>> = {
  capture: demoCapture,
  limits: demoLimits,
  plans: demoPlans,
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const run = DEMOS[positionals[0] ?? ""];
if (!run) {
  console.error(`usage: bun run demo ${Object.keys(DEMOS).join("|")} [--json]`);
  process.exit(64);
}
const report = createReport(values.json ? () => {} : (line) => console.log(line));
await run(report);
if (values.json) console.log(JSON.stringify(report.result(), null, 2));
else console.log(report.sentence());
process.exit(report.result().ok ? 0 : 1);
