import type { Session } from "../schema/api-shapes.ts";
import { toDollars, toDuration } from "./format.ts";
import { toPlain } from "./print.ts";
import { table } from "./table.ts";

const GLYPHS = {
  working: "▶",
  waiting: "◆",
  done: "✓",
  idle: "·",
  ended: "×",
  unknown: "?",
} as const satisfies Record<Session["activity"]["state"], string>;
const ORDER = Object.keys({ waiting: 0, working: 1, done: 2, idle: 3, unknown: 4, ended: 5 });

/** Waiting first, then working; within a state the one that began first. */
export function byActivity(sessions: readonly Session[]): Session[] {
  const rank = ({ activity }: Session) => ORDER.indexOf(activity.state);
  const since = ({ activity }: Session) => activity.since_unix_ms ?? 0;
  return sessions.toSorted((a, b) => rank(a) - rank(b) || since(a) - since(b));
}

/** A row for each session: state with its age, project, activity or request, and cost. */
export function activityTable(sessions: readonly Session[], now: number, width: number): string[] {
  const cells = (of: (s: Session) => string) => sessions.map((s) => toPlain(of(s)));
  const age = ({ activity }: Session) =>
    activity.since_unix_ms === null ? "—" : toDuration(now - activity.since_unix_ms);
  return table(
    [
      {
        title: "State",
        align: "left",
        cells: cells(({ activity }) => `${GLYPHS[activity.state]} ${activity.state}`),
      },
      { title: "Since", align: "right", cells: cells(age) },
      { title: "Agent", align: "left", drop: 2, cells: cells((s) => s.source) },
      { title: "Project", align: "left", shrink_to: 8, cells: cells((s) => s.project ?? "—") },
      { title: "What", align: "left", shrink_to: 16, cells: cells(what) },
      { title: "Cost", align: "right", cells: cells((s) => toDollars(s.totals.cost_nano_usd)) },
      { title: "Session", align: "left", drop: 1, cells: cells((s) => s.session_id.slice(0, 8)) },
    ],
    { width },
  );
}

/** Its request, its running tool, or its title. */
function what({ activity, title }: Session): string {
  const { waits_for, tool, agents_working } = activity;
  const agents = agents_working > 0 ? `${agents_working} sub-agents` : "";
  const request = waits_for && [waits_for.tool_name ?? waits_for.kind, waits_for.argument];
  const runs = tool && [tool.tool_name, tool.summary];
  const parts = request ?? runs;
  return [parts?.filter(Boolean).join(": ") || title || "", agents].filter(Boolean).join(" · ");
}
