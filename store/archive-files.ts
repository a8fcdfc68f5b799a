import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { openRegular } from "../hooks/regular.ts";
import { readSeals } from "./archive-seals.ts";
import { checkLine } from "./line-sum.ts";

const NEWLINE = 10;
const PLAIN = /^(\d{4}-\d\d-\d\d)\.jsonl$/;
const ANY = /^(\d{4}-\d\d-\d\d)\.jsonl(\.zst)?$/;

export function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

export const plainPath = (folder: string, day: string) => join(folder, `${day}.jsonl`);
export const sealedPath = (folder: string, day: string) => join(folder, `${day}.jsonl.zst`);

/** Every day's files by the day in their name; what a clock that was set back added to a sealed day comes after it. */
export function archiveFiles(folder: string): { day: string; path: string; is_sealed: boolean }[] {
  return namesIn(folder)
    .flatMap((name) => {
      const [, day, zst] = ANY.exec(name) ?? [];
      return day ? [{ day, path: join(folder, name), is_sealed: zst !== undefined }] : [];
    })
    .sort((a, b) => (a.day === b.day ? Number(b.is_sealed) - Number(a.is_sealed) : a.day < b.day ? -1 : 1));
}

export function plainDays(folder: string): string[] {
  return namesIn(folder)
    .flatMap((name) => PLAIN.exec(name)?.[1] ?? [])
    .sort();
}

function namesIn(folder: string): string[] {
  try {
    // A sealed day may be elsewhere, behind a link; anything but a file is skipped.
    return readdirSync(folder).filter((name) =>
      statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
    );
  } catch {
    return [];
  }
}

/** An interrupted write left half a line: it is removed, and its rows are written again. */
export function repairTail(fd: number): number {
  const { size } = fstatSync(fd);
  const end = endOfLastLine(fd, size);
  if (end < size) ftruncateSync(fd, end);
  return end;
}

function endOfLastLine(fd: number, size: number): number {
  const bytes = Buffer.allocUnsafe(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - bytes.length);
    const got = readSync(fd, bytes, 0, end - from, from);
    const at = bytes.subarray(0, got).lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

/** The highest sequence number up to `most` in the archive, from the ends of its files. */
export function lastArchived(folder: string, most = Number.POSITIVE_INFINITY): number {
  const sealed = [...readSeals(folder).values()].map((seal) => seal.last_seq);
  const plain = plainDays(folder).map((day) => lastSeqOf(plainPath(folder, day), most));
  return Math.max(0, ...sealed.filter((seq) => seq <= most), ...plain);
}

function lastSeqOf(path: string, most: number): number {
  const fd = openRegular(path, "own", "change");
  try {
    let size = repairTail(fd);
    while (size > 0) {
      const { text, offset } = lastLine(fd, size);
      const { trust, body } = checkLine(text, "");
      const seq = trust === "broken" ? undefined : positionOf(body);
      if (seq !== undefined && seq <= most) return seq;
      // A damaged line: the one before it counts.
      size = offset;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** The line that ends at `size`, without its line break; empty if there is none. */
export function lastLine(fd: number, size: number): { text: string; offset: number } {
  const offset = endOfLastLine(fd, size - 1);
  const line = Buffer.alloc(Math.max(0, size - 1 - offset));
  readSync(fd, line, 0, line.length, offset);
  return { text: line.toString("utf8"), offset };
}

/** Place of a line in the sequence. */
function positionOf(text: string): number | undefined {
  try {
    const { seq, after_seq } = JSON.parse(text) as { seq?: unknown; after_seq?: unknown };
    const position = after_seq ?? seq;
    return typeof position === "number" ? position : undefined;
  } catch {
    return undefined;
  }
}

/** Makes names that were added to or taken from a folder survive a loss of power. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
