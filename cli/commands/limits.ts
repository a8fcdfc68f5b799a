import { basename } from "node:path";
import { type Imported, importUsage } from "../../collector/limits/import.ts";
import type { LimitWindow } from "../../schema/api-limits.ts";
import { AppError } from "../../schema/errors.ts";
import { toPercent } from "../../schema/figures.ts";
import { VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";
import { type Call, type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, requireDaemon } from "../daemon-client.ts";
import { counted, toDuration } from "../format.ts";
import { requireFile } from "../input-file.ts";
import { showWhy, WHY_OPTIONS } from "../limits-why.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { table } from "../table.ts";

export const limits: Command = {
  positionals: ["import", "FILE…"],
  options: { ...WHY_OPTIONS, json: JSON_OPTION },
  more: [
    "Without arguments: every window now, from the daemon.",
    "--why reads the database. It splits the percentage points between two samples among the requests in between,",
    "weighted by list price, and shows the share that nothing recorded here explains.",
    "`import` takes usage-YYYYMMDD.jsonl files; importing a file again adds nothing. The daemon stores the events,",
    "now or at its next start.",
  ].join("\n"),
  run(call) {
    const [word, ...files] = call.positionals;
    if (word === undefined) return flag(call.values, "why") ? showWhy(call) : show(call);
    if (word === "import" && files.length > 0) return take(call, files);
    throw new AppError(
      "usage",
      word === "import" ? "import needs a file" : `unknown argument "${word}" for limits`,
      {
        hint: "see `hall-monitor limits --help`",
      },
    );
  },
};

async function show({ values, config }: Call): Promise<number> {
  const daemon = await requireDaemon(config().data_dir);
  const answer = await callRoute(daemon, "GET /api/limits");
  if (flag(values, "json")) printJson(answer);
  else for (const line of lines(answer.data.windows)) out(line);
  return 0;
}

function lines(windows: readonly LimitWindow[]): string[] {
  if (windows.length === 0) return ["No rate-limit samples yet"];
  const percent = (n: number | null) => (n === null ? "—" : toPercent(n));
  const cells = (of: (w: LimitWindow) => string) => windows.map((w) => toPlain(of(w)));
  return table(
    [
      { title: "Agent", align: "left", cells: cells((w) => w.source) },
      { title: "Account", align: "left", drop: 2, cells: cells((w) => w.account) },
      { title: "Limit", align: "left", drop: 3, cells: cells((w) => w.limit_id) },
      { title: "Window", align: "left", cells: cells((w) => w.window) },
      { title: "Used", align: "right", cells: cells((w) => percent(w.used_percent)) },
      { title: "Pace", align: "right", cells: cells((w) => w.pace_ratio?.toFixed(1) ?? "—") },
      {
        title: "Resets in",
        align: "right",
        cells: cells((w) => (w.reset_seconds === null ? "—" : toDuration(w.reset_seconds * 1000))),
      },
      { title: "Lasts", align: "left", drop: 4, cells: cells(runsOut) },
      {
        title: "Read",
        align: "right",
        drop: 1,
        cells: cells((w) => `${toDuration(w.age_seconds * 1000)} ago`),
      },
      { title: "State", align: "left", cells: cells((w) => w.state.replaceAll("_", " ")) },
    ],
    { width: terminalWidth() },
  );
}

/** The forecast, next to the time of the reset. */
function runsOut({ forecast }: LimitWindow): string {
  if (forecast === null || forecast.kind === "not_enough_data") return "—";
  if (forecast.kind === "no_run_out" || forecast.is_before_reset === false) return "to the reset";
  const left = forecast.at_unix_ms - Date.now();
  return left <= 0 ? "used up" : toDuration(left);
}

async function take({ values, config }: Call, files: readonly string[]): Promise<number> {
  for (const file of files) requireFile(file, "name usage-YYYYMMDD.jsonl files");
  // Days in their order: a checkpoint moves only forward.
  const inOrder = files.toSorted((a, b) => basename(a).localeCompare(basename(b)));
  const imported = await importUsage(config().data_dir, inOrder, Date.now());
  if (flag(values, "json")) printJson(imported);
  else out(sentence(imported));
  return 0;
}

function sentence({ events, known, unreadable, samples }: Imported): string {
  const parts = [
    `imported ${VENDOR_NAMES.map((name) => counted(events[name], `${VENDORS[name].short_label} event`)).join(" and ")}`,
    counted(samples, "sample"),
    `${counted(known, "event")} already stored`,
    unreadable > 0 ? `${counted(unreadable, "line")} skipped` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}
