import { readSync } from "node:fs";

const HEAD_BYTES = 256;
const TAIL_BYTES = 64;
const scratch = Buffer.allocUnsafe(HEAD_BYTES + TAIL_BYTES);

/**
 * Hash of the first bytes and of the bytes just before `offset`. An append leaves both alone; a file that
 * was rewritten or replaced changes one of them, whatever its inode and time say. Costs two small reads.
 */
export function fingerprint(fd: number, offset: number): string {
  const head = Math.min(HEAD_BYTES, offset);
  const tail = Math.min(TAIL_BYTES, offset);
  const got = readFully(fd, 0, head, 0) + readFully(fd, head, tail, offset - tail);
  return Bun.hash(scratch.subarray(0, got)).toString(36);
}

function readFully(fd: number, at: number, bytes: number, position: number): number {
  return bytes === 0 ? 0 : readSync(fd, scratch, at, bytes, position);
}
