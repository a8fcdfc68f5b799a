import { utf8 } from "../../text.ts";
import type { TranscriptLine } from "./lines.ts";

const STOP = Buffer.from('],"stop_reason":');
const TOOL_USE = Buffer.from('"type":"tool_use"');
/** Another line was glued to this one: only a whole reading can tell that it is no JSON. */
const GLUED = Buffer.from('{"parentUuid":');
const OPENING =
  /^\{"parentUuid":(?:null|"[\w-]+"),"isSidechain":(true|false),(?:"agentId":"([\w-]+)",)?"message":\{"id":"([\w-]+)","type":"message","role":"assistant","model":"([\w.:/@[\]-]+)","content":\[/;
/** What tells two lines of one response apart; before it stands what they share, after it what all lines do. */
const OWN = /,"type":"assistant","uuid":"[\w-]{36}","timestamp":"([\w:.-]{24})",/g;

type Part = { text: string; fields: TranscriptLine };
const NOTHING: Part = { text: "", fields: {} };

/**
 * Reads a line of one response without decoding what the model said: its head, and all that follows its content.
 * Quotes inside a JSON string are escaped, so `],"` can only end a list, and the texts behind it are decoded as
 * the rest of the message and of the line: where they do not close both, it was another list. They repeat from
 * line to line and are decoded once. Undefined for any line that is not plainly of this form; it is then read whole.
 */
export function createQuickAssistant() {
  let answer = NOTHING;
  let client = NOTHING;

  return (bytes: Buffer, start: number, end: number, head: string): TranscriptLine | undefined => {
    const opening = OPENING.exec(head);
    if (!opening) return undefined;
    const content = start + opening[0].length;
    const stop = bytes.lastIndexOf(STOP, end);
    if (stop < content - 1 || bytes.subarray(start, end).indexOf(GLUED, 1) >= 0) return undefined;
    const rest = utf8(bytes, stop + 2, end);
    OWN.lastIndex = rest.startsWith(answer.text) ? answer.text.length : 0;
    const own = OWN.exec(rest);
    if (!own) return undefined;
    answer = decoded(answer, '{"message":{', rest.slice(0, own.index), "}");
    client = decoded(client, "{", rest.slice(OWN.lastIndex), "");
    const { fields: a } = answer;
    const { fields: c } = client;
    const blocks = blocksBetween(bytes, content, stop);
    const isKnown = answer !== NOTHING && client !== NOTHING && blocks !== undefined;
    if (!isKnown || (a.isApiErrorMessage ?? c.isApiErrorMessage)) return undefined;
    return {
      type: "assistant",
      timestamp: own[1],
      sessionId: c.sessionId ?? a.sessionId,
      requestSessionId: c.requestSessionId ?? a.requestSessionId,
      agentId: c.agentId ?? a.agentId ?? opening[2],
      isSidechain: opening[1] === "true",
      requestId: a.requestId ?? c.requestId,
      costUSD: a.costUSD ?? c.costUSD,
      cwd: c.cwd,
      gitBranch: c.gitBranch,
      version: c.version,
      entrypoint: c.entrypoint,
      message: {
        id: opening[3],
        model: opening[4],
        stop_reason: a.message?.stop_reason,
        usage: a.message?.usage,
        content: blocks,
      },
    };
  };
}

/** The same text has the same meaning; what is no JSON has none. */
function decoded(known: Part, before: string, text: string, after: string): Part {
  if (known !== NOTHING && known.text === text) return known;
  try {
    return { text, fields: JSON.parse(before + text + after) as TranscriptLine };
  } catch {
    return NOTHING;
  }
}

/** Only calls of tools are asked for; without one among them the blocks need not be decoded. */
function blocksBetween(bytes: Buffer, start: number, end: number): unknown {
  if (bytes.subarray(start, end).indexOf(TOOL_USE) < 0) return [];
  try {
    return JSON.parse(utf8(bytes, start - 1, end + 1));
  } catch {
    return undefined;
  }
}
