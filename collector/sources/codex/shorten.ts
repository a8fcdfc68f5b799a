import { ascii, utf8 } from "../../text.ts";

const BIG_LINE_BYTES = 1536;
const KEPT_HEAD_BYTES = 832;
const KEPT_TAIL_BYTES = 512;

/**
 * A line without the one part nobody reads here: the rest of a tool's output, which is most of a rollout's
 * bytes, or the sums that a usage record repeats. Undefined if the line does not look like that or is not JSON
 * without it: it is then read whole.
 */
export function shortened(kind: string, bytes: Buffer, start: number, end: number): unknown {
  const text =
    kind === "token_usage_record" ? withoutSums(bytes, start, end) : withoutOutput(bytes, start, end);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SUMS = '},"turn_token_usage":{';

function withoutSums(bytes: Buffer, start: number, end: number): string | undefined {
  // The payload, its last sum and the line: a record that was torn off does not end like that.
  if (ascii(bytes, end - 3, end) !== "}}}") return undefined;
  const head = ascii(bytes, start, Math.min(end, start + KEPT_HEAD_BYTES));
  const sums = head.indexOf(SUMS);
  return sums > 0 ? `${head.slice(0, sums)}}}}` : undefined;
}

function withoutOutput(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start < BIG_LINE_BYTES) return undefined;
  const head = wholeEscapes(utf8(bytes, start, characterAt(bytes, start + KEPT_HEAD_BYTES)));
  if (!head.includes('output":"')) return undefined;
  const tail = utf8(bytes, characterAt(bytes, end - KEPT_TAIL_BYTES), end);
  const close = closingQuote(tail);
  return close < 0 ? undefined : head + tail.slice(close);
}

/** The start of the character that this byte belongs to. */
function characterAt(bytes: Buffer, at: number): number {
  let start = at;
  while ((bytes[start]! & 0xc0) === 0x80 && at - start < 4) start--;
  return start;
}

/** An escape must not be cut in two: at most six characters, `\\u0000`. */
function wholeEscapes(head: string): string {
  const last = head.slice(-5);
  const half = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(last);
  return half ? head.slice(0, half.index - last.length) : head;
}

/** First quote that no backslash escapes: the end of a string that began before this text. */
function closingQuote(tail: string): number {
  for (let at = tail.indexOf('"'); at >= 0; at = tail.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - slashes > 0 && tail[at - slashes - 1] === "\\") slashes++;
    if (slashes < at && slashes % 2 === 0) return at;
  }
  return -1;
}
