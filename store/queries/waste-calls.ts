import type { Database } from "bun:sqlite";
import type { WasteCall } from "../waste/occurrence.ts";

type Text = { tool_use_id: string; role: string; text_hash: string; chars: number };

/**
 * Tools with a summary that is their whole argument, unless it was truncated: the description of a command changes from
 * try to try.
 */
const COMMANDS = new Set(["Bash", "PowerShell", "exec_command", "shell", "local_shell", "shell_command"]);
const SUMMARY_CHARS = 200;

/** Calls of a session's threads with what is stored of their arguments and answers, which is read once for all of them. */
export function wasteCalls(db: Database) {
  const calls = db.query<
    Omit<WasteCall, "argument" | "output_chars" | "output_hash">,
    [number, string, number, number]
  >(`
    select tool_use_id, tool_name, summary, prompt_id, started_unix_ms, ended_unix_ms, outcome from tool_calls
    where session_pk = ?1 and agent_id = ?2
      and coalesce(started_unix_ms, ended_unix_ms) >= ?3 and coalesce(started_unix_ms, ended_unix_ms) < ?4
    order by coalesce(started_unix_ms, ended_unix_ms), ended_unix_ms, tool_use_id`);
  const texts = db.query<Text, [number]>(`
    select tool_use_id, role, text_hash, coalesce(whole_chars, chunk_chars) as chars from texts
    where session_pk = ? and role in ('tool_input', 'tool_output') and tool_use_id is not null`);
  type Output = { chars: number; hash: string };

  function textsOf(session_pk: number) {
    const inputs = new Map<string, string>();
    const outputs = new Map<string, Output>();
    for (const { tool_use_id, role, text_hash, chars } of texts.iterate(session_pk))
      if (role === "tool_input") inputs.set(tool_use_id, text_hash);
      else outputs.set(tool_use_id, joined(outputs.get(tool_use_id), { chars, hash: text_hash }));
    return { inputs, outputs };
  }

  const joined = (a: Output | undefined, b: Output): Output =>
    a ? { chars: a.chars + b.chars, hash: `${a.hash} ${b.hash}` } : b;

  return (session_pk: number) => {
    let known: ReturnType<typeof textsOf> | undefined;
    return (agent_id: string, from: number, until: number): WasteCall[] => {
      known ??= textsOf(session_pk);
      const { inputs, outputs } = known;
      return calls.all(session_pk, agent_id, from, until).map((call) => {
        const isCommand =
          COMMANDS.has(call.tool_name ?? "") && call.summary && call.summary.length < SUMMARY_CHARS;
        return {
          ...call,
          argument: isCommand ? call.summary : (inputs.get(call.tool_use_id) ?? null),
          output_chars: outputs.get(call.tool_use_id)?.chars ?? null,
          output_hash: outputs.get(call.tool_use_id)?.hash ?? null,
        };
      });
    };
  };
}
