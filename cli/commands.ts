import type { Command } from "./command.ts";
import { backfill } from "./commands/backfill.ts";
import { blocks } from "./commands/blocks.ts";
import { doctor } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { guard } from "./commands/guard.ts";
import { importCommand } from "./commands/import.ts";
import { install } from "./commands/install.ts";
import { limits } from "./commands/limits.ts";
import { prune } from "./commands/prune.ts";
import { rebuild } from "./commands/rebuild.ts";
import { recost } from "./commands/recost.ts";
import { reindex } from "./commands/reindex.ts";
import { daily, monthly, weekly } from "./commands/report.ts";
import { session } from "./commands/session.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { statusline } from "./commands/statusline.ts";
import { stop } from "./commands/stop.ts";
import { tail } from "./commands/tail.ts";
import { uninstall } from "./commands/uninstall.ts";
import { verify } from "./commands/verify.ts";
import { why } from "./commands/why.ts";
import type { HelpGroup } from "./help.ts";

const inGroup = (group: HelpGroup, ...commands: Command[]) => commands.map((c) => ({ ...c, group }));

/** Every command, in the order of the help. */
export const COMMANDS: readonly (Command & { group: HelpGroup })[] = [
  ...inGroup(
    "Running",
    start,
    stop,
    status,
    backfill,
    reindex,
    recost,
    rebuild,
    importCommand,
    prune,
    verify,
  ),
  ...inGroup("Reading", tail, daily, weekly, monthly, session, blocks, why, limits, guard, exportCommand),
  ...inGroup("Installing", install, uninstall, doctor, statusline),
];
