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
/** What makes an answer more than "it worked": then the line is read whole. */
const TELLING = [
  '"is_error":true',
  '"toolDenialKind"',
  '"interrupted":true',
  "User rejected tool use",
  '"searchCount"',
  '"requestSessionId"',
  // Another line was glued to this one: only a whole reading can tell that it is no JSON.
  '{"parentUuid":',
].map((t) => Buffer.from(t));

/**
 * The kind of a line that is not wanted, told by its first bytes: the client writes the type of its bulky
 * bookkeeping first, and an attachment names itself before its text.
 */
export function unwantedKind(line: Buffer): string | undefined {
  const head = line.toString("latin1", 0, 200);
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
  const head = line.toString("latin1", 0, HEAD_BYTES);
  if (!head.startsWith(CHAINED)) return undefined;
  const id = /"content":\[\{(?:"type":"tool_result",)?"tool_use_id":"([\w-]+)"/.exec(head);
  if (!id || !head.includes('"type":"user"')) return undefined;
  const after = id.index + id[0].length;
  if (line.indexOf(TOOL_USE_ID, after) >= 0) return undefined;
  const at = line.indexOf(TIMESTAMP, after);
  if (at < 0 || line.indexOf(RESULT, at) < 0) return undefined;
  if (TELLING.some((needle) => line.indexOf(needle, 1) >= 0)) return undefined;
  const tail = line.toString("latin1", line.length - TAIL_BYTES);
  const session = /"sessionId":"([\w-]+)"(?!.*"sessionId":")/s.exec(tail)?.[1];
  if (!session) return undefined;
  const from = at + TIMESTAMP.length;
  return {
    type: "user",
    timestamp: line.toString("latin1", from, from + 24),
    sessionId: session,
    promptId: /"promptId":"([\w-]+)"/.exec(head)?.[1],
    agentId: /"agentId":"([\w-]+)"/.exec(head)?.[1],
    message: { content: [{ type: "tool_result", tool_use_id: id[1] }] },
  };
}
