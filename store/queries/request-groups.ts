import type { Database } from "bun:sqlite";
import type { BranchGroup, Group } from "../../schema/groups.ts";
import { projectOf } from "../../schema/projects.ts";
import { COST_ITEMS } from "../../schema/usage-kinds.ts";
import { NAME_OF } from "./attribution.ts";
import { branchQueries } from "./branches.ts";
import { planUsageQueries } from "./plan-usage.ts";
import { type Condition, parseSessionKey } from "./scope.ts";
import { type TurnTools, turnTools } from "./turn-tools.ts";
import { SESSIONS_TOUCHING } from "./zone.ts";

type Range = { from: number; until: number };
type Branched = { seq: number; session_pk: number; git_branch: string | null; time_unix_ms: number };

const MANY_TURNS = 1000;
const IN_SESSION = (that: string) => `r.session_pk in (select s.session_pk from sessions s where ${that})`;
const among = (seqs: Iterable<number>, not = ""): Condition => ({
  sql: `r.seq ${not} in (select value from json_each($group_seqs))`,
  params: { group_seqs: JSON.stringify([...seqs]) },
});

/** Requests by branch or pull request. */
function branchGroups(db: Database, sessionsIn: (range: Range) => number[]) {
  const branches = branchQueries(db);
  const within = db.query<Branched, Range & { sessions: string }>(`
    select seq, session_pk, git_branch, time_unix_ms from requests
    where session_pk in (select value from json_each($sessions)) and time_unix_ms >= $from and time_unix_ms < $until`);
  return (by: BranchGroup, group: string, range: Range): Condition => {
    const names = branches.namesBy(by);
    const [mixed, whole] = [[...names.mixed], sessionsIn(range).filter((pk) => !names.mixed.has(pk))];
    const own = whole.filter((pk) => names.of(pk, null, 0) === group);
    const found = within
      .all({ ...range, sessions: JSON.stringify(mixed) })
      .filter((r) => names.of(r.session_pk, r.git_branch, r.time_unix_ms) === group);
    return {
      sql: `(r.session_pk in (select value from json_each($group_sessions))
        or r.seq in (select value from json_each($group_seqs)))`,
      params: { group_sessions: JSON.stringify(own), group_seqs: JSON.stringify(found.map((r) => r.seq)) },
    };
  };
}

function planGroups(db: Database) {
  const plans = planUsageQueries(db);
  return (group: string, { from, until }: Range): Condition => {
    const found = [...plans.byPlan(from, until)];
    const seqs = found.filter((r) => group === "" || r.plan_key === group).map((r) => r.seq);
    return among(seqs, group === "" ? "not" : "");
  };
}

function projectGroups(db: Database) {
  const paths = db.query<{ path: string | null }, []>("select distinct project_path as path from sessions");
  return (group: string): Condition => {
    const same = paths.all().filter(({ path }) => projectOf(path ?? "") === group);
    const has = "coalesce(s.project_path, '') in (select value from json_each($group_paths))";
    return {
      sql: IN_SESSION(has),
      params: { group_paths: JSON.stringify(same.map(({ path }) => path ?? "")) },
    };
  };
}

/** The requests of one group, as a condition on `requests r`; groups have the names that aggregations give them. */
export function requestGroups(db: Database, toolsOf: TurnTools = turnTools(db)) {
  const alive = db.query<{ session_pk: number }, Range>(SESSIONS_TOUCHING);
  const sessionsIn = (range: Range) => alive.all(range).map((row) => row.session_pk);
  const ofBranch = branchGroups(db, sessionsIn);
  const ofPlan = planGroups(db);
  const ofProject = projectGroups(db);

  /** Undefined if it is not a group of requests. */
  return (by: Group, group: string, range: Range): Condition | undefined => {
    if (by === "event_type") return undefined;
    if (by === "branch" || by === "pr") return ofBranch(by, group, range);
    if (by === "plan") return ofPlan(group, range);
    if (by === "project") return ofProject(group);
    if (by === "session") return ofSession(group);
    if (by === "tool") return ofTurns(turnsWith(group, toolsOf(sessionsIn(range))));
    if (by === "prompt") return ofPrompt(group);
    const params = { group };
    if (by === "account") return { sql: IN_SESSION("coalesce(s.account, 'default') = $group"), params };
    if (by === "source") return { sql: IN_SESSION("s.source = $group"), params };
    if (by === "model") return { sql: "r.model = $group", params };
    if (by !== "kind") return { sql: `${NAME_OF[by]} = $group`, params };
    const kind = COST_ITEMS.find((name) => name === group);
    return kind && { sql: `r.${kind}_nano_usd > 0`, params: {} };
  };
}

function turnsWith(tool: string, toolsOf: ReturnType<TurnTools>): [session_pk: number, prompt_id: string][] {
  const turns: [number, string][] = [];
  for (const [pk, of] of toolsOf)
    for (const [prompt_id, tools] of of) if (tools.has(tool)) turns.push([pk, prompt_id]);
  return turns;
}

function ofTurns(turns: readonly [session_pk: number, prompt_id: string][]): Condition {
  // With many turns a page is filled from the newest requests, so they are not searched by turn.
  if (turns.length > MANY_TURNS)
    return {
      sql: "r.session_pk || ' ' || r.prompt_id in (select value from json_each($group_turns))",
      params: { group_turns: JSON.stringify(turns.map(([pk, prompt_id]) => `${pk} ${prompt_id}`)) },
    };
  return {
    sql: "(r.session_pk, r.prompt_id) in (select value ->> 0, value ->> 1 from json_each($group_turns))",
    params: { group_turns: JSON.stringify(turns) },
  };
}

function ofPrompt(group: string): Condition {
  if (group === "") return { sql: "coalesce(r.prompt_id, '') = ''", params: {} };
  const end = group.indexOf("/");
  const session = ofSession(group.slice(0, Math.max(0, end)));
  const params = { ...session.params, group_prompt: group.slice(end + 1) };
  return { sql: `${session.sql} and r.prompt_id = $group_prompt`, params };
}

function ofSession(group: string): Condition {
  const { source, session_id } = parseSessionKey(group);
  const sql = IN_SESSION("s.source_session_id = $group_session and s.source = $group_source");
  return { sql, params: { group_session: session_id, group_source: source ?? "" } };
}
