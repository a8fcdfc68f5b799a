import type { Database } from "bun:sqlite";
import { projectOf } from "../../schema/projects.ts";
import { type TextPlace, textReader } from "../texts.ts";

type Call = { session_pk: number; tool_use_id: string; summary: string };
type Session = { session_pk: number; project_path: string | null; git_branch: string | null };

const CREATES = /\bgh\s+pr\s+create\b|\bglab\s+mr\s+create\b/;
const PR_URL = /https:\/\/[^\s"'\\<>]+\/(?:pull|merge_requests)\/\d+/;
/** Work of many requests passes through these: what one session made of them is not another's. */
const SHARED_BRANCHES = new Set(["main", "master", "trunk", "develop", "HEAD", ""]);

/**
 * The pull request of each session that has one, by its address: what `gh pr create` printed in it, or `gh pr view` on a
 * branch of its own; else that of another session on the same branch of the same project. Several are one name.
 */
export function pullRequestQueries(db: Database) {
  const { textOf } = textReader(db);
  const calls = db.query<Call, []>(`
    select session_pk, tool_use_id, summary from tool_calls
    where outcome = 'completed' and (summary like '%gh pr create%' or summary like '%gh pr view%' or
      summary like '%glab mr create%' or summary like '%glab mr view%')
    order by started_unix_ms, tool_pk`);
  const texts = db.query<TextPlace, [number, string]>(`
    select chunk_pk, chunk_start, chunk_chars from texts
    where session_pk = ?1 and tool_use_id = ?2 and role = 'tool_output'`);
  const answers = db.query<{ data: string }, [number, string]>(
    "select data from events where session_pk = ?1 and tool_use_id = ?2 and event_type = 'tool_completed'",
  );
  const sessions = db.query<Session, []>("select session_pk, project_path, git_branch from sessions");

  function urlOf({ session_pk, tool_use_id }: Call): string | undefined {
    const words = [
      ...texts.all(session_pk, tool_use_id).map(textOf),
      ...answers.all(session_pk, tool_use_id).map(({ data }) => answerIn(data)),
    ];
    return words.flatMap((text) => PR_URL.exec(text)?.[0] ?? [])[0];
  }

  return {
    pullRequests(): Map<number, string> {
      const all = new Map(sessions.all().map((s) => [s.session_pk, s]));
      const own = new Map<number, Set<string>>();
      const ofBranch = new Map<string, Set<string>>();
      for (const call of calls.all()) {
        const place = placeOf(all.get(call.session_pk));
        if (!CREATES.test(call.summary) && place === undefined) continue;
        const url = urlOf(call);
        if (url === undefined) continue;
        add(own, call.session_pk, url);
        if (place !== undefined) add(ofBranch, place, url);
      }
      return new Map(
        [...all.values()].flatMap((s) => {
          const urls = own.get(s.session_pk) ?? ofBranch.get(placeOf(s) ?? "");
          return urls ? [[s.session_pk, [...urls].sort().join(", ")] as const] : [];
        }),
      );
    },
  };
}

/** What the hook reported as the answer: the command itself may name another request. */
function answerIn(data: string): string {
  const { tool_response, response_preview } = JSON.parse(data) as Record<string, unknown>;
  return `${JSON.stringify(tool_response ?? "")}\n${typeof response_preview === "string" ? response_preview : ""}`;
}

function placeOf(session: Session | undefined): string | undefined {
  const branch = session?.git_branch ?? "";
  return SHARED_BRANCHES.has(branch) ? undefined : `${projectOf(session?.project_path ?? "")}\0${branch}`;
}

function add<K>(into: Map<K, Set<string>>, key: K, url: string): void {
  const urls = into.get(key) ?? new Set();
  into.set(key, urls.add(url));
}
