import { ascii } from "../../text.ts";

const HEAD_BYTES = 400;

const TYPED = '{"type":"';
const CHAINED = '{"parentUuid":';
const WANTED_KINDS = new Set(["assistant", "user", "system", "custom-title", "ai-title"]);
/**
 * The kind of a line that is not wanted, told by its first bytes: the client writes the type of its bulky
 * bookkeeping first, and an attachment names itself before its text.
 */
export function unwantedKind(head: string): string | undefined {
  if (head.startsWith(TYPED)) {
    const end = head.indexOf('"', TYPED.length);
    const kind = end < 0 ? "" : head.slice(TYPED.length, end);
    return kind === "" || WANTED_KINDS.has(kind) ? undefined : kind;
  }
  return head.startsWith(CHAINED) && head.includes(',"attachment":{"') ? "attachment" : undefined;
}

/** As much of a line as is looked at before anything is decoded. */
export function headOf(bytes: Buffer, start: number, end: number): string {
  return ascii(bytes, start, Math.min(end, start + HEAD_BYTES));
}
