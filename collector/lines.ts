import { isRestored } from "./restore/mark.ts";
import type { LineParser } from "./sources/source.ts";

const NEWLINE = 10;

/**
 * Passes every whole line of `bytes[0, filled)` to the parser; none of them ends before `searched`. `position` is the
 * file offset of `bytes[0]`. Returns the number of consumed bytes: everything after the last newline waits for the next
 * call. Bytes after `filled` are overwritten, as the search for a newline would continue there. Lines written by
 * `restore` are counted and not passed on.
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
