import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedHook } from "./recorded.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/codex-171");
export const CODEX_RUNS = ["exec", "tui", "app-server"] as const;
export type CodexRun = (typeof CODEX_RUNS)[number];

type Line = {
  timestamp: string;
  type: string;
  payload: Record<string, unknown> & { item?: { type?: string; id?: string } };
};

/** The rollouts of a run, by their place below CODEX_HOME. */
export function codexRollouts(run: CodexRun): { path: string; lines: string[] }[] {
  const folder = join(FIXTURES, run, "sessions");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => ({
      path: join("sessions", name),
      lines: readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean),
    }));
}

/** The hook calls of a run in their order; the moment of each is that of the same fact's line in the rollout. */
export function codexHooks(run: CodexRun): RecordedHook[] {
  const moments = momentsOf(run);
  let last = Math.min(...moments.values()) - 1000;
  return readFileSync(join(FIXTURES, run, "hooks", `${run}.sequence.jsonl`), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((body, i) => {
      const hook = JSON.parse(body) as Record<string, string>;
      const event = hook.hook_event_name!;
      const keys = [
        hook.response_id,
        hook.tool_use_id && `${event}:${hook.tool_use_id}`,
        `${event}:${hook.turn_id}`,
      ];
      const known = keys.flatMap((key) => moments.get(key ?? "") ?? []);
      last = Math.max(last + 1, known[0] ?? 0);
      return { file: `${run}-${i}`, t_ms: last, event, session_id: hook.session_id!, body };
    });
}

function momentsOf(run: CodexRun): Map<string, number> {
  const moments = new Map<string, number>();
  for (const { lines } of codexRollouts(run))
    for (const line of lines) {
      const { timestamp, type, payload } = JSON.parse(line) as Line;
      for (const key of keysOf(type, payload)) if (!moments.has(key)) moments.set(key, Date.parse(timestamp));
    }
  return moments;
}

function keysOf(type: string, { type: kind, item, ...p }: Line["payload"]): string[] {
  if (type === "token_usage_record") return [String(p.response_id)];
  if (kind === "task_complete") return [`Stop:${p.turn_id}`, `PostCompact:${p.turn_id}`];
  if (kind === "turn_aborted") return [`Interrupt:${p.turn_id}`];
  if (kind === "task_started") return [`UserPromptSubmit:${p.turn_id}`, `PreCompact:${p.turn_id}`];
  if (kind === "function_call" || kind === "custom_tool_call") return [`PreToolUse:${p.call_id}`];
  if (kind === "item_completed" && item?.type === "CommandExecution") return [`PostToolUse:${item.id}`];
  return kind === "function_call_output" ? [`PostToolUse:${p.call_id}`] : [];
}
