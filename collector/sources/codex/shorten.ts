const BIG_LINE_BYTES = 1536;
const KEPT_HEAD_BYTES = 1024;
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

function withoutSums(bytes: Buffer, start: number, end: number): string | undefined {
  const line = bytes.toString("latin1", start, end);
  const sums = line.indexOf('},"turn_token_usage":{');
  return sums > 0 && line.endsWith("}}}") ? `${line.slice(0, sums)}}}}` : undefined;
}

function withoutOutput(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start < BIG_LINE_BYTES) return undefined;
  const head = bytes.toString("latin1", start, start + KEPT_HEAD_BYTES);
  if (!/"(?:aggregated_)?output":"/.test(head)) return undefined;
  const tail = bytes.toString("latin1", end - KEPT_TAIL_BYTES, end);
  const close = closingQuote(tail);
  if (close < 0) return undefined;
  return (
    bytes.toString("utf8", start, wholeCharacters(bytes, start, head)) +
    bytes.toString("utf8", end - KEPT_TAIL_BYTES + close, end)
  );
}

/** Where to cut so that neither an escape nor a character is cut in two. */
function wholeCharacters(bytes: Buffer, start: number, head: string): number {
  const half = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(head)?.[0].length ?? 0;
  let cut = start + head.length - half;
  while ((bytes[cut]! & 0xc0) === 0x80) cut--;
  return cut;
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
