import type { Database } from "bun:sqlite";
import type { SessionSort } from "../../schema/api-params.ts";
import type { SourceName } from "../../schema/events.ts";
import { INPUT_FIELDS, TOKEN_FIELDS } from "../../schema/usage-kinds.ts";
import type { Sums } from "../sums.ts";
import type { Row } from "../table.ts";
import type { SESSIONS } from "../tables/sessions.ts";
import { likePattern, parseSessionKey, type Scope, sessionConditions } from "./scope.ts";
import { firstPrompt, SESSION_TITLE } from "./session-title.ts";
import { SUMS } from "./totals.ts";
import { QUARTER_MS } from "./zone.ts";

const ACTIVE_MS = 5 * 60_000;

export type SessionRow = Omit<Row<typeof SESSIONS>, "source"> & { source: SourceName };
export type SessionUsage = Sums & { session_pk: number; model: string };
export type SessionCounts = {
  session_pk: number;
  turns: number;
  tool_calls: number;
  failed_tool_calls: number;
  denied_tool_calls: number;
  agents: number;
  first_prompt: string | null;
};
export type SessionPage = Scope & {
  q?: string | undefined;
  state?: "active" | "idle" | "ended" | undefined;
  model?: string | undefined;
  branch?: string | undefined;
  /** Only those with a tool call that failed. */
  failed?: boolean | undefined;
  sort?: SessionSort | undefined;
  order?: "desc" | "asc" | undefined;
  /** Rows before the page, if it does not begin after a known row. */
  offset?: number | undefined;
  /** Only these, as `source:id`. */
  session_keys?: string[] | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
  /** The last row of the page before. */
  after?: { last_unix_ms: number; session_pk: number } | undefined;
  now_unix_ms: number;
  limit: number;
};

/** The client keeps writing for a moment after it has announced its end. */
const AFTERMATH_MS = 5000;
/** A session that is silent for this long no longer runs a tool. */
const SILENT_MS = 30 * 60_000;

/** A session that was resumed after its end is active again. */
const ENDED = `(s.ended_unix_ms is not null and s.ended_unix_ms + ${AFTERMATH_MS} >= coalesce(s.last_unix_ms, 0))`;
const STATES = {
  ended: ENDED,
  active: `(not ${ENDED} and coalesce(s.last_unix_ms, 0) >= $active_since)`,
  idle: `(not ${ENDED} and coalesce(s.last_unix_ms, 0) < $active_since)`,
} as const;

const usageSum = (sum: string) =>
  `coalesce((select sum(${sum}) from usage_rollup u where u.session_pk = s.session_pk), 0)`;
/** The sort value of a row, as a number. */
const SORTED_BY: Record<SessionSort, string> = {
  last: "coalesce(s.last_unix_ms, 0)",
  started: "coalesce(s.started_unix_ms, s.last_unix_ms, 0)",
  duration: "coalesce(s.last_unix_ms - s.started_unix_ms, 0)",
  cost: usageSum("u.cost_nano_usd"),
  tokens: usageSum(TOKEN_FIELDS.map((name) => `u.${name}`).join(" + ")),
  failed: "(select count(*) from tool_calls t where t.session_pk = s.session_pk and t.outcome = 'failed')",
};

export function sessionState(row: SessionRow, nowUnixMs: number): keyof typeof STATES {
  const { ended_unix_ms, last_unix_ms } = row;
  if (ended_unix_ms !== null && ended_unix_ms + AFTERMATH_MS >= (last_unix_ms ?? 0)) return "ended";
  return (row.last_unix_ms ?? 0) >= nowUnixMs - ACTIVE_MS ? "active" : "idle";
}

/** Whether nothing that it started can still be running. */
export function isSilent(row: SessionRow, nowUnixMs: number): boolean {
  return sessionState(row, nowUnixMs) === "ended" || (row.last_unix_ms ?? 0) < nowUnixMs - SILENT_MS;
}

function pageConditions(
  db: Database,
  page: SessionPage,
): { sql: string; params: Record<string, string | number> } {
  const scope = sessionConditions(db, page);
  // The test event that doctor sends through the hooks is not a session of a person.
  const parts = ["s.source_session_id <> ''", "s.source_session_id not like 'doctor-%'"];
  const params: Record<string, string | number> = { limit: page.limit, ...scope.params };
  const add = (sql: string, values: Record<string, string | number>) => {
    parts.push(sql);
    Object.assign(params, values);
  };
  if (scope.sql) parts.push(scope.sql);
  if (page.q !== undefined)
    add(
      `(${SESSION_TITLE} like $q escape '\\' or s.project_path like $q escape '\\' or s.source_session_id like $q escape '\\')`,
      { q: likePattern(page.q) },
    );
  if (page.state === "ended") parts.push(ENDED);
  else if (page.state !== undefined) add(STATES[page.state], { active_since: page.now_unix_ms - ACTIVE_MS });
  if (page.session_keys !== undefined)
    add("s.source || ':' || s.source_session_id in (select value from json_each($keys))", {
      keys: JSON.stringify(page.session_keys),
    });
  if (page.model !== undefined)
    add("exists (select 1 from usage_rollup u where u.session_pk = s.session_pk and u.model = $model)", {
      model: page.model,
    });
  if (page.branch !== undefined)
    add(
      "(s.git_branch = $branch or exists (select 1 from session_branches b where b.session_pk = s.session_pk and b.git_branch = $branch))",
      { branch: page.branch },
    );
  if (page.failed)
    parts.push(
      "exists (select 1 from tool_calls t where t.session_pk = s.session_pk and t.outcome = 'failed')",
    );
  if (page.from_unix_ms !== undefined)
    add("coalesce(s.last_unix_ms, 0) >= $from", { from: page.from_unix_ms });
  if (page.until_unix_ms !== undefined)
    add("coalesce(s.started_unix_ms, s.last_unix_ms, 0) < $until", { until: page.until_unix_ms });
  if (page.after)
    add("(coalesce(s.last_unix_ms, 0), s.session_pk) < ($last, $pk)", {
      last: page.after.last_unix_ms,
      pk: page.after.session_pk,
    });
  return { sql: parts.join(" and "), params };
}

const FIRST_PROMPT = firstPrompt("value");

export function sessionQueries(db: Database) {
  const contexts = db.query<{ session_pk: number; tokens: number; model: string }, [string]>(`
    select r.session_pk, r.model, ${INPUT_FIELDS.map((name) => `r.${name}`).join(" + ")} as tokens
    from json_each(?) join requests r on r.seq = (select max(l.seq) from requests l
      where l.session_pk = value and l.agent_id = '' and l.origin is null and l.parent_key is null)`);
  const usage = db.query<SessionUsage, [string]>(`
    select u.session_pk, u.model, ${SUMS} from usage_rollup u
    where u.session_pk in (select value from json_each(?)) group by u.session_pk, u.model`);
  const counts = db.query<SessionCounts, [string]>(`
    select value as session_pk,
      (select count(*) from turns t where t.session_pk = value) as turns,
      (select count(*) from tool_calls t where t.session_pk = value) as tool_calls,
      (select count(*) from tool_calls t where t.session_pk = value and t.outcome = 'failed') as failed_tool_calls,
      (select count(*) from tool_calls t where t.session_pk = value and t.outcome = 'rejected') as denied_tool_calls,
      (select count(*) from (select agent_id from agents a where a.session_pk = value
        union select agent_id from usage_rollup u where u.session_pk = value and u.agent_id <> '')) as agents,
      ${FIRST_PROMPT} as first_prompt
    from json_each(?)`);
  const prompts = db.query<{ session_pk: number; first_prompt: string | null }, [string]>(
    `select value as session_pk, ${FIRST_PROMPT} as first_prompt from json_each(?)`,
  );
  const byId = db.query<SessionRow, [string, string | null]>(`
    select * from sessions where source_session_id = ?1 and (?2 is null or source = ?2)
    order by last_unix_ms desc limit 1`);
  const children = db.query<
    { session_key: string; relation: string | null; title: string | null },
    [string, string]
  >(`
    select source || ':' || source_session_id as session_key, relation, ${SESSION_TITLE} as title from sessions s
    where parent_session_id = ? and source = ? order by started_unix_ms`);

  return {
    /** Latest sign of life first by default. */
    latest(page: SessionPage): SessionRow[] {
      const { sql, params } = pageConditions(db, page);
      const order = page.order === "asc" ? "asc" : "desc";
      return db
        .query<SessionRow, Record<string, string | number>>(
          // Only what orders them is sorted: whole rows of 100,000 sessions take three times as long.
          `select s.* from (
             select s.session_pk, ${SORTED_BY[page.sort ?? "last"]} as place from sessions s where ${sql}
             order by place ${order}, s.session_pk ${order} limit $limit offset $offset) f
           join sessions s using (session_pk) order by f.place ${order}, s.session_pk ${order}`,
        )
        .all({ ...params, offset: page.offset ?? 0 });
    },
    /** Number of sessions in each quarter hour of the sort value, latest first. */
    countsByQuarter(page: Omit<SessionPage, "limit">): { quarter: number; sessions: number }[] {
      const { sql, params } = pageConditions(db, { ...page, limit: 0 });
      const at = SORTED_BY[page.sort === "started" ? "started" : "last"];
      const { limit: _, ...filters } = params;
      return db
        .query<{ quarter: number; sessions: number }, Record<string, string | number>>(
          `select ${at} / ${QUARTER_MS} as quarter, count(*) as sessions from sessions s where ${sql}
           group by 1 order by 1 desc`,
        )
        .all(filters);
    },
    find(key: string): SessionRow | null {
      const { session_id, source } = parseSessionKey(key);
      return byId.get(session_id, source ?? null);
    },
    usageByModelOf: (pks: number[]) => usage.all(JSON.stringify(pks)),
    firstPromptsOf: (pks: number[]) => prompts.all(JSON.stringify(pks)),
    contextsOf: (pks: number[]) => contexts.all(JSON.stringify(pks)),
    countsOf: (pks: number[]) => counts.all(JSON.stringify(pks)),
    childrenOf: (row: SessionRow) => children.all(row.source_session_id, row.source),
  };
}
