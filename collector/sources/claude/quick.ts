import { ascii } from "../../text.ts";
import type { TranscriptLine } from "./lines.ts";

/** Shorter lines are read whole: finding the parts would cost as much. */
const BIG_LINE_BYTES = 1500;
const HEAD_BYTES = 400;
const TAIL_BYTES = 700;
const BEFORE_TIME_BYTES = 200;

const TYPED = '{"type":"';
const CHAINED = '{"parentUuid":';
const WANTED_KINDS = new Set(["assistant", "user", "system", "custom-title", "ai-title"]);
const TIMESTAMP = Buffer.from('"timestamp":"');
const RESULT = '"toolUseResult":';
/** Another line was glued to this one: only a whole reading can tell that it is no JSON. */
const GLUED = Buffer.from(CHAINED);
const TOOL_USE_ID = Buffer.from('"tool_use_id":"');
const OPENING = /"promptId":"([\w-]+)".*"content":\[\{(?:"type":"tool_result",)?"tool_use_id":"([\w-]+)"/;
/** What stands before the time or after the answer of a call that was more than a plain success. */
const FAILED = '"is_error":true';
const TELLING = /"(?:toolDenialKind|requestSessionId)":|"interrupted":true/;

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

/**
 * The answer of a tool that worked, without decoding what it answered: that is most of a transcript's bytes.
 * Quotes inside a JSON string are escaped, so a key found in the raw bytes is a key. Undefined for any line
 * that is not plainly of this form; it is then read whole.
 */
export function quickToolResult(
  bytes: Buffer,
  start: number,
  end: number,
  head: string,
): TranscriptLine | undefined {
  if (end - start < BIG_LINE_BYTES || !head.startsWith(CHAINED) || !head.includes('"type":"user"'))
    return undefined;
  const opening = OPENING.exec(head);
  if (!opening) return undefined;
  const tail = ascii(bytes, end - TAIL_BYTES, end);
  const id = ID.exec(tail.slice(tail.lastIndexOf('"sessionId":"')));
  if (!id || TELLING.test(tail)) return undefined;
  const line = bytes.subarray(start, end);
  const after = opening.index + opening[0].length;
  const at = line.indexOf(TIMESTAMP, after);
  if (at < 0 || line.indexOf(GLUED, 1) >= 0) return undefined;
  if (ascii(line, at - BEFORE_TIME_BYTES, at).includes(FAILED)) return undefined;
  const time = ascii(line, at + TIMESTAMP.length, at + TIMESTAMP.length + 50);
  if (!isPlainAnswer(time.slice(26)) || line.subarray(after, at).includes(TOOL_USE_ID)) return undefined;
  return {
    type: "user",
    timestamp: time.slice(0, 24),
    sessionId: id[1],
    promptId: opening[1],
    agentId: /"agentId":"([\w-]+)"/.exec(head)?.[1],
    message: { content: [{ type: "tool_result", tool_use_id: opening[2] }] },
  };
}

const ID = /^"sessionId":"([\w-]+)"/;

/** An object or a list; a bare text is a refusal or an error, and a web search may have cost something. */
function isPlainAnswer(rest: string): boolean {
  if (!rest.startsWith(RESULT)) return false;
  const start = rest.slice(RESULT.length);
  return start[0] === "[" || (start[0] === "{" && !start.startsWith('{"query"'.slice(0, start.length)));
}
