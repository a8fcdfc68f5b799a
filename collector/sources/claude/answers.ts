import { flagBit, totalTokens, type Usage } from "../../../schema/usage.ts";
import { TOKEN_FIELDS } from "../../../schema/usage-kinds.ts";

/** An id in the vendor's own shape, which is unique. */
const VENDOR_ID = /^msg_(?:01|bdrk_|vrtx_)./;
/** Proxies make ids as long as these for each answer; a shorter one may be a constant. */
const UNIQUE_CHARS = 16;
const ID_INFERRED = flagBit("id_inferred");
/** This many responses of one file may be open at once: one for each agent that writes into it. */
const MOST_OPEN = 16;

/** What was between two lines with the same id: nothing, something of a tool or the client, or a person's prompt. */
type Between = "nothing" | "tool" | "prompt";

/** The response to which the last line with an id belonged. Plain data: it is stored with the cursor. */
export type OpenAnswer = {
  key: string;
  request_id: string;
  time_unix_ms: number;
  usage: Usage;
  is_final: boolean;
  between: Between;
  /** Number of earlier responses with this id. */
  earlier: number;
};

export type AnswerLine = {
  id: string;
  /** The line's own id, which copies in other sessions keep. */
  uuid: string;
  request_id: string;
  session_id: string;
  agent_id: string;
  time_unix_ms: number;
  usage: Usage;
  is_final: boolean;
};

export function isVendorId(id: string): boolean {
  return VENDOR_ID.test(id);
}

/**
 * The responses of lines without a vendor's id. Some proxies give every response the same id, some change it in a fork:
 * a response is identified by its first line, and a line begins another one if the client's data distinguishes them.
 */
export function createAnswers(stored: Record<string, OpenAnswer> = {}) {
  const open = new Map(Object.entries(stored));
  /** Lines of this read: a line that is twice in a file counts once. */
  const keys = new Map<string, string>();

  function begin(place: string, line: AnswerLine, known: OpenAnswer | undefined): OpenAnswer {
    const earlier = known ? known.earlier + 1 : 0;
    const nth = earlier === 0 ? "" : `:${earlier}`;
    const key = line.uuid ? `claude:line:${line.uuid}` : `claude:${line.session_id}:${line.id}${nth}`;
    open.delete(place);
    if (open.size >= MOST_OPEN) open.delete(open.keys().next().value!);
    const { request_id, time_unix_ms, usage, is_final } = line;
    const own = { key, earlier, usage: { ...usage }, between: "nothing" } as const;
    const answer: OpenAnswer = { ...own, request_id, time_unix_ms, is_final };
    open.set(place, answer);
    return answer;
  }

  return {
    /** The key of a line's response, and a flag if its id alone does not identify it. */
    of(line: AnswerLine): { key: string; flags: number } {
      const place = `${line.session_id} ${line.agent_id} ${line.id}`;
      const known = open.get(place);
      const copied = keys.get(line.uuid);
      const isKnown = known !== undefined && (copied === known.key || isSameAnswer(known, line));
      const answer = isKnown ? known : begin(place, line, known);
      continueWith(answer, line);
      const key = copied ?? answer.key;
      if (line.uuid) keys.set(line.uuid, key);
      const isCertain = line.id.length >= UNIQUE_CHARS && answer.earlier === 0;
      return { key, flags: isCertain ? 0 : ID_INFERRED };
    },
    /** A user's line separates open responses from later ones. */
    interrupt(session_id: string, agent_id: string, by: "tool" | "prompt"): void {
      if (open.size === 0) return;
      const start = `${session_id} ${agent_id} `;
      for (const [place, answer] of open)
        if (place.startsWith(start) && answer.between !== "prompt") answer.between = by;
    },
    state: (): Record<string, OpenAnswer> => Object.fromEntries(open),
  };
}
export type Answers = ReturnType<typeof createAnswers>;

function continueWith(answer: OpenAnswer, line: AnswerLine): void {
  answer.between = "nothing";
  answer.is_final ||= line.is_final;
  answer.request_id ||= line.request_id;
  for (const field of TOKEN_FIELDS) answer.usage[field] = Math.max(answer.usage[field], line.usage[field]);
  answer.time_unix_ms = line.time_unix_ms;
}

function isSameAnswer(known: OpenAnswer, line: AnswerLine): boolean {
  if (known.request_id !== "" && line.request_id !== "") return known.request_id === line.request_id;
  const isRepeat = isSameUsage(known.usage, line.usage);
  if (isRepeat && known.time_unix_ms === line.time_unix_ms) return true;
  const isUnique = line.id.length >= UNIQUE_CHARS;
  // Blocks of one response are adjacent; before its last line their figures may still grow.
  if (known.between === "nothing")
    return (
      isUnique ||
      isRepeat ||
      isPlaceholder(known.usage) ||
      isPlaceholder(line.usage) ||
      (!known.is_final && grows(known.usage, line.usage))
    );
  // A tool result may precede the last block.
  if (known.between === "tool")
    return isUnique && isSameInput(known.usage, line.usage) && (isRepeat || !known.is_final);
  return isUnique && isRepeat;
}

function isSameInput(a: Usage, b: Usage): boolean {
  return (
    a.uncached_input_tokens === b.uncached_input_tokens &&
    a.cache_read_input_tokens === b.cache_read_input_tokens &&
    a.cache_creation_5m_input_tokens === b.cache_creation_5m_input_tokens &&
    a.cache_creation_1h_input_tokens === b.cache_creation_1h_input_tokens
  );
}

/** Some proxies write a line without figures first or last. */
function isPlaceholder(usage: Usage): boolean {
  return totalTokens(usage) === 0;
}

function grows(from: Usage, to: Usage): boolean {
  return TOKEN_FIELDS.every((field) => to[field] >= from[field]);
}

function isSameUsage(a: Usage, b: Usage): boolean {
  return isSameInput(a, b) && a.output_tokens === b.output_tokens;
}
