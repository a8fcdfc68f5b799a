import type { Database } from "bun:sqlite";
import type { Totals } from "../schema/api-shapes.ts";
import { aggregationQueries } from "../store/queries/aggregations.ts";
import type { Scope } from "../store/queries/scope.ts";
import { type SessionRow, sessionQueries } from "../store/queries/sessions.ts";
import { toTotals } from "../store/queries/totals.ts";
import { type Bucket, cut, toQuarters } from "../store/queries/zone.ts";
import { addSums, noSums, type Sums } from "../store/sums.ts";
import { headline } from "../viewer/api/session-shape.ts";

export type Asked = {
  scope: Scope;
  model: string | undefined;
  since: number | undefined;
  until: number | undefined;
  time_zone: string;
  now: number;
};
export type ModelTotals = Totals & { model: string };
export type PeriodRow = Totals & {
  bucket: string;
  bucket_unix_ms: number;
  until_unix_ms: number;
  models: ModelTotals[];
};
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
export type Report<Row> = {
  time_zone: string;
  from_unix_ms: number;
  until_unix_ms: number;
  first_record_unix_ms: number | null;
  rows: Row[];
  models: ModelTotals[];
  total: Totals;
};

const SESSION_PAGE = 1000;

/** Sums of one thing, kept by model; the same numbers give the row, its breakdown and the totals. */
export class ByModel {
  private readonly sums = new Map<string, Sums>();
  add(model: string, row: Sums): void {
    const into = this.sums.get(model) ?? noSums();
    addSums(into, row);
    this.sums.set(model, into);
  }
  addAll(other: ByModel): void {
    for (const [model, sums] of other.sums) this.add(model, sums);
  }
  total(): Totals {
    const all = noSums();
    for (const sums of this.sums.values()) addSums(all, sums);
    return toTotals(all);
  }
  models(): ModelTotals[] {
    return [...this.sums]
      .map(([model, sums]) => ({ model, ...toTotals(sums) }))
      .sort((a, b) => (b.cost_nano_usd ?? -1) - (a.cost_nano_usd ?? -1) || b.total_tokens - a.total_tokens);
  }
}

export function rangeOf(db: Database, asked: Asked) {
  const first_record_unix_ms = aggregationQueries(db).firstRecord();
  const range = toQuarters({
    from_unix_ms: asked.since ?? first_record_unix_ms ?? asked.now,
    until_unix_ms: asked.until ?? asked.now + 1,
  });
  return { first_record_unix_ms, ...range };
}

/** Usage by local day, week or month; only periods in which something was asked. */
export function periodReport(
  db: Database,
  period: "day" | "week" | "month",
  asked: Asked,
): Report<PeriodRow> {
  const range = rangeOf(db, asked);
  const from = Math.max(range.from_unix_ms, range.first_record_unix_ms ?? range.from_unix_ms);
  const buckets = cut(
    period,
    { from_unix_ms: from, until_unix_ms: range.until_unix_ms },
    asked.time_zone,
  ).map((b) => ({
    ...b,
    bucket_unix_ms: Math.max(b.bucket_unix_ms, range.from_unix_ms),
    until_unix_ms: Math.min(b.until_unix_ms, range.until_unix_ms),
  }));
  const byBucket = new Map<number, ByModel>();
  const all = new ByModel();
  for (const row of aggregationQueries(db).usageByBucket(buckets, "model", asked.scope)) {
    const model = row.grp ?? "";
    if (asked.model !== undefined && model !== asked.model) continue;
    const into = byBucket.get(row.bucket_unix_ms) ?? new ByModel();
    into.add(model, row);
    byBucket.set(row.bucket_unix_ms, into);
    all.add(model, row);
  }
  return {
    time_zone: asked.time_zone,
    ...range,
    rows: toRows(buckets, byBucket),
    models: all.models(),
    total: all.total(),
  };
}

function toRows(buckets: Bucket[], byBucket: Map<number, ByModel>): PeriodRow[] {
  return buckets.flatMap((b) => {
    const sums = byBucket.get(b.bucket_unix_ms);
    return sums ? [{ ...b, ...sums.total(), models: sums.models() }] : [];
  });
}

/** Whole sessions that gave a sign of life in the range, oldest first; those that never asked a model are left out. */
export function sessionReport(db: Database, asked: Asked): Report<SessionUsageRow> {
  const queries = sessionQueries(db);
  const all = new ByModel();
  const rows: SessionUsageRow[] = [];
  for (const page of sessionPages(db, asked)) {
    const byPk = new Map<number, ByModel>();
    for (const row of queries.usageByModelOf(page.map((s) => s.session_pk))) {
      if (asked.model !== undefined && row.model !== asked.model) continue;
      const into = byPk.get(row.session_pk) ?? new ByModel();
      into.add(row.model, row);
      byPk.set(row.session_pk, into);
    }
    const prompts = new Map(
      queries.countsOf(page.map((s) => s.session_pk)).map((c) => [c.session_pk, c.first_prompt]),
    );
    for (const s of page) {
      const sums = byPk.get(s.session_pk);
      if (!sums) continue;
      rows.push({ ...named(s, prompts.get(s.session_pk)), ...sums.total(), models: sums.models() });
      all.addAll(sums);
    }
  }
  return {
    time_zone: asked.time_zone,
    ...rangeOf(db, asked),
    rows: rows.reverse(),
    models: all.models(),
    total: all.total(),
  };
}

function* sessionPages(db: Database, asked: Asked): Generator<SessionRow[]> {
  const queries = sessionQueries(db);
  const where = {
    ...asked.scope,
    from_unix_ms: asked.since,
    until_unix_ms: asked.until,
    now_unix_ms: asked.now,
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
