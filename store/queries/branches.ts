import type { Database } from "bun:sqlite";
import type { StoredData } from "../../schema/event.ts";
import type { BranchGroup } from "../../schema/groups.ts";
import { projectOf } from "../../schema/projects.ts";
import { COMMIT_CALL, PULL_REQUEST_CALL } from "../tables/sessions.ts";
import { type TextPlace, textReader } from "../texts.ts";
import { type Branched, type Dated, isSharedBranch, pullRequestsOf } from "./pull-requests.ts";

type Session = { session_pk: number; project_path: string | null; git_branch: string | null };
type Call = { session_pk: number; tool_use_id: string; summary: string; time_unix_ms: number };

/** Names the group of a request: `own` is the branch that it names itself. */
export type BranchNames = {
  of(session_pk: number, own: string | null, time_unix_ms: number): string;
  /** Sessions with requests of several groups; in any other session all are of one. */
  mixed: ReadonlySet<number>;
};

/** The first line of `git commit`: `[main 1a2b3c4] …`, `[main (root-commit) 1a2b3c4] …`. */
const COMMITTED = /^\[([^\s\]]+)(?: \(root-commit\))? [0-9a-f]{7,40}\]/m;
const TIME = "coalesce(ended_unix_ms, started_unix_ms, 0)";

/**
 * By branch and by pull request. A request belongs to the branch that it names. If the client names none (Codex), it
 * belongs to the branch of the session's next commit, else of its last one, else to the branch on which the session
 * began.
 */
export function branchQueries(db: Database) {
  const printed = printedTexts(db);
  const byBranch = branchNames(db, printed);
  const byPullRequest = pullRequestNames(db, printed);
  const sessions = db.query<Session, []>("select session_pk, project_path, git_branch from sessions");

  return {
    namesBy(group: BranchGroup): BranchNames {
      const all = new Map(sessions.all().map((s) => [s.session_pk, s]));
      const branches = byBranch(all);
      return group === "branch" ? branches : byPullRequest(all, branches);
    },
  };
}
type Sessions = ReadonlyMap<number, Session>;
type Printed = (call: Call) => string[];

/** Output of a call, from the transcript or its hook. */
function printedTexts(db: Database): Printed {
  const { textOf } = textReader(db);
  const texts = db.query<TextPlace, [number, string]>(`
    select chunk_pk, chunk_start, chunk_chars from texts
    where session_pk = ?1 and tool_use_id = ?2 and role = 'tool_output'`);
  const answers = db.query<{ data: string }, [number, string]>(
    "select data from events where session_pk = ?1 and tool_use_id = ?2 and event_type = 'tool_completed'",
  );
  return ({ session_pk, tool_use_id }) => [
    ...texts.all(session_pk, tool_use_id).map(textOf),
    ...answers.all(session_pk, tool_use_id).flatMap(({ data }) => answerIn(data)),
  ];
}

function branchNames(db: Database, printed: Printed): (all: Sessions) => BranchNames {
  const named = db.query<{ session_pk: number; git_branch: string }, []>("select * from session_branches");
  const commits = db.query<Call, []>(`
    select session_pk, tool_use_id, summary, ${TIME} as time_unix_ms from tool_calls t
    where outcome = 'completed' and ${COMMIT_CALL}
      and not exists (select 1 from session_branches b where b.session_pk = t.session_pk)
    order by time_unix_ms, tool_pk`);

  function committedBranches(): Map<number, Dated[]> {
    const found = new Map<number, Dated[]>();
    for (const call of commits.all()) {
      const name = printed(call).flatMap((text) => COMMITTED.exec(text)?.[1] ?? [])[0];
      if (name !== undefined) push(found, call.session_pk, { name, time_unix_ms: call.time_unix_ms });
    }
    return found;
  }

  return (all) => {
    const committed = committedBranches();
    const mixed = new Set<number>();
    const isOther = (pk: number, branch: string) => branch !== (all.get(pk)?.git_branch ?? "");
    for (const { session_pk, git_branch } of named.all())
      if (isOther(session_pk, git_branch)) mixed.add(session_pk);
    for (const [pk, list] of committed) if (list.some(({ name }) => isOther(pk, name))) mixed.add(pk);
    return {
      mixed,
      of: (pk, own, time) => own ?? nearest(committed.get(pk), time) ?? all.get(pk)?.git_branch ?? "",
    };
  };
}

function pullRequestNames(db: Database, printed: Printed) {
  const pulls = db.query<Call, []>(`
    select session_pk, tool_use_id, summary, ${TIME} as time_unix_ms from tool_calls
    where outcome = 'completed' and ${PULL_REQUEST_CALL}
    order by time_unix_ms, tool_pk`);
  const lastNamed = db.query<{ git_branch: string }, [number, number]>(`
    select git_branch from requests where session_pk = ?1 and time_unix_ms <= ?2 and git_branch is not null
    order by time_unix_ms desc, seq desc limit 1`);

  return (all: Sessions, branches: BranchNames): BranchNames => {
    const placeOf = (pk: number, branch: string) =>
      isSharedBranch(branch) ? undefined : `${projectOf(all.get(pk)?.project_path ?? "")}\0${branch}`;
    const calls = pulls.all().map((call): Branched => {
      const { session_pk: pk, time_unix_ms: time } = call;
      const branch = branches.of(pk, lastNamed.get(pk, time)?.git_branch ?? null, time);
      return { ...call, place: placeOf(pk, branch), printed: () => printed(call) };
    });
    const found = pullRequestsOf(calls);
    return {
      mixed: new Set([...branches.mixed, ...found.mixed]),
      of: (pk, own, time) => {
        const place = placeOf(pk, branches.of(pk, own, time));
        if (place === undefined) return nearest(found.opened.get(pk), time) ?? "";
        return found.ofPlace(place) ?? nearest(found.unplaced.get(pk), time) ?? "";
      },
    };
  };
}

/** The first one at or after a time, since work precedes its commit. Else the last one. */
function nearest(list: readonly Dated[] | undefined, time_unix_ms: number): string | undefined {
  return (list?.find((one) => one.time_unix_ms >= time_unix_ms) ?? list?.at(-1))?.name;
}

/** Texts anywhere in the response that the hook reported: the command itself may name another pull request. */
function answerIn(data: string): string[] {
  const { tool_response, response_preview } = JSON.parse(data) as StoredData<"tool_completed">;
  return [tool_response, response_preview].flatMap(textsIn);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function push<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key);
  if (list) list.push(value);
  else into.set(key, [value]);
}
