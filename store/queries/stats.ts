import type { Database } from "bun:sqlite";
import { addSums, noSums, type Sums } from "../sums.ts";
import { rollupQueries } from "./rollup.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import { toolQueries } from "./tools.ts";
import type { Range } from "./zone.ts";

export type Part = Sums & { name: string; sessions: number };
export type HeadCounts = { sessions: number; turns: number; agents: number };
export type ToolCounts = { tool_name: string; calls: number; failed: number };
export type Usage = { total: Sums; models: Part[]; projects: Part[]; sources: Part[] };

/** Queries of the overview about one range. */
/** The test event that doctor sends is not a session of a person. */
const IS_REAL = "source_session_id <> '' and source_session_id not like 'doctor-%'";

export function statsQueries(db: Database) {
  const rollup = rollupQueries(db);
  const tools = toolQueries(db);
  const toParams = (range: Range, params: Params): Params => ({
    from: range.from_unix_ms,
    until: range.until_unix_ms,
    ...params,
  });

  return {
    /** One read, summed in four ways, so that every panel adds up to the headline. */
    usageOf(range: Range, scope: Scope): Usage {
      const rows = rollup.usage([range], rollup.sessionsIn(scope), { session: true, model: true });
      const facts = rollup.sessionFacts();
      const total = noSums();
      const by = { models: parts(), projects: parts(), sources: parts() };
      for (const row of rows) {
        const fact = facts.get(row.session_pk ?? -1);
        addSums(total, row);
        by.models.add(row.model ?? "", row.session_pk, row);
        by.projects.add(fact?.project ?? "", row.session_pk, row);
        by.sources.add(fact?.source ?? "", row.session_pk, row);
      }
      return { total, models: by.models.all(), projects: by.projects.all(), sources: by.sources.all() };
    },

    totalOf(range: Range, scope: Scope): Sums {
      const total = noSums();
      for (const row of rollup.usage([range], rollup.sessionsIn(scope), {})) addSums(total, row);
      return total;
    },

    /** A session counts if it had any sign of life in the range. */
    countsOf(range: Range, scope: Scope): HeadCounts {
      const { sql, params } = inScope(db, scope, "session_pk");
      const within = (column: string) => `${column} >= $from and ${column} < $until and ${sql}`;
      const run = db.query<HeadCounts, Params>(`select
        (select count(*) from (select session_pk from usage_rollup where ${within("bucket_unix_ms")}
          union select session_pk from event_rollup where ${within("bucket_unix_ms")})
          join sessions using (session_pk) where ${IS_REAL}) as sessions,
        (select count(*) from turns where ${within("started_unix_ms")}) as turns,
        (select count(*) from agents where ${within("started_unix_ms")}) as agents`);
      return run.get(toParams(range, params)) ?? { sessions: 0, turns: 0, agents: 0 };
    },

    /** Most called first. */
    toolsOf: (range: Range, scope: Scope): ToolCounts[] =>
      tools
        .callsByTool([range], scope, { failed: true })
        .map(({ tool_name, calls, failed }) => ({ tool_name, calls, failed }))
        .sort((a, b) => b.calls - a.calls || a.tool_name.localeCompare(b.tool_name)),
  };
}

function parts() {
  const found = new Map<string, { sums: Sums; sessions: Set<number | null> }>();
  return {
    add(name: string, session: number | null, row: Sums): void {
      let part = found.get(name);
      if (!part) {
        part = { sums: noSums(), sessions: new Set() };
        found.set(name, part);
      }
      addSums(part.sums, row);
      part.sessions.add(session);
    },
    all: (): Part[] =>
      [...found].map(([name, { sums, sessions }]) => ({ name, sessions: sessions.size, ...sums })),
  };
}
