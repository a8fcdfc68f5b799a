import type { FileBatch } from "../../../store/batch.ts";

import { RECOVERED } from "../recover.ts";

/** Known kinds of lines without any used data; any other is listed by `doctor`. */
const KNOWN_KINDS = new Set([
  RECOVERED,
  "agent-name",
  "agent-setting",
  "api-request",
  "api-request-blob",
  "api-request-shape",
  "atis-latch",
  "attachment",
  "cost-state",
  "file-history-delta",
  "file-history-snapshot",
  "last-prompt",
  "mode",
  "permission-mode",
  "queue-operation",
  "relocated",
  "summary",
  "tools-used",
  "system/informational",
  "system/local_command",
  "system/stop_hook_summary",
  "system/turn_duration",
  "worktree-state",
]);
const KIND_CHARS = 60;

export function ignore(into: FileBatch, kind: string): void {
  const name = KNOWN_KINDS.has(kind) ? kind : `unknown:${kind.slice(0, KIND_CHARS)}`;
  into.ignored[name] = (into.ignored[name] ?? 0) + 1;
}
