import { readSync } from "node:fs";

const HEAD_BYTES = 256;
const TAIL_BYTES = 64;
const scratch = Buffer.allocUnsafe(HEAD_BYTES + TAIL_BYTES);

/**
 * Two hashes: of the first bytes, and of these with the bytes just before `offset`. An append changes neither; a
 * rewritten or replaced file changes one of them, whatever its inode and time. Costs two small reads.
 */
export function fingerprint(fd: number, offset: number): string {
  const head = Math.min(HEAD_BYTES, offset);
  const tail = Math.min(TAIL_BYTES, offset);
  const first = readFully(fd, 0, head, 0);
  return `${hash(first)}.${hash(first + readFully(fd, head, tail, offset - tail))}`;
}

/** Whether the bytes before `offset` are still those of a fingerprint; early ones were the second hash alone. */
export function isUnchanged(fd: number, offset: number, known: string): boolean {
  const now = fingerprint(fd, offset);
  return now === known || (!known.includes(".") && now.endsWith(`.${known}`));
}

/** Whether a file that is now shorter than `offset` still begins as it did: then its end was truncated. */
export function beginsAlike(fd: number, size: number, offset: number, known: string): boolean {
  const head = Math.min(HEAD_BYTES, offset);
  return size < head || !known.includes(".") || hash(readFully(fd, 0, head, 0)) === known.split(".", 1)[0];
}

function hash(bytes: number): string {
  return Bun.hash(scratch.subarray(0, bytes)).toString(36);
}

function readFully(fd: number, at: number, bytes: number, position: number): number {
  return bytes === 0 ? 0 : readSync(fd, scratch, at, bytes, position);
}
