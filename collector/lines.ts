import { isRestored } from "./restore/mark.ts";
import type { LineParser } from "./sources/source.ts";

const NEWLINE = 10;

/**
 * Hands every whole line of `bytes[0, filled)` to the parser; none of them ends before `searched`. `position` is the
 * file offset of `bytes[0]`. Returns how many bytes were used up: everything after the last newline waits for the
 * next call. What lies behind `filled` is overwritten, as the search for a newline would go on there. Lines that
 * `restore` has written are counted and not handed on.
 */
export function feedLines(
  parser: LineParser,
  bytes: Buffer,
  searched: number,
  filled: number,
  position: number,
): { used: number; lines: number; restored: number } {
  if (filled < bytes.length) bytes[filled] = NEWLINE;
  let start = 0;
  let lines = 0;
  let restored = 0;
  let end = bytes.indexOf(NEWLINE, searched);
  while (end >= 0 && end < filled) {
    if (end > start) {
      if (isRestored(bytes, start, end)) restored++;
      else parser.line(bytes, start, end, position + start);
      lines++;
    }
    start = end + 1;
    end = bytes.indexOf(NEWLINE, start);
  }
  return { used: start, lines, restored };
}
