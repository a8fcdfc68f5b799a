import type { LimitWindow } from "../../schema/api-limits.ts";
import type { DashboardStats, Session } from "../../schema/api-shapes.ts";
import { toPercent } from "../../schema/figures.ts";
import { activityTable, byActivity } from "../activity-table.ts";
import { counted, toCount, toDollars, toDuration } from "../format.ts";
import { paint, toPlain } from "../print.ts";

export type TopData = {
  sessions: Session[];
  stats: DashboardStats;
  limits: LimitWindow[];
  now: number;
};
export type TopView = {
  width: number;
  height: number;
  /** Number of session rows scrolled off at the top. */
  scroll: number;
  shows_idle: boolean;
  /** Shown in the last line instead of the keys. */
  notice?: string | undefined;
};

const KEYS = "q quit   ↑↓ scroll   i idle sessions   space pause";
const BAR = 10;
/** A sample that is much older than another limit's of the same window is not shown. */
const MOST_LIMITS = 6;

/** The lines of one frame, exactly as many as the terminal has. */
export function topFrame(data: TopData, view: TopView): string[] {
  const shown = byActivity(data.sessions).filter((s) => view.shows_idle || s.activity.state !== "idle");
  const head = [counts(data), money(data), ...limitLines(data, view.width), ""].map((line) =>
    cutTo(line, view.width),
  );
  const room = Math.max(1, view.height - head.length - 3);
  const scroll = Math.min(view.scroll, Math.max(0, shown.length - room));
  const rows =
    shown.length === 0
      ? ["No open sessions"]
      : activityTable(shown.slice(scroll, scroll + room), data.now, view.width).map(emphasis);
  const hidden = shown.length - scroll - room;
  const foot = view.notice ?? (hidden > 0 ? `${hidden} more   ${KEYS}` : KEYS);
  const body = [...head, ...rows].slice(0, view.height - 1);
  const blank = Array.from({ length: Math.max(0, view.height - 1 - body.length) }, () => "");
  return [...body, ...blank, paint("dim", cutTo(foot, view.width))];
}

function counts({ sessions }: TopData): string {
  const of = (state: Session["activity"]["state"]) =>
    sessions.filter((s) => s.activity.state === state).length;
  return `Agents   ${of("waiting")} waiting · ${of("working")} working · ${of("done")} done · ${of("idle")} idle`;
}

function money({ stats }: TopData): string {
  const { now, change_ratio } = stats;
  const change = change_ratio.cost_nano_usd;
  const sign = change !== null && change >= 0 ? "+" : "";
  const against = change === null ? "" : ` (${sign}${Math.round(change * 100)} % against the day before)`;
  return `24 h     ${toDollars(now.cost_nano_usd)}${against} · ${counted(now.total_tokens, "token")} · ${counted(now.tool_calls, "tool call")}, ${toCount(now.failed_tool_calls)} failed`;
}

function limitLines({ limits }: TopData, width: number): string[] {
  return limits
    .filter((w) => w.used_percent !== null)
    .toSorted((a, b) => (b.used_percent ?? 0) - (a.used_percent ?? 0))
    .slice(0, width < 60 ? 2 : MOST_LIMITS)
    .map((w) => {
      const used = w.used_percent ?? 0;
      const full = Math.min(BAR, Math.max(0, Math.round((used / 100) * BAR)));
      const reset = w.reset_seconds === null ? "" : ` · resets in ${toDuration(w.reset_seconds * 1000)}`;
      const name = toPlain(`${w.source} ${w.window}`).padEnd(14).slice(0, 14);
      return `Limit    ${name} ${"█".repeat(full)}${"░".repeat(BAR - full)} ${toPercent(used).padStart(5)}${reset}`;
    });
}

function emphasis(line: string): string {
  if (line.startsWith("◆")) return paint("yellow", line);
  return line.startsWith("▶") ? paint("green", line) : line;
}

function cutTo(line: string, width: number): string {
  return Bun.stringWidth(line) <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
