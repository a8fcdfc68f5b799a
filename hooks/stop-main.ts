/**
 * The hook of `install --hard-stop`, which Claude Code runs before each tool: it denies the call while a budget with a
 * hard stop is used up, and warns of a call that keeps failing, then denies it, if `loop_guard` is set. In every other
 * case, and whatever fails, it prints nothing; it always exits 0.
 */
import { writeSync } from "node:fs";
import { dataDirectory } from "../schema/names.ts";
import { findLoop, toLoopAnswer } from "./loops.ts";
import { readPayload } from "./stdin.ts";
import { findStop, toReason } from "./stop.ts";

const WATCHDOG_MS = 1000;

const leave = () => process.exit(0);
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);

async function main(): Promise<void> {
  const payload = JSON.parse((await readPayload()).payload.toString("utf8")) as Record<string, unknown>;
  const { hook_event_name, session_id, cwd } = payload;
  const folder = dataDirectory(process.env);
  if (hook_event_name !== "PreToolUse" || typeof session_id !== "string" || folder === undefined) return;
  // The folder where the session began: a tool may have changed `cwd` since.
  const project_path = process.env.CLAUDE_PROJECT_DIR || (typeof cwd === "string" ? cwd : "");
  const found = findStop(folder, { session_id, project_path }, Date.now());
  if (found) return deny(toReason(found.stop, found.config));
  const { agent_id, tool_name, tool_input } = payload;
  if (typeof tool_name !== "string") return;
  const call = { session_id, agent_id: typeof agent_id === "string" ? agent_id : "", tool_name, tool_input };
  const looping = findLoop(folder, call, Date.now());
  if (looping) print(toLoopAnswer(looping.loop, tool_name, looping.config));
}

function deny(permissionDecisionReason: string): void {
  const hookSpecificOutput = {
    hookEventName: "PreToolUse",
    permissionDecision: "deny",
    permissionDecisionReason,
  };
  print({ hookSpecificOutput });
}

function print(answer: object): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
