import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SPOOL_FOLDER, spoolSegment } from "../../schema/names.ts";
import type { TelemetryEvent, TelemetryExport } from "../../schema/telemetry.ts";
import { spoolRecord } from "../e2e/records.ts";

/** A call of a tool in a session of the page's world. */
export type Call = { id: string; tool: string; command: string; at: number; is_error: boolean };
export type HookedSession = { n: number; session_id: string; cwd: string; calls: readonly Call[] };

const MINUTE_MS = 60_000;
const RESULT_MS = 1500;
const PROMPT_CALLS = 20;
/** The client accepts most calls by its rules and requests permission for the others. */
const DECIDED_BY = ["config", "config", "config", "user_temporary", "hook"];

/** What the hooks and the telemetry of a session leave: a segment of the spool for each session. */
export function writeHooks(dataDir: string, { n, session_id, cwd, calls }: HookedSession): void {
  const records: Buffer[] = [];
  const hook = (at: number, hook_event_name: string, more: object = {}) =>
    records.push(
      spoolRecord(
        crypto.randomUUID(),
        { session_id, cwd, permission_mode: "default", hook_event_name, ...more },
        at,
      ),
    );
  hook((calls[0]?.at ?? 0) - 2000, "SessionStart", { source: "startup" });
  for (const [i, call] of calls.entries()) {
    if (i % PROMPT_CALLS === 0) hook(call.at - 1000, "UserPromptSubmit", { prompt: `Task ${n}, part ${i}` });
    const tool = { tool_name: call.tool, tool_use_id: call.id, tool_input: { command: call.command } };
    hook(call.at, "PreToolUse", tool);
    if (call.is_error) hook(call.at + RESULT_MS, "PostToolUseFailure", { ...tool, error: "exit code 1" });
    else hook(call.at + RESULT_MS, "PostToolUse", { ...tool, tool_response: { stdout: "12 pass" } });
    if (i % PROMPT_CALLS === PROMPT_CALLS - 1) hook(call.at + 2 * RESULT_MS, "Stop");
  }
  for (let i = 0; i < calls.length; i += 500) records.push(decisions(session_id, calls.slice(i, i + 500)));
  mkdirSync(join(dataDir, SPOOL_FOLDER), { recursive: true, mode: 0o700 });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const segment = spoolSegment((calls[0]?.at ?? 0) + n * MINUTE_MS);
  writeFileSync(join(dataDir, SPOOL_FOLDER, segment), Buffer.concat(records), { mode: 0o600, flag: "a" });
}

function decisions(session_id: string, calls: readonly Call[]): Buffer {
  const records = calls.map(
    (call, i): TelemetryEvent => ({
      kind: "event",
      name: "tool_decision",
      session_id,
      time_unix_ms: call.at + 50,
      sequence: i,
      prompt_id: "",
      agent_id: "",
      request_id: "",
      tool_name: call.tool,
      tool_use_id: call.id,
      decision: "accept",
      decided_by: DECIDED_BY[i % DECIDED_BY.length]!,
      duration_ms: null,
      is_success: null,
      status: null,
    }),
  );
  const body: TelemetryExport = { agent: "claude", signal: "logs", client_version: "2.1.329", records };
  return spoolRecord(crypto.randomUUID(), body, calls[0]?.at, "otlp/1");
}
