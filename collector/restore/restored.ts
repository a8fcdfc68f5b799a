import type { KeptText } from "../../store/queries/conversation.ts";

/** A restored file. */
export type RestoredFile = { path: string; text: string };

export type LeftOut = {
  /** The client accepts reasoning only with the vendor's signature, which is not stored. */
  thinking: number;
  /** Written as their description. */
  images: number;
  /** Longer than the stored part of a text; each ends with a mark. */
  cut: number;
  redacted: number;
};

const IMAGE = /\[(?:image|[\w+.-]+\/[\w+.-]+), \d+ bytes, sha256 [0-9a-f]{64}\]/;

export function leftOut(texts: readonly KeptText[]): LeftOut {
  const count = (is: (text: KeptText) => boolean) => texts.filter(is).length;
  return {
    thinking: count((t) => t.role === "thinking"),
    images: count((t) => IMAGE.test(t.text)),
    cut: count((t) => t.whole_chars !== null),
    redacted: count((t) => t.text.includes("[redacted:")),
  };
}

/** The content of a text, with a mark if it was truncated. */
export function wordsOf({ text, whole_chars }: KeptText): string {
  return whole_chars === null
    ? text
    : `${text}\n[cut: ${text.length} of ${whole_chars} characters were kept]`;
}

/** A tool's input as the client expects it: an object, even if it was truncated or redacted in the middle. */
export function inputOf(text: KeptText): object {
  try {
    const value: unknown = JSON.parse(text.text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Below.
  }
  return { kept_text: wordsOf(text) };
}

/** An id becomes part of a file name: one that leads elsewhere is not from the agent. */
export const isFileName = (id: string): boolean => /^[\w-]{1,200}$/.test(id);

/** The part before the number of a block, which the blocks of one line share. */
export function lineOf({ item_key }: KeptText): string {
  return item_key.slice(0, item_key.lastIndexOf(":"));
}

/** Neighbours of one line. */
export function byLine(texts: readonly KeptText[]): KeptText[][] {
  const lines: KeptText[][] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last && lineOf(last[0]!) === lineOf(text)) last.push(text);
    else lines.push([text]);
  }
  return lines;
}

/**
 * A call without output has no stored text, and the client would treat it as interrupted: its empty output is inserted
 * among those of the calls of the same response, in their order.
 */
export function withEmptyOutputs(
  texts: readonly KeptText[],
  outcomes: ReadonlyMap<string, string>,
  followsOf: (call: KeptText) => string | null,
): KeptText[] {
  const answered = new Set(texts.flatMap((t) => (t.role === "tool_output" ? [t.tool_use_id] : [])));
  const all: KeptText[] = [];
  /** Calls of one response with last outputs that may still follow. */
  const open: KeptText[] = [];
  const fill = (calls: readonly KeptText[]) => {
    for (const call of calls) {
      const outcome = outcomes.get(call.tool_use_id ?? "");
      const isEnded = outcome !== undefined && outcome !== "running" && outcome !== "unknown";
      if (!isEnded || answered.has(call.tool_use_id)) continue;
      all.push({ ...emptyOutput(call, outcome), follows: followsOf(call) });
    }
  };
  for (const text of texts) {
    const isCall = text.role === "tool_input";
    const place =
      text.role === "tool_output" ? open.findIndex((c) => c.tool_use_id === text.tool_use_id) : -1;
    const isBeside =
      isCall && text.response_id === open[0]?.response_id && all.at(-1)?.role !== "tool_output";
    if (place >= 0) fill(open.splice(0, place + 1));
    else if (text.role !== "tool_output" && !isBeside) fill(open.splice(0));
    if (isCall) open.push(text);
    all.push(text);
  }
  fill(open);
  return all;
}

const ADDED = "-output";
export const isAdded = (line: string): boolean => line.endsWith(ADDED);

function emptyOutput(call: KeptText, outcome: string): KeptText {
  return {
    ...call,
    item_key: `${lineOf(call)}${ADDED}:0`,
    role: "tool_output",
    text: "",
    whole_chars: null,
    response_id: null,
    is_error: outcome === "completed" ? 0 : 1,
  };
}
