import type { Database } from "bun:sqlite";
import { budgetSpends, limitNano } from "../../collector/alerts/budget-rules.ts";
import { BUDGET_SCOPES, Budget } from "../../schema/alerts.ts";
import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { isTooOldToAlert, mainLimitId } from "../../schema/rate-limits.ts";
import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { openReader } from "../../store/database.ts";
import { limitQueries } from "../../store/queries/limits.ts";
import { spendQueries } from "../../store/queries/spend.ts";
import { currentWindows } from "../../viewer/limits/current.ts";
import { alertSettings } from "../alerts.ts";
import { type Command, choice, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { counted, toDollars } from "../format.ts";
import { requireLimit, requireNames } from "../known-names.ts";
import { out, paint, printJson, toPlain } from "../print.ts";
import { requireSession } from "../session-id.ts";

const WINDOW = new RegExp(`^(${VENDOR_CHOICE}):([\\w]{1,60})$`);

const EXAMPLES = VENDOR_NAMES.map((name, i) => `${name}:${i === 0 ? "5h" : "weekly"}`).join(" or ");
const OVER = 1;

/** The result of one check. */
type Check = { what: string; value: number; limit: number; unit: "usd" | "percent"; is_over: boolean } & {
  unpriced_requests?: number;
};

export const guard: Command = {
  options: {
    "limit-usd": {
      type: "string",
      value: "USD",
      excludes: ["--window"],
      what: "budget of the scope, in US dollars",
    },
    scope: {
      type: "string",
      value: BUDGET_SCOPES.join("|"),
      needs: ["--limit-usd"],
      what: "scope of the budget (default: day)",
    },
    project: {
      type: "string",
      value: "NAME",
      needs: ["--limit-usd"],
      what: "only this project: its path, or the last part of it",
    },
    session: {
      type: "string",
      value: "ID",
      needs: ["--scope"],
      what: "with --scope session: the session",
    },
    window: {
      type: "string",
      value: "AGENT:WINDOW",
      what: `a rate limit, such as ${EXAMPLES}`,
    },
    "max-percent": {
      type: "string",
      value: "N",
      needs: ["--window"],
      what: "maximum use of that window in percent (default: 100)",
    },
    account: {
      type: "string",
      value: "ALIAS",
      needs: ["--window"],
      what: "with --window: only this account",
    },
    json: JSON_OPTION,
  },
  more: [
    "Exit code 0 = within the limit, 1 = used up, 64 = invalid usage, 69 = no data. Reads the database, with or",
    "without a daemon, and stops no session. Without options it checks the budgets in config.json.",
    "",
    "  hall-monitor guard --limit-usd 20 --scope day && ./nightly-agent.sh",
  ].join("\n"),
  run({ values, config }) {
    const runChecks = read(values);
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      return printChecks(settings, flag(values, "json"), runChecks(db, settings, Date.now()));
    } finally {
      db.close();
    }
  },
};

type CheckRun = (db: Database, config: Config, now: number) => Check[];

/** The parsed query, before anything is opened. */
function read(values: Values): CheckRun {
  const [limit, window] = [text(values, "limit-usd"), text(values, "window")];
  if (window !== undefined) return ofWindow(values, window);
  if (limit !== undefined) {
    const budget = toBudget(values, limit);
    const [project, session] = [text(values, "project"), text(values, "session")];
    return (db, config, now) => {
      requireNames(db, { project });
      return ofBudget(db, config, now, budget, session && requireSession(db, session));
    };
  }
  return (db, config, now) => {
    const { budgets } = alertSettings(config);
    if (budgets.length === 0) throw usage("nothing to check: config.json has no budgets");
    return budgets.flatMap((budget) => ofBudget(db, config, now, budget));
  };
}

const usage = (message: string) =>
  new AppError("usage", message, { hint: "see `hall-monitor guard --help`" });

function number(name: string, value: string, most: number): number {
  const n = value.trim() === "" ? Number.NaN : Number(value);
  if (!(n > 0 && n <= most)) throw usage(`--${name}=${value} is not a number above 0 and up to ${most}`);
  return n;
}

function toBudget(values: Values, limit: string): Budget {
  const scope = choice(values, "scope", BUDGET_SCOPES) ?? "day";
  const [project, session] = [text(values, "project"), text(values, "session")];
  if ((scope === "session") !== (session !== undefined))
    throw usage("--scope session and --session go together");
  const limit_usd = number("limit-usd", limit, 1_000_000);
  const budget = Budget.safeParse({ scope, limit_usd, ...(project !== undefined && { project }) });
  if (!budget.success) throw usage("--scope project needs --project");
  return budget.data;
}

function ofBudget(
  db: Database,
  { time_zone }: Config,
  now: number,
  budget: Budget,
  session?: string,
): Check[] {
  const spend = spendQueries(db);
  if (!spend.hasAny())
    throw new AppError("no_data", "No requests recorded yet", { hint: "run `hall-monitor start` first" });
  const isWanted = (key: string | undefined) =>
    session === undefined || key === session || key?.slice(key.indexOf(":") + 1) === session;
  // A named session may be old.
  const clock = { now: session === undefined ? now : 0, time_zone };
  const found = budgetSpends(budget, spend, clock).filter((s) => isWanted(s.session_key));
  if (session !== undefined && found.length === 0)
    throw new AppError("no_data", `Session ${session} has no cost`, {
      hint: "see `hall-monitor session`",
    });
  return found.map(({ of, cost_nano_usd, unpriced_requests }) => ({
    what: of,
    value: cost_nano_usd / 1e9,
    limit: budget.limit_usd,
    unit: "usd",
    is_over: cost_nano_usd >= limitNano(budget),
    unpriced_requests,
  }));
}

function ofWindow(values: Values, name: string): CheckRun {
  const [, source, window] = WINDOW.exec(name) ?? [];
  if (!source || !window) throw usage(`--window=${name} is not a window of an agent, as ${EXAMPLES}`);
  const limit = number("max-percent", text(values, "max-percent") ?? "100", 1000);
  const account = text(values, "account");
  return (db, _, now) => {
    const limits = limitQueries(db);
    requireLimit(limits.keys(), { source, window, account });
    const windows = currentWindows(limits, now).filter(
      (w) =>
        w.source === source &&
        w.window === window &&
        w.limit_id === (mainLimitId(w.source) ?? w.limit_id) &&
        (account === undefined || w.account === account),
    );
    const checks = windows.flatMap(({ used_percent: value, row }): Check[] => {
      const is_over = value !== null && value >= limit;
      // Within a window the value only grows: an old one can prove that the limit is exceeded, but never that it is
      // not.
      if (value === null || (!is_over && isTooOldToAlert(row, now))) return [];
      return [{ what: `${name}, ${row.account}`, value, limit, unit: "percent", is_over }];
    });
    if (checks.length === 0)
      throw new AppError("no_data", `No current samples of ${name}`, { hint: "see `hall-monitor limits`" });
    return checks;
  };
}

function printChecks(config: Config, isJson: boolean, checks: Check[]): number {
  const is_over = checks.some((c) => c.is_over);
  if (isJson)
    printJson({
      schema_version: SCHEMA_VERSION,
      generated_at: new Date().toISOString(),
      time_zone: config.time_zone,
      data: { is_over, checks },
    });
  else for (const check of checks) out(line(check));
  return is_over ? OVER : 0;
}

function line({ what, value, limit, unit, is_over, unpriced_requests = 0 }: Check): string {
  const figures =
    unit === "usd"
      ? `${toDollars(Math.round(value * 1e9))} of $${limit}`
      : `${Math.round(value * 10) / 10} % used, at most ${limit} %`;
  const unknown =
    unpriced_requests > 0 ? `, without ${counted(unpriced_requests, "request")} of unknown price` : "";
  return `${is_over ? paint("red", "over") : "ok  "}  ${toPlain(what)}: ${figures}${unknown}`;
}
