import type { LineParser } from "./sources/source.ts";

const NEWLINE = 10;

/**
 * Hands every whole line of `bytes[0, filled)` to the parser. `position` is the file offset of `bytes[0]`.
 * Returns how many bytes were used up: everything after the last newline waits for the next call.
 */
export function feedLines(
  parser: LineParser,
  bytes: Buffer,
  filled: number,
  position: number,
): { used: number; lines: number } {
  let start = 0;
  let lines = 0;
  while (start < filled) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0 || end >= filled) break;
    if (end > start) {
      parser.line(bytes, start, end, position + start);
      lines++;
    }
    start = end + 1;
  }
  return { used: start, lines };
}
