/** Rules about money, from the rollups. A budget applies however evenly it is spent; the rate is a separate rule. */
import type { Budget, RateOfChange } from "../../schema/alerts.ts";
import type { Period } from "../../schema/api-params.ts";
import { DAY_MS } from "../../schema/durations.ts";
import type { Spend, SpendQueries } from "../../store/queries/spend.ts";
import { cut, QUARTER_MS, type Range } from "../../store/queries/zone.ts";
import type { Facts, Verdict } from "./engine.ts";
import { NOTHING } from "./limit-rules.ts";

const NANO = 1_000_000_000;
const HOUR_MS = 3_600_000;
/** A session without activity for this long has ended with regard to its budget. */
const SESSION_MS = DAY_MS;
const BASE_DAYS = 7;
/** Fewer hours of work than this do not define a usual hour. */
const BASE_HOURS = 3;
/** The rate must fall this far below its threshold before its alert clears. */
const CALM_SHARE = 0.8;

type Clock = { now: number; time_zone: string };
type Subject = { key: string; of: string; session_key?: string };

/** Spending under a budget: one sum, or one per session. */
export function budgetSpends(budget: Budget, spend: SpendQueries, clock: Clock): (Subject & Spend)[] {
  const { scope, limit_usd, project, source } = budget;
  const key = ["budget", scope, source ?? "", project ?? "", limit_usd].join(":");
  if (scope === "session")
    return spend
      .bySession(clock.now - SESSION_MS)
      .filter((s) => source === undefined || s.session_key.startsWith(`${source}:`))
      .map((s) => ({ ...s, key: `${key}:${s.session_key}`, of: `in session ${s.session_key}` }));
  const about = [project && `in ${project}`, source && `by ${source}`].filter(Boolean);
  if (scope === "project") return [{ ...spend.of({ project, source }), key, of: about.join(" ") }];
  const { label, range } = periodOf(scope, clock);
  const of = [{ day: "today", week: "this week", month: "this month" }[scope], ...about].join(" ");
  return [{ ...spend.of({ project, source }, range), key: `${key}:${label}`, of }];
}

export function budgetVerdicts(budget: Budget, spend: SpendQueries, clock: Clock): Verdict[] {
  return budgetSpends(budget, spend, clock).map((subject) => judge(budget, subject));
}

/** The current day, week (from Monday) or month in the configured zone. */
export function periodOf(period: Exclude<Period, "hour">, { now, time_zone }: Clock) {
  const found = cut(period, { from_unix_ms: now, until_unix_ms: now + 1 }, time_zone)[0]!;
  const { bucket: label, bucket_unix_ms: from_unix_ms, until_unix_ms } = found;
  return { label, range: { from_unix_ms, until_unix_ms } satisfies Range };
}

const dollars = (nano: number) => `$${(nano / NANO).toFixed(2)}`;

export const limitNano = (budget: Pick<Budget, "limit_usd">) => Math.round(budget.limit_usd * NANO);

const THRESHOLD = { name: "budget.threshold", severity: "warning" } as const;
const EXCEEDED = { name: "budget.exceeded", severity: "critical" } as const;

function judge(budget: Budget, { key, of, session_key, ...spend }: Subject & Spend): Verdict {
  const limit = limitNano(budget);
  const level = budget.at.findLast((percent) => spend.cost_nano_usd >= (limit * percent) / 100);
  if (level === undefined) return { key, is: "fine" };
  const unpriced =
    spend.unpriced_requests === 0
      ? ""
      : `, without ${spend.unpriced_requests} request${spend.unpriced_requests === 1 ? "" : "s"} of unknown price`;
  const facts: Facts = {
    rule: "budget",
    ...(level >= 100 ? EXCEEDED : THRESHOLD),
    level,
    title: `${Math.floor((spend.cost_nano_usd / limit) * 100)} % of ${dollars(limit)} spent ${of}`.slice(
      0,
      300,
    ),
    detail: `${dollars(spend.cost_nano_usd)} of ${dollars(limit)}${unpriced}`,
    value: spend.cost_nano_usd / NANO,
    threshold: (budget.limit_usd * level) / 100,
    unit: "usd",
    ...NOTHING,
    source: budget.source ?? "hall",
    project: budget.project ?? null,
    session_key: session_key ?? null,
  };
  return { key, is: "bad", facts };
}

/** The last hour compared with the usual hour of work of the last days. */
export function rateVerdict({ factor, min_usd }: RateOfChange, spend: SpendQueries, now: number): Verdict {
  const key = "spend_rate";
  const until_unix_ms = (Math.floor(now / QUARTER_MS) + 1) * QUARTER_MS;
  const from_unix_ms = until_unix_ms - HOUR_MS;
  const last = spend.of({}, { from_unix_ms, until_unix_ms }).cost_nano_usd;
  const base = spend.hours({ from_unix_ms: from_unix_ms - BASE_DAYS * DAY_MS, until_unix_ms: from_unix_ms });
  if (base.length < BASE_HOURS) return { key, is: "fine" };
  const usual = base.reduce((sum, nano) => sum + nano, 0) / base.length;
  const mark = Math.max(factor * usual, min_usd * NANO);
  if (last < mark) return { key, is: last < mark * CALM_SHARE ? "fine" : "unclear" };
  const facts: Facts = {
    rule: "spend_rate",
    name: "budget.rate",
    severity: "warning",
    level: 0,
    title: `${dollars(last)} in the last hour, ${(last / usual).toFixed(1)}× the usual cost`,
    detail: `usual: ${dollars(usual)} per hour of work; alert from ${dollars(mark)}`,
    value: last / NANO,
    threshold: mark / NANO,
    unit: "usd",
    ...NOTHING,
    source: "hall",
  };
  return { key, is: "bad", facts };
}
