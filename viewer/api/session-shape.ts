import { type ActivityView, createActivityView } from "../../collector/activity/tracker.ts";
import type { Activity } from "../../schema/activity.ts";
import type { Session } from "../../schema/api-shapes.ts";
import { headline } from "../../schema/headline.ts";
import { projectName } from "../../schema/projects.ts";
import { bundledBook, contextOf } from "../../store/price-book.ts";
import type { SessionCounts, SessionRow, sessionQueries } from "../../store/queries/sessions.ts";
import { sessionState } from "../../store/queries/sessions.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";
import type { ViewerDeps } from "../deps.ts";

export const sessionKey = (row: SessionRow) => `${row.source}:${row.source_session_id}`;

/** The daemon's own view, which includes the client's registry, or one from stored rows. */
export const activityView = (deps: ViewerDeps): ActivityView =>
  deps.activity ?? createActivityView(deps.reader, deps.now);

/** Rows with their sums, in three more queries for the whole page. */
export function toSessions(
  queries: ReturnType<typeof sessionQueries>,
  rows: SessionRow[],
  now: number,
  activity: ActivityView,
): Session[] {
  const pks = rows.map((r) => r.session_pk);
  const counts = new Map(queries.countsOf(pks).map((c) => [c.session_pk, c]));
  const contexts = new Map(queries.contextsOf(pks).map(({ session_pk, ...of }) => [session_pk, of]));
  const usage = new Map<number, { sums: Sums; models: string[] }>();
  for (const { session_pk, model, ...sums } of queries.usageByModelOf(pks)) {
    const known = usage.get(session_pk) ?? { sums: noSums(), models: [] };
    usage.set(session_pk, known);
    known.models.push(model);
    addSums(known.sums, sums);
  }
  return rows.map((row) => ({
    ...toSession(row, counts.get(row.session_pk), usage.get(row.session_pk), now, activity.of(row)),
    context: toContext(contexts.get(row.session_pk), row.context_window_tokens),
  }));
}

/**
 * The client's figure takes precedence over the vendor's. A prompt above the window shows that the window is larger.
 */
function toContext(
  last: { tokens: number; model: string } | undefined,
  reported: number | null,
): Session["context"] {
  if (!last) return null;
  const { tokens, model } = last;
  const window_tokens = reported !== null && tokens <= reported ? reported : contextOf(bundledBook(), model);
  const isPlausible = window_tokens !== null && tokens <= window_tokens;
  return { tokens, model, window_tokens: isPlausible ? window_tokens : null };
}

function toSession(
  row: SessionRow,
  counts: SessionCounts | undefined,
  usage: { sums: Sums; models: string[] } | undefined,
  now: number,
  activity: Activity,
): Omit<Session, "context"> {
  return {
    session_key: sessionKey(row),
    session_id: row.source_session_id,
    source: row.source,
    state: sessionState(row, now),
    activity,
    project: row.project_path === null ? null : projectName(row.project_path),
    project_path: row.project_path,
    git_branch: row.git_branch,
    title: row.title ?? headline(counts?.first_prompt),
    client_version: row.client_version,
    entrypoint: row.entrypoint,
    started_unix_ms: row.started_unix_ms,
    last_unix_ms: row.last_unix_ms,
    ended_unix_ms: row.ended_unix_ms,
    end_reason: row.end_reason,
    parent_session_id: row.parent_session_id,
    relation: row.relation,
    account: row.account ?? "default",
    models: usage?.models ?? [],
    turns: counts?.turns ?? 0,
    tool_calls: counts?.tool_calls ?? 0,
    failed_tool_calls: counts?.failed_tool_calls ?? 0,
    denied_tool_calls: counts?.denied_tool_calls ?? 0,
    agents: counts?.agents ?? 0,
    totals: toTotals(usage?.sums ?? noSums()),
  };
}
