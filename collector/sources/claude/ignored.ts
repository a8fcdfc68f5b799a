import type { FileBatch } from "../../../schema/batch.ts";
import { ascii } from "../../text.ts";

/** Kinds that the clients are known to write and that carry nothing of ours; of any other `doctor` tells. */
const KNOWN_KINDS = new Set([
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

/** As much of a line as is looked at before anything is decoded. */
const HEAD_BYTES = 400;
const TYPED = '{"type":"';
const CHAINED = '{"parentUuid":';
const WANTED_KINDS = new Set(["assistant", "user", "system", "custom-title", "ai-title"]);

/**
 * The kind of a line that is not wanted, told by its first bytes: the client writes the type of its bulky
 * bookkeeping first, and an attachment names itself before its text.
 */
export function unwantedKind(bytes: Buffer, start: number, end: number): string | undefined {
  const head = ascii(bytes, start, Math.min(end, start + HEAD_BYTES));
  if (head.startsWith(TYPED)) {
    const close = head.indexOf('"', TYPED.length);
    const kind = close < 0 ? "" : head.slice(TYPED.length, close);
    return kind === "" || WANTED_KINDS.has(kind) ? undefined : kind;
  }
  return head.startsWith(CHAINED) && head.includes(',"attachment":{"') ? "attachment" : undefined;
}
