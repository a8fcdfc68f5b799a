const BIG_LINE_BYTES = 8192;
const KEPT_HEAD_BYTES = 2048;
const KEPT_TAIL_BYTES = 1024;
const KEPT_VALUE_CHARS = 600;

/**
 * The JSON of a line whose one long string, a tool's output, is cut to its beginning: outputs are most of a
 * rollout's bytes and nobody reads them here. Undefined if the line does not look like that.
 */
export function shortened(bytes: Buffer, start: number, end: number): unknown {
  if (end - start < BIG_LINE_BYTES) return undefined;
  const head = bytes.toString("latin1", start, start + KEPT_HEAD_BYTES);
  const value = /"(?:aggregated_output|output)":"/.exec(head);
  if (!value) return undefined;
  const from = value.index + value[0].length;
  // An escape must not be cut in two.
  const kept = head.slice(0, from + KEPT_VALUE_CHARS).replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "");
  const tail = bytes.toString("latin1", end - KEPT_TAIL_BYTES, end);
  const close = closingQuote(tail);
  if (close < 0) return undefined;
  try {
    return JSON.parse(Buffer.from(kept + tail.slice(close), "latin1").toString("utf8"));
  } catch {
    return undefined;
  }
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
