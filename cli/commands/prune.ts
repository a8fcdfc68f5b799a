import { DAY_MS } from "../../schema/durations.ts";
import { AppError } from "../../schema/errors.ts";
import { refuseBesideDaemon } from "../alone.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { counted, toBytes } from "../format.ts";
import { complain, out, printJson } from "../print.ts";

const AGE = /^(\d{1,5})d$/;
const REASONS = { not_sealed: "not sealed yet", damaged: "does not match its checksum" };

export const prune: Command = {
  options: {
    "older-than": { type: "string", value: "90d", what: "age in days, at least 1" },
    "dry-run": { type: "boolean", what: "only show what would be removed" },
    json: JSON_OPTION,
  },
  more: "Events keep their time, type, session and tool; requests and costs are never touched.\nStop the daemon first, or set HALL_PRUNE_DAYS to have it prune automatically.",
  async run({ values, config }) {
    const settings = config();
    const before = Date.now() - age(values) * DAY_MS;
    const isDry = flag(values, "dry-run");
    if (!isDry) await refuseBesideDaemon(settings.data_dir);
    const { planPrune, pruneNow } = await import("../prune.ts");
    const plan = await planPrune(settings, before);
    const pruned = isDry || plan.events === 0 ? 0 : await pruneNow(settings, before);
    if (flag(values, "json")) {
      printJson({ ...plan, pruned, is_dry_run: isDry });
      return 0;
    }
    out(
      isDry
        ? `${counted(plan.events, "event")} would be pruned (${toBytes(plan.bytes)})`
        : `${counted(pruned, "event")} pruned (${toBytes(plan.bytes)}); SQLite reuses the space`,
    );
    for (const { day, reason } of plan.refused) complain(`${day} is skipped: ${REASONS[reason]}`);
    return 0;
  },
};

function age(values: Values): number {
  const written = text(values, "older-than");
  const days = Number(AGE.exec(written ?? "")?.[1] ?? 0);
  if (days >= 1) return days;
  throw new AppError(
    "usage",
    written === undefined ? "prune needs --older-than" : `--older-than=${written} is not an age`,
    {
      hint: "write it in days: --older-than 90d",
    },
  );
}
