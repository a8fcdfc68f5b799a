import type { Session } from "../../schema/api-shapes.ts";
import { AppError } from "../../schema/errors.ts";
import { activityTable, byActivity } from "../activity-table.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { ask, requireDaemon } from "../daemon-client.ts";
import { out, printJson, terminalWidth } from "../print.ts";

const SOMEONE_WAITS = 1;

export const waiting: Command = {
  options: {
    "longer-than": { type: "string", value: "SECONDS", what: "only what has waited so long (0)" },
    json: JSON_OPTION,
  },
  more: [
    "Exit code 0 = no session waits, 1 = at least one does, 64 = not understood, 69 = no daemon runs.",
    "A session waits for a permission, an answer, a plan's approval or a form; the end of a turn is no wait.",
    "",
    "  hall-monitor waiting --longer-than 60 || notify-send 'An agent waits for you'",
  ].join("\n"),
  async run({ values, config }) {
    const least = leastSeconds(values);
    const daemon = await requireDaemon(config().data_dir);
    const answer = await ask(daemon, "GET /api/sessions", {
      query: { activity: "waiting", limit: "1000" },
    });
    const now = Date.now();
    const waits = byActivity(answer.data.filter((s) => waited(s, now) >= least * 1000));
    if (flag(values, "json")) printJson({ ...answer, data: waits });
    else if (waits.length === 0) out("No session waits for you.");
    else for (const line of activityTable(waits, now, terminalWidth())) out(line);
    return waits.length > 0 ? SOMEONE_WAITS : 0;
  },
};

const waited = ({ activity }: Session, now: number) => now - (activity.since_unix_ms ?? now);

function leastSeconds(values: Values): number {
  const written = text(values, "longer-than") ?? "0";
  if (/^\d{1,7}$/.test(written)) return Number(written);
  throw new AppError("usage", `--longer-than=${written} is not a whole number of seconds`);
}
