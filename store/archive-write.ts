import { closeSync, fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import { openRegular } from "../hooks/regular.ts";
import { lastLine, repairTail } from "./archive-files.ts";
import { checkLine, SUM_BYTES, sealBytes } from "./line-sum.ts";

/** Filled and written again and again: fresh memory for every page takes longer than the lines do. */
const BLOCK_BYTES = 512 * 1024;
/** A UTF-16 unit is at most so many bytes of UTF-8. */
const UNIT_BYTES = 3;
let block: Buffer | undefined;

/** Appends lines with their checksums and syncs them. All of them or none: what a full disk took is taken back. */
export function appendLines(path: string, lines: readonly string[]): void {
  const fd = openRegular(path, "own", "append");
  try {
    const size = repairTail(fd);
    try {
      writeLines(fd, lines, checkLine(lastLine(fd, size).text, "").chain);
      fdatasyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, size);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

function writeLines(fd: number, lines: readonly string[], previous: string): void {
  block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let chain = previous;
  let into = block;
  let at = 0;
  for (const line of lines) {
    const most = line.length * UNIT_BYTES + SUM_BYTES + 1;
    if (at + most > into.length) {
      writeAll(fd, into, at);
      at = 0;
      into = most > block.length ? Buffer.allocUnsafeSlow(most) : block;
    }
    const end = at + into.write(line, at);
    const sealed = sealBytes(into, at, end, chain);
    chain = sealed.chain;
    at = sealed.end;
    into[at++] = NEWLINE;
  }
  writeAll(fd, into, at);
}

const NEWLINE = 0x0a;

function writeAll(fd: number, bytes: Buffer, end: number): void {
  for (let at = 0; at < end; ) at += writeSync(fd, bytes, at, end - at);
}
