import type { Database } from "bun:sqlite";
import type { Totals } from "../schema/api-shapes.ts";
import { headline } from "../schema/headline.ts";
import { type SessionRow, sessionQueries } from "../store/queries/sessions.ts";
import { ByModel, type ModelTotals, type Report, type ReportQuery, rangeOf } from "./usage-report.ts";

export type SessionUsageRow = Totals & Named & { models: ModelTotals[] };
type Named = {
  session_key: string;
  session_id: string;
  source: string;
  title: string | null;
  project_path: string | null;
  started_unix_ms: number | null;
  last_unix_ms: number | null;
};

const SESSION_PAGE = 1000;

/** Whole sessions with a sign of life in the range, oldest first, without those that never sent a request. */
export function sessionReport(db: Database, query: ReportQuery): Report<SessionUsageRow> {
  const queries = sessionQueries(db);
  const all = new ByModel();
  const rows: SessionUsageRow[] = [];
  for (const page of sessionPages(db, query)) {
    const byPk = new Map<number, ByModel>();
    for (const row of queries.usageByModelOf(page.map((s) => s.session_pk))) {
      if (query.model !== undefined && row.model !== query.model) continue;
      const into = byPk.get(row.session_pk) ?? new ByModel();
      into.add(row.model, row);
      byPk.set(row.session_pk, into);
    }
    const untitled = page.filter((s) => s.title === null && byPk.has(s.session_pk));
    const prompts = new Map(
      queries.firstPromptsOf(untitled.map((s) => s.session_pk)).map((c) => [c.session_pk, c.first_prompt]),
    );
    for (const s of page) {
      const sums = byPk.get(s.session_pk);
      if (!sums) continue;
      rows.push({ ...named(s, prompts.get(s.session_pk)), ...sums.total(), models: sums.models() });
      all.addAll(sums);
    }
  }
  return {
    time_zone: query.time_zone,
    ...rangeOf(db, query),
    rows: rows.reverse(),
    models: all.models(),
    total: all.total(),
  };
}

function* sessionPages(db: Database, query: ReportQuery): Generator<SessionRow[]> {
  const queries = sessionQueries(db);
  const where = {
    ...query.scope,
    from_unix_ms: query.since,
    until_unix_ms: query.until,
    now_unix_ms: query.now,
    limit: SESSION_PAGE,
  };
  for (let page = queries.latest(where); page.length > 0; ) {
    yield page;
    const last = page.at(-1)!;
    if (page.length < SESSION_PAGE) return;
    page = queries.latest({
      ...where,
      after: { last_unix_ms: last.last_unix_ms ?? 0, session_pk: last.session_pk },
    });
  }
}

function named(s: SessionRow, first_prompt: string | null | undefined): Named {
  return {
    session_key: `${s.source}:${s.source_session_id}`,
    session_id: s.source_session_id,
    source: s.source,
    title: s.title ?? headline(first_prompt),
    project_path: s.project_path,
    started_unix_ms: s.started_unix_ms,
    last_unix_ms: s.last_unix_ms,
  };
}
