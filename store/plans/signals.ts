import type { Database } from "bun:sqlite";
import type { StoredData } from "../../schema/event.ts";

/** Signals of hooks about a plan that are in no manifest. */
export type PlanSignal = {
  seq: number;
  time_unix_ms: number;
  session_pk: number;
  project_path: string | null;
} & ({ kind: "orchestrate"; name: string } | { kind: "pr"; url: string; branches: string[] });

type SignalRow = {
  seq: number;
  event_type: string;
  time_unix_ms: number;
  session_pk: number;
  project_path: string | null;
  git_branch: string | null;
  data: string;
};

/** The signals after `from`, and the end of the search. */
export type FoundSignals = { signals: PlanSignal[]; from: number; seq: number };

const PAGE = 2000;

/** Reads committed events forward, a page at a time. */
export function planSignals(db: Database) {
  const last = db.query<{ seq: number | null }, []>("select max(seq) as seq from events");
  const page = db.query<SignalRow, [number, number]>(`
    select e.seq, e.event_type, e.time_unix_ms, e.session_pk, s.project_path, s.git_branch, e.data
    from events e join sessions s using (session_pk)
    where e.seq > ?1 and e.seq <= ?2 and e.event_type in ('prompt_submitted', 'hook_other', 'tool_completed')
      and (e.data like '%/plan-orchestrate%' or e.data like '%plan-orchestrate%' or e.data like '%gh pr create%'
        or e.data like '%glab mr create%')
    order by e.seq`);
  return {
    after(from: number): FoundSignals {
      const seq = Math.min(last.get()?.seq ?? 0, from + PAGE);
      if (seq <= from) return { signals: [], from, seq: from };
      return { signals: page.all(from, seq).flatMap(toSignal), from, seq };
    },
  };
}

function toSignal({ event_type, git_branch, data, ...row }: SignalRow): PlanSignal[] {
  const fields: unknown = JSON.parse(data);
  if (event_type === "tool_completed") return toPr(row, fields as StoredData<"tool_completed">, git_branch);
  const { prompt, command_name, command_args, expanded_prompt } = fields as StoredData<
    "prompt_submitted" | "hook_other"
  >;
  const typed = [prompt, expanded_prompt].filter((v) => typeof v === "string").join("\n");
  const name =
    /(?:^|\n)\s*\/(?:[\w-]+:)?plan-orchestrate\s+["']?([^\s"']+)/.exec(typed)?.[1] ??
    (/(?:^|:)plan-orchestrate$/.test(String(command_name ?? ""))
      ? String(command_args ?? "")
          .trim()
          .split(/\s/)[0]
      : "");
  return name ? [{ ...row, kind: "orchestrate", name }] : [];
}

const CREATES = /\bgh\s+pr\s+create\b|\bglab\s+mr\s+create\b/;
const PR_URL = /https:\/\/[^\s"'\\<>]+\/(?:pull|merge_requests)\/\d+/;

function toPr(
  row: Omit<SignalRow, "event_type" | "git_branch" | "data">,
  { tool_input, tool_response, response_preview }: StoredData<"tool_completed">,
  git_branch: string | null,
): PlanSignal[] {
  const { command, cmd } = (tool_input ?? {}) as { command?: unknown; cmd?: unknown };
  const text = [command, cmd]
    .flat()
    .filter((v) => typeof v === "string")
    .join(" ");
  if (!CREATES.test(text)) return [];
  const answer = `${JSON.stringify(tool_response ?? "")}\n${typeof response_preview === "string" ? response_preview : ""}`;
  const url = PR_URL.exec(answer)?.[0];
  if (url === undefined) return [];
  const named = [...text.matchAll(/\bplan\/([\w.-]+)/g)].map((m) => m[1] ?? "");
  const current = /^plan\/(.+)$/.exec(git_branch ?? "")?.[1];
  return [{ ...row, kind: "pr", url, branches: [...named, ...(current === undefined ? [] : [current])] }];
}
