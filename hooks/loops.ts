/** The loop guard: the daemon writes a file of calls that fail repeatedly, and the hook of the hard stop reads it. */
import { createHash } from "node:crypto";
import { readFresh } from "./fresh-file.ts";

export const LOOP_FILE = "loops.json";
/** How often the daemon touches the file, even without a change. */
export const LOOP_TOUCH_MS = 5_000;
const STALE_MS = 20_000;

/** A call that failed and failed again, with no other call of its agent between. */
export type Loop = {
  session_id: string;
  /** Empty = the main thread. */
  agent_id: string;
  /** Of the tool and its input, by `callDigest`. */
  digest: string;
  failures: number;
  deny_after: number;
};
/** The file counts only while the process `pid` runs: after a kill it would be outdated. */
export type LoopFile = { pid: number; loops: Loop[]; config: string };

/** The known fields of a tool call before it runs. */
export type LoopCall = { session_id: string; agent_id: string; tool_name: string; tool_input: unknown };

/** Equal for equal calls. A shell command's description is excluded: models phrase it differently each time. */
export function callDigest({ tool_name, tool_input }: Pick<LoopCall, "tool_name" | "tool_input">): string {
  const isCommand = isObject(tool_input) && typeof tool_input.command === "string";
  const { description: _, ...rest } = isCommand ? tool_input : {};
  const text = JSON.stringify([tool_name, isCommand ? rest : tool_input], inOrder);
  return createHash("sha256").update(text).digest("hex");
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const inOrder = (_: string, value: unknown) =>
  isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** Undefined if this call is in no loop, or when in doubt. */
export function findLoop(
  folder: string,
  call: LoopCall,
  now: number,
): { loop: Loop; config: string } | undefined {
  try {
    const file = readFresh(`${folder}/${LOOP_FILE}`, now, STALE_MS) as LoopFile | undefined;
    if (typeof file?.config !== "string" || !isAlive(file.pid)) return undefined;
    const own = file.loops.filter(
      (l) => isWhole(l) && l.session_id === call.session_id && l.agent_id === call.agent_id,
    );
    const digest = own.length > 0 ? callDigest(call) : "";
    const loop = own.find((l) => l.digest === digest);
    return loop && { loop, config: file.config };
  } catch {
    return undefined;
  }
}

function isAlive(pid: unknown): boolean {
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function isWhole(loop: Partial<Loop> | null): boolean {
  const { session_id, agent_id, digest, failures, deny_after } = loop ?? {};
  return (
    [session_id, agent_id, digest].every((t) => typeof t === "string") &&
    [failures, deny_after].every((n) => Number.isSafeInteger(n))
  );
}

/** The hook's output: a warning that lets the call run, or a denial. */
export function toLoopAnswer({ failures, deny_after }: Loop, tool_name: string, config: string): object {
  const failed = `hall-monitor: this ${tool_name} call has failed ${failures} times in a row with the same input`;
  if (failures < deny_after) {
    const text = `${failed}. Read the error and change something before it runs again; after ${deny_after} failures it is denied.`;
    return {
      systemMessage: text,
      hookSpecificOutput: { hookEventName: "PreToolUse", additionalContext: text },
    };
  }
  const reason =
    `${failed}, so the loop guard denied it. Do something else: after any other call it may run again. ` +
    `The guard is configured by loop_guard in ${config}.`;
  return {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: reason,
    },
  };
}
