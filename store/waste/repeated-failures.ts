import { type Occurrence, toClaim, type WasteCall, type WasteThread } from "./occurrence.ts";

const LEAST_FAILURES = 3;
/** After one of these a failing call fails again; after any other call it may succeed. */
const CHANGES_NOTHING = new Set([
  "Read",
  "Grep",
  "Glob",
  "LS",
  "NotebookRead",
  "WebFetch",
  "WebSearch",
  "ToolSearch",
  "TodoWrite",
  "TaskGet",
  "TaskList",
  "TaskOutput",
  "BashOutput",
  "web_search",
  "update_plan",
  "view_image",
]);

/** Requests from the first to the last failure of the same call within a turn: they repeated it. */
export function repeatedFailures(thread: WasteThread): Occurrence[] {
  return loopsOf(thread.calls()).flatMap((loop): Occurrence[] => {
    const [first, last] = [loop[0]!, loop.at(-1)!];
    const from = endOf(first);
    const until = endOf(last);
    const claims = thread.rows
      .filter((r) => r.time_unix_ms > from && r.time_unix_ms <= until && r.cost_nano_usd !== null)
      .map((row) => toClaim(row, "all", row.cost_nano_usd!));
    if (claims.length === 0) return [];
    const { session_pk, agent_id } = thread;
    const what = [first.tool_name, first.summary].filter(Boolean).join(": ");
    return [
      {
        kind: "repeated_failures",
        session_pk,
        agent_id,
        what,
        claims,
        less_nano_usd: 0,
        tokens: null,
        calls: loop,
      },
    ];
  });
}

const endOf = (call: WasteCall) => call.ended_unix_ms ?? call.started_unix_ms ?? 0;

function loopsOf(calls: WasteCall[]): WasteCall[][] {
  const found: WasteCall[][] = [];
  let turn: string | null = null;
  let open = new Map<string, WasteCall[]>();
  const end = () => {
    for (const loop of open.values()) if (loop.length >= LEAST_FAILURES) found.push(loop);
    open = new Map();
  };
  for (const call of calls) {
    if (call.prompt_id !== turn) end();
    turn = call.prompt_id;
    const key = call.argument === null ? undefined : `${call.tool_name} ${call.argument}`;
    if (call.outcome === "failed") {
      if (key !== undefined) open.set(key, [...(open.get(key) ?? []), call]);
    } else if (!CHANGES_NOTHING.has(call.tool_name ?? "")) end();
    else if (key !== undefined) {
      const loop = open.get(key);
      if (loop && loop.length >= LEAST_FAILURES) found.push(loop);
      open.delete(key);
    }
  }
  end();
  return found;
}
