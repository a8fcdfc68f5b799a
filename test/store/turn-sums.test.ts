import type { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../store/database.ts";
import { aggregationQueries } from "../../store/queries/aggregations.ts";
import type { Scope } from "../../store/queries/scope.ts";
import { cut } from "../../store/queries/zone.ts";
import { SUM_NAMES } from "../../store/sums.ts";
import type { RequestRow } from "../../store/tables/requests.ts";
import { COMMIT_CALL, PULL_REQUEST_CALL } from "../../store/tables/sessions.ts";
import { createRandom } from "../bench/random.ts";
import { rows, T0 } from "../viewer/rig.ts";

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), "hall-turns-"));
const open: Database[] = [];
afterEach(() => {
  for (const db of open.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});

type Call = {
  session_pk: number;
  prompt_id: string | null;
  started_unix_ms: number | null;
  tool_name: string;
};
type Turn = { session_pk: number; prompt_id: string; started_unix_ms: number | null };

/** Three days of requests, turns and calls of tools, some without a turn, a price or a time. */
function filled(seed: number) {
  const db = openDatabase(folder);
  open.push(db);
  const write = rows(db);
  const { next } = createRandom(seed);
  const below = (n: number) => Math.floor(next() * n);
  const one = <T>(...of: T[]): T => of[below(of.length)]!;
  for (let s = 0; s < 4; s++) {
    const session = write.session(`s${s}`, { project_path: `/home/dev/p${s % 2}` });
    write.agent(session, "a1", { agent_type: one("Explore", null) });
    for (let t = 0; t < 5; t++)
      write.turn(session, `p${t}`, { started_unix_ms: one(T0 + below(3 * DAY_MS), T0 + t * DAY_MS, null) });
    for (let i = 0; i < 60; i++) {
      const parts = { input_nano_usd: below(9), output_nano_usd: below(9) };
      const priced = { ...parts, cost_nano_usd: 9 + parts.input_nano_usd + parts.output_nano_usd };
      const unpriced = Object.fromEntries(
        ["input", "cache_creation_5m", "cache_creation_1h", "cache_read", "output", "web_search"].map((k) => [
          `${k}_nano_usd`,
          null,
        ]),
      );
      write.request(session, {
        time_unix_ms: T0 + below(3 * DAY_MS),
        prompt_id: one("p0", "p1", "p2", "p3", "p4", null),
        agent_id: one("", "", "a1"),
        model: one("claude-opus-5", "claude-haiku-5"),
        output_tokens: below(1000),
        flags: one(0, 0, 1, 512),
        parent_key: one(null, null, null, "claude:msg_1"),
        skill: one(null, "review", "deploy"),
        plugin: one(null, "shop"),
        mcp_server: one(null, "github"),
        agent_type: one(null, null, "Plan"),
        effort: one(null, "high"),
        ...one<object>(priced, priced, { ...unpriced, cost_nano_usd: null }),
      });
      write.tool(session, `t${s}-${i}`, {
        tool_name: one("Bash", "Read", "Edit", null),
        prompt_id: one(null, null, "p1", "p3"),
        started_unix_ms: one(T0 + below(3 * DAY_MS), T0 + below(3 * DAY_MS), null),
      });
    }
  }
  write.rollup();
  return db;
}

const total = (r: RequestRow) => {
  const priced = r.cost_nano_usd !== null;
  const counts = r.parent_key === null;
  const tokens =
    r.uncached_input_tokens +
    r.cache_creation_5m_input_tokens +
    r.cache_creation_1h_input_tokens +
    r.cache_read_input_tokens +
    r.output_tokens;
  return {
    ...r,
    requests: Number(counts),
    cost_nano_usd: r.cost_nano_usd ?? 0,
    unpriced_requests: Number(!priced),
    unpriced_tokens: priced ? 0 : tokens,
    provisional_requests: Number(counts && (r.flags & 1) !== 0),
    implausible_requests: Number(counts && (r.flags & 512) !== 0),
    inferred_id_requests: 0,
  };
};

/** Every request by itself, into the days and the groups that it belongs to. */
function naive(of: RequestRow[], days: ReturnType<typeof cut>, groupsOf: (r: RequestRow) => string[]) {
  const found = new Map<string, Record<string, unknown>>();
  for (const r of of) {
    const day = days.find((d) => d.bucket_unix_ms <= r.time_unix_ms && r.time_unix_ms < d.until_unix_ms)!;
    for (const grp of groupsOf(r)) {
      const key = `${day.bucket_unix_ms} ${grp}`;
      const row = found.get(key) ?? { bucket_unix_ms: day.bucket_unix_ms, grp };
      for (const name of SUM_NAMES) row[name] = Number(row[name] ?? 0) + Number(total(r)[name]);
      found.set(key, row);
    }
  }
  return sorted([...found.values()]);
}
const sorted = <T extends object>(of: T[]): T[] =>
  of.toSorted((a, b) => (JSON.stringify(Object.values(a)) < JSON.stringify(Object.values(b)) ? -1 : 1));
const ordered = (of: object[]) =>
  sorted(
    of.map((row) =>
      Object.fromEntries(
        ["bucket_unix_ms", "grp", ...SUM_NAMES].map((n): [string, unknown] => [n, row[n as never]]),
      ),
    ),
  );

function toolsIn(db: Database) {
  const calls = db.query<Call, []>("select * from tool_calls where tool_name is not null").all();
  const turns = db.query<Turn, []>("select * from turns where started_unix_ms is not null").all();
  const turnOf = (call: Call) =>
    call.prompt_id ??
    turns
      .filter((t) => t.session_pk === call.session_pk && t.started_unix_ms! <= (call.started_unix_ms ?? -1))
      .sort((a, b) => a.started_unix_ms! - b.started_unix_ms! || (a.prompt_id < b.prompt_id ? -1 : 1))
      .at(-1)?.prompt_id;
  return (r: RequestRow) => [
    ...new Set(
      calls
        .filter((c) => c.session_pk === r.session_pk && r.prompt_id !== null && turnOf(c) === r.prompt_id)
        .map((c) => c.tool_name),
    ),
  ];
}

for (const scope of [{}, { project: "p1" }] as Scope[])
  test(`F050.A2 splits of ${scope.project ?? "all projects"} are what each request adds, group by group`, () => {
    for (let seed = 1; seed <= 4; seed++) {
      const db = filled(seed);
      const days = cut("day", { from_unix_ms: T0, until_unix_ms: T0 + 3 * DAY_MS }, "UTC");
      const queries = aggregationQueries(db);
      const path = scope.project === undefined ? "%" : "%/p1";
      const all = db
        .query<RequestRow, [string]>(
          "select r.* from requests r join sessions s using (session_pk) where s.project_path like ?",
        )
        .all(path);
      const agents = new Map(
        db
          .query<{ session_pk: number; agent_type: string | null }, []>("select * from agents")
          .all()
          .map((a) => [a.session_pk, a.agent_type]),
      );
      const session = new Map(
        db
          .query<{ session_pk: number; key: string }, []>(
            "select session_pk, source || ':' || source_session_id as key from sessions",
          )
          .all()
          .map((s) => [s.session_pk, s.key]),
      );
      for (const group of ["skill", "plugin", "mcp_server", "effort"] as const)
        expect(ordered(queries.byAttribution(days, group, scope))).toEqual(
          naive(all, days, (r) => [r[group] ?? ""]),
        );
      expect(ordered(queries.byAttribution(days, "agent_type", scope))).toEqual(
        naive(all, days, (r) => [
          r.agent_type ?? (r.agent_id === "a1" ? (agents.get(r.session_pk) ?? "") : ""),
        ]),
      );
      const promptOf = (r: RequestRow) =>
        r.prompt_id === null ? "" : `${session.get(r.session_pk)}/${r.prompt_id}`;
      const model = "claude-haiku-5";
      const ofModel = all.filter((r) => r.model === model);
      const named = (of: { grp: string | null }[]) => ordered(of.filter(({ grp }) => grp !== ""));
      expect(named(queries.byPrompt(days, scope))).toEqual(
        naive(
          all.filter((r) => r.prompt_id !== null),
          days,
          (r) => [promptOf(r)],
        ),
      );
      expect(named(queries.byPrompt(days, { ...scope, model }))).toEqual(
        naive(
          ofModel.filter((r) => r.prompt_id !== null),
          days,
          (r) => [promptOf(r)],
        ),
      );
      expect(ordered(queries.byTool(days, scope))).toEqual(naive(all, days, toolsIn(db)));
      for (const { bucket_unix_ms, kind, cost_nano_usd, requests } of queries.byKind(days, scope)) {
        const of = all.filter(
          (r) => days.findLast((d) => d.bucket_unix_ms <= r.time_unix_ms)!.bucket_unix_ms === bucket_unix_ms,
        );
        const sum = of.reduce((n, r) => n + (r[`${kind}_nano_usd`] ?? 0), 0);
        expect({ kind, cost_nano_usd, requests }).toEqual({
          kind,
          cost_nano_usd: sum,
          requests: of.filter((r) => r.cost_nano_usd !== null).length,
        });
      }
      db.close();
      open.pop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

function planOf(db: Database, sql: string): string {
  const plan = db.query<{ detail: string }, []>(`explain query plan ${sql}`).all();
  return plan.map(({ detail }) => detail).join("\n");
}

test("F050.A2 what splits search among calls is read from indexes", () => {
  const db = filled(1);
  const used = `select session_pk, prompt_id, started_unix_ms, tool_name from tool_calls
    where session_pk in (select value from json_each('[1]')) and tool_name <> ''
    order by session_pk, prompt_id, started_unix_ms`;
  expect(planOf(db, used)).toContain("COVERING INDEX tool_calls_session");
  const calls = "select session_pk, summary from tool_calls where outcome = 'completed' and";
  expect(planOf(db, `${calls} ${PULL_REQUEST_CALL}`)).toContain("INDEX tool_calls_pulls");
  expect(planOf(db, `${calls} ${COMMIT_CALL}`)).toContain("INDEX tool_calls_commits");
  const failed = "select count(*) from tool_calls t where t.session_pk = 1 and t.outcome = 'failed'";
  expect(planOf(db, failed)).toContain("INDEX tool_calls_failed");
  expect(planOf(db, failed.replace("failed", "rejected"))).toContain("INDEX tool_calls_rejected");
  const running = "select tool_use_id from tool_calls where session_pk = 1 and outcome = 'running'";
  const newest = planOf(db, `${running} order by started_unix_ms desc limit 50`);
  expect(newest).toContain("INDEX tool_calls_running");
  expect(newest).not.toContain("TEMP B-TREE");
  expect(planOf(db, `${failed} and t.tool_use_id = 'x'`)).toContain("INDEX tool_calls_failed");
});
