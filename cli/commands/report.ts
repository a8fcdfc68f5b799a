import type { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { BRANCH_GROUPS, type BranchGroup } from "../../schema/groups.ts";
import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { openReader } from "../../store/database.ts";
import type { Edition } from "../../store/price-book.ts";
import { rollupQueries } from "../../store/queries/rollup.ts";
import { branchReport } from "../branch-report.ts";
import { type Call, type Command, choice, flag, JSON_OPTION, type Option, text } from "../command.ts";
import { counted } from "../format.ts";
import { requireNames } from "../known-names.ts";
import { moment, RANGE_OPTIONS, timeZone } from "../moment.ts";
import { complain, out, printJson, terminalWidth, toPlain } from "../print.ts";
import { type ModelTotals, periodReport, type Report, type ReportQuery } from "../usage-report.ts";
import { type Labelled, usageTable } from "../usage-table.ts";

export const REPORT_OPTIONS: Record<string, Option> = {
  ...RANGE_OPTIONS,
  timezone: {
    type: "string",
    value: "ZONE",
    what: "IANA time zone of the days (default: HALL_TIME_ZONE or the system's)",
  },
  project: { type: "string", value: "PATH", what: "only this project: its path, or the last part of it" },
  model: { type: "string", value: "NAME", what: "only this model" },
  source: { type: "string", value: VENDOR_CHOICE, what: "only this agent" },
  breakdown: { type: "boolean", short: "b", what: "one line per model" },
  json: JSON_OPTION,
};

/** Opens the store, runs the query and prints the result; without one it is the error `no_data`. */
export async function report<Row extends { models: ModelTotals[] }>(
  { values, config }: Call,
  load: (db: Database, query: ReportQuery) => Report<Row>,
  show: (report: Report<Row>, options: { width: number; breakdown: boolean }) => string[],
  extra: Record<string, unknown> = {},
): Promise<number> {
  const settings = config();
  const query = toQuery(values, settings.time_zone);
  warnOfZone(values, settings);
  const db = openReader(settings.data_dir);
  try {
    requireNames(db, { project: query.scope.project, model: query.model });
    const found = load(db, query);
    if (found.rows.length === 0) throw await noData(found.first_record_unix_ms, settings.data_dir);
    const breakdown = flag(values, "breakdown");
    const unread_lines = rollupQueries(db).unreadLines();
    if (flag(values, "json"))
      printJson(
        toEnvelope({ ...extra, ...found, unread_lines }, breakdown, await edition(settings.data_dir)),
      );
    else {
      out(show(found, { width: terminalWidth(), breakdown }).join("\n"));
      if (unread_lines > 0) out(`${counted(unread_lines, "line")} too long to read, usage not included`);
    }
    return 0;
  } finally {
    db.close();
  }
}

/** Days in an unintended zone would look like any other. */
function warnOfZone(values: Call["values"], { time_zone, time_zone_not_understood: tz }: Config): void {
  if (tz === null || text(values, "timezone") !== undefined) return;
  complain(`hall-monitor: TZ=${toPlain(tz)} is not a time zone; days are those of ${time_zone}`);
  complain("  set HALL_TIME_ZONE, or use --timezone, with a name like Europe/Berlin");
}

function toQuery(values: Call["values"], zone: string): ReportQuery {
  const now = Date.now();
  const time_zone = timeZone(values, zone);
  const since = moment(values, "since", time_zone, now);
  const until = moment(values, "until", time_zone, now);
  if (since !== undefined && until !== undefined && until <= since)
    throw new AppError("usage", "--until is not after --since");
  const scope = { source: choice(values, "source", VENDOR_NAMES), project: text(values, "project") };
  return { scope, model: text(values, "model"), since, until, time_zone, now };
}

async function noData(first: number | null, dataDir: string): Promise<AppError> {
  const hint =
    first === null
      ? await (await import("../empty-store.ts")).emptyHint(dataDir)
      : "widen --since and --until, or remove filters";
  return new AppError("no_data", "No matching usage", { hint });
}

/** The table does not name its prices, so only JSON pays for loading them. */
async function edition(dataDir: string): Promise<Edition> {
  const { editionOf, loadPriceBook } = await import("../../store/price-book.ts");
  return editionOf(loadPriceBook(join(dataDir, "config.json")));
}

function toEnvelope<Row extends { models: ModelTotals[] }>(
  found: Report<Row> & { unread_lines: number },
  breakdown: boolean,
  price_book: Edition,
) {
  const rows = breakdown
    ? found.rows
    : found.rows.map(({ models, ...row }) => ({
        ...row,
        ...(models.length > 0 && { model_names: models.map((m) => m.model) }),
      }));
  return {
    schema_version: SCHEMA_VERSION,
    generated_at: new Date().toISOString(),
    time_zone: found.time_zone,
    price_book,
    data: { ...found, rows },
  };
}

type Period = "day" | "week" | "month";

function periodCommand(period: Period, title: string): Command {
  return {
    options: {
      ...REPORT_OPTIONS,
      by: {
        type: "string",
        value: BRANCH_GROUPS.join("|"),
        excludes: ["--model", "--breakdown"],
        what: "one line per branch or pull request",
      },
    },
    more:
      "Reads the database, with or without a daemon. Exit code 69 if there is no data.\n" +
      "By pull request: those opened by `gh pr create` or `glab mr create`, with all work on their branch.",
    run: (call) => {
      const group = choice(call.values, "by", BRANCH_GROUPS);
      if (group !== undefined) return byBranch(call, period, title, group);
      return report(
        call,
        (db, query) => periodReport(db, period, query),
        (found, options) => {
          const rows: Labelled[] = found.rows.map((row) => ({ labels: [row.bucket], totals: row }));
          return usageTable([{ title, shrink_to: 16 }], rows, found, options);
        },
        { period },
      );
    },
  };
}

function byBranch(call: Call, period: Period, title: string, group_by: BranchGroup): Promise<number> {
  return report(
    call,
    (db, query) => branchReport(db, period, group_by, query),
    (found, options) => {
      const rows = found.rows.map((row) => ({
        labels: [row.bucket, toPlain(row.group) || "none"],
        totals: row,
      }));
      const head = [
        { title, shrink_to: 10 },
        { title: group_by === "pr" ? "Pull request" : "Branch", shrink_to: 16 },
      ];
      return usageTable(head, rows, found, options);
    },
    { period, group_by },
  );
}

export const daily = periodCommand("day", "Day");
export const weekly = periodCommand("week", "Week");
export const monthly = periodCommand("month", "Month");
