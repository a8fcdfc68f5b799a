import { bytesOf, Clock, has } from "../../bytes.ts";
import { utf8 } from "../../text.ts";
import type { TranscriptLine } from "./lines.ts";
import { SkimHead } from "./skim-head.ts";

/** The client's own word on a failed call, of which more is kept. */
const SYNTHETIC = "<synthetic>";
const GLUED = bytesOf('{"parentUuid":');
const STOP = bytesOf('],"stop_reason":');
const TOOL_USE = bytesOf('"type":"tool_use"');
const OWN = bytesOf(',"type":"assistant","uuid":"');
const OWN_TIME = bytesOf('","timestamp":"');
const UUID_BYTES = 36;
const TIME_BYTES = 24;
/** What tells two lines of one response apart: their type, uuid and time, and the quote and comma behind them. */
const OWN_BYTES = OWN.length + UUID_BYTES + OWN_TIME.length + TIME_BYTES + 2;

const TIMESTAMP = bytesOf('"timestamp":"');
const RESULT = bytesOf('","toolUseResult":');
const QUERY = bytesOf('{"query"');
const FAILED = bytesOf('"is_error":true');
const TOOL_USE_ID = bytesOf('"tool_use_id":"');
/** What stands behind an answer that was more than a plain success. */
const TELLING = ['"toolDenialKind":', '"requestSessionId":', '"interrupted":true'].map(bytesOf);
const USER_TYPE = bytesOf(',"userType":"');
const BRACE = 0x7b;
const BRACKET = 0x5b;

/** What is the same at the end of many lines, with what it says. */
type Part = { bytes: Buffer; fields: TranscriptLine };
const NOTHING: Part = { bytes: Buffer.alloc(0), fields: {} };

/**
 * Reads the lines that make up a transcript without decoding what the model or a tool said in them.
 * Quotes inside a JSON string are escaped, so a key found in the raw bytes is a key, and `],"` ends a list. What
 * stands behind the content is decoded as the rest of the message and of the line: were it the end of another
 * list, it would not close both. Undefined for any line that is not plainly of this form; it is then read whole.
 */
export class Skimmer {
  private readonly head = new SkimHead();
  private readonly clock = new Clock();
  /** What the message and the line say behind the content; lines of one response repeat it. */
  private answer: { text: string; fields: TranscriptLine } = { text: "", fields: {} };
  private client = NOTHING;
  private user = NOTHING;

  line(bytes: Buffer, start: number, end: number): TranscriptLine | undefined {
    const kind = this.head.read(bytes, start);
    if (kind === undefined || this.head.end >= end || isGlued(bytes, start, end)) return undefined;
    return kind === "assistant" ? this.response(bytes, end) : this.result(bytes, end);
  }

  private response(bytes: Buffer, end: number): TranscriptLine | undefined {
    const { head } = this;
    const stop = bytes.lastIndexOf(STOP, end);
    if (stop < head.end - 1 || head.model === SYNTHETIC) return undefined;
    const own = this.ownPart(bytes, stop, end);
    if (own < 0) return undefined;
    const timestamp = this.clock.at(bytes, own + OWN_BYTES - 2 - TIME_BYTES);
    const a = this.readAnswer(utf8(bytes, stop + 2, own));
    if (a === undefined || Number.isNaN(timestamp)) return undefined;
    const c = this.client.fields;
    const content = blocksBetween(bytes, head.end, stop);
    if (content === undefined || (a.isApiErrorMessage ?? c.isApiErrorMessage)) return undefined;
    return {
      type: "assistant",
      timestamp,
      sessionId: c.sessionId ?? a.sessionId,
      requestSessionId: c.requestSessionId ?? a.requestSessionId,
      agentId: head.agent_id,
      isSidechain: head.isSidechain,
      requestId: a.requestId ?? c.requestId,
      costUSD: a.costUSD ?? c.costUSD,
      cwd: c.cwd,
      gitBranch: c.gitBranch,
      version: c.version,
      entrypoint: c.entrypoint,
      message: {
        id: head.id,
        model: head.model,
        stop_reason: a.message?.stop_reason,
        usage: a.message?.usage,
        content,
      },
    };
  }

  private readAnswer(text: string): TranscriptLine | undefined {
    if (text !== this.answer.text) {
      const fields = parse(`{"message":{${text}}`);
      if (fields === undefined) return undefined;
      this.answer = { text, fields };
    }
    return this.answer.fields;
  }

  /** Where the part begins that is this line's own; what follows it is mostly what followed it in the line before. */
  private ownPart(bytes: Buffer, stop: number, end: number): number {
    const known = end - this.client.bytes.length;
    if (
      this.client !== NOTHING &&
      isOwnPart(bytes, known - OWN_BYTES) &&
      has(bytes, known, this.client.bytes)
    )
      return known - OWN_BYTES;
    const own = bytes.indexOf(OWN, stop);
    if (own < 0 || own + OWN_BYTES >= end || !isOwnPart(bytes, own)) return -1;
    const fields = parse(`{${utf8(bytes, own + OWN_BYTES, end)}`);
    if (fields === undefined) return -1;
    this.client = { bytes: Buffer.from(bytes.subarray(own + OWN_BYTES, end)), fields };
    return own;
  }

  private result(bytes: Buffer, end: number): TranscriptLine | undefined {
    const { head } = this;
    const at = bytes.indexOf(TIMESTAMP, head.end);
    if (at < 0 || at >= end) return undefined;
    const time = at + TIMESTAMP.length;
    const timestamp = this.clock.at(bytes, time);
    if (Number.isNaN(timestamp) || !isPlainAnswer(bytes, time + TIME_BYTES)) return undefined;
    if (!this.readUser(bytes, time, end)) return undefined;
    const content = bytes.subarray(head.end, at);
    if (content.indexOf(TOOL_USE_ID) >= 0 || content.indexOf(FAILED) >= 0) return undefined;
    const rest = bytes.subarray(time, end);
    if (TELLING.some((key) => rest.indexOf(key) >= 0)) return undefined;
    const { sessionId, cwd, gitBranch, version, entrypoint } = this.user.fields;
    return {
      type: "user",
      timestamp,
      ...{ sessionId, cwd, gitBranch, version, entrypoint },
      promptId: head.prompt_id,
      agentId: head.agent_id,
      message: { content: [{ type: "tool_result", tool_use_id: head.id }] },
    };
  }

  /** The last part of the line says who asked. */
  private readUser(bytes: Buffer, from: number, end: number): boolean {
    const known = end - this.user.bytes.length;
    if (this.user !== NOTHING && known > from && has(bytes, known, this.user.bytes)) return true;
    const at = bytes.lastIndexOf(USER_TYPE, end);
    if (at < from) return false;
    const fields = parse(`{${utf8(bytes, at + 1, end)}`);
    if (typeof fields?.sessionId !== "string") return false;
    this.user = { bytes: Buffer.from(bytes.subarray(at, end)), fields };
    return true;
  }
}

/** Another line was glued to this one: only a whole reading can tell that it is no JSON. */
function isGlued(bytes: Buffer, start: number, end: number): boolean {
  const next = bytes.indexOf(GLUED, start + 1);
  return next >= 0 && next < end;
}

function isOwnPart(bytes: Buffer, at: number): boolean {
  return has(bytes, at, OWN) && has(bytes, at + OWN.length + UUID_BYTES, OWN_TIME);
}

function parse(text: string): TranscriptLine | undefined {
  try {
    return JSON.parse(text) as TranscriptLine;
  } catch {
    return undefined;
  }
}

/** Only calls of tools are asked for; without one among them the blocks need not be decoded. */
function blocksBetween(bytes: Buffer, start: number, end: number): unknown {
  if (bytes.subarray(start, end).indexOf(TOOL_USE) < 0) return [];
  return parse(utf8(bytes, start - 1, end + 1));
}

/** An object or a list; a bare text is a refusal or an error, and a web search may have cost something. */
function isPlainAnswer(bytes: Buffer, at: number): boolean {
  if (!has(bytes, at, RESULT)) return false;
  const first = at + RESULT.length;
  return bytes[first] === BRACKET || (bytes[first] === BRACE && !has(bytes, first, QUERY));
}
