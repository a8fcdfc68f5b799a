import type { Session } from "../../schema/api-shapes.ts";
import { AppError } from "../../schema/errors.ts";
import { activityTable, byActivity } from "../activity-table.ts";
import { alertSettings } from "../alerts.ts";
import { createAway } from "../away.ts";
import { type Bell, createBell } from "../bell.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { callRoute, type DaemonFile, requireDaemon } from "../daemon-client.ts";
import { follow } from "../follow.ts";
import { out, printJson, terminalWidth } from "../print.ts";

const SOMEONE_WAITS = 1;

export const waiting: Command = {
  options: {
    "longer-than": { type: "string", value: "SECONDS", what: "only waits of at least this long (0)" },
    watch: { type: "boolean", what: "keep running and print the list whenever it changes" },
    json: JSON_OPTION,
  },
  more: [
    "Exit code 0 = no session waits, 1 = at least one does, 64 = invalid usage, 69 = no daemon is running.",
    "A session waits for a permission, an answer, a plan's approval or a form; a finished turn is not a wait.",
    "--watch rings the terminal's bell once for each wait longer than `alerts.waiting_after_seconds` of config.json.",
    "",
    "  hall-monitor waiting --longer-than 60 || notify-send 'An agent waits for you'",
  ].join("\n"),
  async run({ values, config }) {
    const { data_dir } = config();
    const print = printer(flag(values, "json"), leastSeconds(values) * 1000);
    const daemon = await requireDaemon(data_dir);
    if (!flag(values, "watch")) return print(await load(daemon)) > 0 ? SOMEONE_WAITS : 0;
    await watchWaits(data_dir, daemon, print, createBell(alertSettings(config()).waiting_after_seconds));
    return 0;
  },
};

type Answer = Awaited<ReturnType<typeof load>>;
/** The number of waiting sessions. */
type Print = (answer: Answer) => number;

const load = (daemon: DaemonFile) =>
  callRoute(daemon, "GET /api/sessions", { query: { activity: "waiting", limit: "1000" } });

function printer(isJson: boolean, least_ms: number): Print {
  return (answer) => {
    const now = Date.now();
    const waits = byActivity(answer.data.filter((s) => waited(s, now) >= least_ms));
    if (isJson) printJson({ ...answer, data: waits });
    else if (waits.length === 0) out("No sessions are waiting for you");
    else for (const line of activityTable(waits, now, terminalWidth())) out(line);
    return waits.length;
  };
}

/** Runs until interrupted. The list is printed when it changes. */
async function watchWaits(dataDir: string, daemon: DaemonFile, print: Print, bell: Bell): Promise<void> {
  let answer: Answer | undefined;
  let printed = "";
  const away = createAway();
  const tick = setInterval(() => answer && bell(answer.data, Date.now()), 1000);
  const on = {
    load,
    data(next: Answer) {
      away.back();
      answer = next;
      const waits = next.data.map((s) => `${s.source}:${s.session_id} ${s.activity.since_unix_ms}`);
      const now = waits.sort().join() || "none";
      if (now !== printed) print(next);
      printed = now;
      bell(next.data, Date.now());
    },
    lost: away.lost,
  };
  await follow(dataDir, daemon, new AbortController().signal, on).finally(() => clearInterval(tick));
}

const waited = ({ activity }: Session, now: number) => now - (activity.since_unix_ms ?? now);

function leastSeconds(values: Values): number {
  const written = text(values, "longer-than") ?? "0";
  if (/^\d{1,7}$/.test(written)) return Number(written);
  throw new AppError("usage", `--longer-than=${written} is not a whole number of seconds`);
}
