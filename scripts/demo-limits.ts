/** Rate limits from one end to the other: status programs, a machine that sleeps, two accounts and their alerts. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../schema/errors.ts";
import { demoAccounts } from "./demo-accounts.ts";
import { demoCommands } from "./demo-commands.ts";
import { leaks } from "./demo-fakes.ts";
import type { Report } from "./demo-report.ts";
import { demoSleep } from "./demo-sleep.ts";

const PARTS = [demoCommands, demoSleep, demoAccounts];

export async function demoLimits(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "hall-demo-"));
  try {
    for (const [at, part] of PARTS.entries()) {
      const folder = join(home, String(at));
      mkdirSync(folder);
      // A part that cannot go on is an expectation that did not hold, not the end of the others.
      await part(report, folder).catch((error: unknown) =>
        report.expect("demo", "goes on to its end", messageOf(error), ""),
      );
    }
    report.expect("C-12", "no secret in what was shown here", leaks([["this report", report.lines()]]), []);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
