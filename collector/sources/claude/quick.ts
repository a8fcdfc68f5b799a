import { ascii } from "../../text.ts";
import type { TranscriptLine } from "./lines.ts";

/** Shorter lines are read whole: finding the parts would cost as much. */
const BIG_LINE_BYTES = 1500;
const HEAD_BYTES = 700;
const TAIL_BYTES = 900;

const TYPED = '{"type":"';
const CHAINED = '{"parentUuid":';
const TOOL_USE_ID = Buffer.from('"tool_use_id":"');
const TIMESTAMP = Buffer.from('"timestamp":"');
const RESULT = Buffer.from('"toolUseResult":');
const INTERRUPTED = Buffer.from('"interrupted":true');
/** Another line was glued to this one: only a whole reading can tell that it is no JSON. */
const GLUED = Buffer.from('{"parentUuid":');
/** What stands before the time of a line, and after its answer, if the call was more than a plain success. */
const FAILED = '"is_error":true';
const TELLING = /"(?:toolDenialKind|requestSessionId)":/;

/**
 * The kind of a line that is not wanted, told by its first bytes: the client writes the type of its bulky
 * bookkeeping first, and an attachment names itself before its text.
 */
export function unwantedKind(line: Buffer): string | undefined {
  const head = ascii(line, 0, 200);
  if (head.startsWith(TYPED)) {
    const end = head.indexOf('"', TYPED.length);
    const kind = end < 0 ? "" : head.slice(TYPED.length, end);
    return kind === "" || WANTED_KINDS.has(kind) ? undefined : kind;
  }
  return head.startsWith(CHAINED) && head.includes(',"attachment":{"') ? "attachment" : undefined;
}
const WANTED_KINDS = new Set(["assistant", "user", "system", "custom-title", "ai-title"]);

/**
 * The answer of a tool that worked, without decoding what it answered: that is most of a transcript's bytes.
 * Quotes inside a JSON string are escaped, so a key found in the raw bytes is a key. Undefined for any line
 * that is not plainly of this form; it is then read whole.
 */
export function quickToolResult(line: Buffer): TranscriptLine | undefined {
  if (line.length < BIG_LINE_BYTES) return undefined;
  const head = ascii(line, 0, HEAD_BYTES);
  if (!head.startsWith(CHAINED)) return undefined;
  const id = /"content":\[\{(?:"type":"tool_result",)?"tool_use_id":"([\w-]+)"/.exec(head);
  if (!id || !head.includes('"type":"user"')) return undefined;
  const after = id.index + id[0].length;
  if (line.indexOf(TOOL_USE_ID, after) >= 0) return undefined;
  const at = line.indexOf(TIMESTAMP, after);
  if (at < 0 || ascii(line, Math.max(0, at - 300), at).includes(FAILED)) return undefined;
  const result = line.indexOf(RESULT, at);
  if (result < 0 || !isPlainAnswer(ascii(line, result + RESULT.length, result + RESULT.length + 8)))
    return undefined;
  if (line.indexOf(INTERRUPTED, result) >= 0 || line.indexOf(GLUED, 1) >= 0) return undefined;
  const tail = ascii(line, line.length - TAIL_BYTES, line.length);
  if (TELLING.test(tail)) return undefined;
  const session = ID.exec(tail.slice(tail.lastIndexOf('"sessionId":"')))?.[1];
  if (!session) return undefined;
  const from = at + TIMESTAMP.length;
  return {
    type: "user",
    timestamp: ascii(line, from, from + 24),
    sessionId: session,
    promptId: /"promptId":"([\w-]+)"/.exec(head)?.[1],
    agentId: /"agentId":"([\w-]+)"/.exec(head)?.[1],
    message: { content: [{ type: "tool_result", tool_use_id: id[1] }] },
  };
}

const ID = /^"sessionId":"([\w-]+)"/;

/** An object or a list; a bare text is a refusal or an error, and a web search may have cost something. */
function isPlainAnswer(start: string): boolean {
  return start[0] === "[" || (start[0] === "{" && start !== '{"query"');
}
