import { closeSync, fstatSync, readSync } from "node:fs";
import { openRegular } from "../../hooks/regular.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;
/** A page of rejects must be fast, so no more than this is read for it. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The number of the line that begins at each offset of a file; none if it cannot be read. */
export function lineNumbers(path: string, offsets: number[]): Map<number, number> {
  const found = new Map<number, number>();
  if (path.endsWith(".zst")) return found;
  let fd: number;
  try {
    fd = openRegular(path, "theirs");
  } catch {
    return found;
  }
  try {
    const { size } = fstatSync(fd);
    const wanted = offsets
      .filter((offset) => offset < size && offset <= MOST_BYTES)
      .toSorted((a, b) => a - b);
    count(fd, wanted, found);
  } catch {
    // A file that fails half-way has the numbers that were found before.
  } finally {
    closeSync(fd);
  }
  return found;
}

function count(fd: number, wanted: number[], found: Map<number, number>): void {
  const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  let line = 1;
  let at = 0;
  for (const offset of wanted) {
    while (at < offset) {
      const got = readSync(fd, bytes, 0, Math.min(CHUNK_BYTES, offset - at), at);
      if (got === 0) return;
      for (let i = bytes.indexOf(NEWLINE); i >= 0 && i < got; i = bytes.indexOf(NEWLINE, i + 1)) line++;
      at += got;
    }
    found.set(offset, line);
  }
}
