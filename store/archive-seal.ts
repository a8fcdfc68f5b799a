import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  renameSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { openRegular } from "../hooks/regular.ts";
import { plainDays, plainPath, repairTail, sealedPath, syncFolder } from "./archive-files.ts";
import { readSeals, type Seal, writeSeal } from "./archive-seals.ts";
import { createTally } from "./archive-tally.ts";

const CHUNK_BYTES = 256 * 1024;

export type SealOutcome =
  | { day: string; ok: true; lines: number }
  | { day: string; ok: false; detail: string };

/** Days before `before` that are not compressed yet, oldest first. */
export function daysToSeal(folder: string, before: string): string[] {
  return plainDays(folder).filter((day) => day < before);
}

/**
 * Turns a day's file into a compressed one. The plain file goes only after the compressed one was read back and found
 * equal, and if it is interrupted at any moment, the next call continues from there.
 */
export async function sealDay(
  folder: string,
  day: string,
  nowUnixMs: number,
  signal?: AbortSignal,
): Promise<SealOutcome> {
  const plain = plainPath(folder, day);
  const sealed = sealedPath(folder, day);
  const temporary = `${sealed}.tmp`;
  rmSync(temporary, { force: true });
  const known = readSeals(folder).get(day);
  cutTornLine(plain);
  const added = await tally([plain], signal);
  if (existsSync(sealed) && known?.plain_sha256 === added.sha256 && (await isIntact(folder, known))) {
    unlinkSync(plain);
    return { day, ok: true, lines: known.lines };
  }
  // A clock that was set back may add lines to a sealed day: both are merged.
  const parts = existsSync(sealed) ? [sealed, plain] : [plain];
  try {
    const all = createTally();
    await pipeline(
      async function* () {
        for (const part of parts) for await (const chunk of contentOf(part)) yield all.add(chunk);
      },
      createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
      createWriteStream(temporary, { mode: 0o600 }),
      { ...(signal && { signal }) },
    );
    const { sha256, lines, bytes, ranges, last_seq } = all.result();
    syncFile(temporary);
    if ((await tally([temporary], signal)).sha256 !== sha256)
      return fail(temporary, day, "the compressed copy differs");
    writeSeal(folder, {
      day,
      lines,
      bytes,
      sha256,
      plain_sha256: added.sha256,
      last_seq,
      ranges,
      sealed_unix_ms: nowUnixMs,
    });
    renameSync(temporary, sealed);
    syncFolder(folder);
    unlinkSync(plain);
    return { day, ok: true, lines };
  } catch (error) {
    return fail(temporary, day, error instanceof Error ? error.message : String(error));
  }
}

function fail(temporary: string, day: string, detail: string): SealOutcome {
  rmSync(temporary, { force: true });
  return { day, ok: false, detail };
}

/** Whether a sealed day can still be read and is unchanged. */
export async function isIntact(folder: string, seal: Seal, signal?: AbortSignal): Promise<boolean> {
  try {
    const found = await tally([sealedPath(folder, seal.day)], signal);
    return found.sha256 === seal.sha256 && found.lines === seal.lines;
  } catch {
    return false;
  }
}

/** Combined content of these files. */
export async function tally(paths: string[], signal?: AbortSignal) {
  const sums = createTally();
  for (const path of paths)
    for await (const chunk of contentOf(path)) {
      signal?.throwIfAborted();
      sums.add(chunk);
    }
  return sums.result();
}

/** The plain text of a file, in pieces small enough that other work can run in between. */
async function* contentOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, fd: openRegular(path, "theirs") });
  const isPlain = path.endsWith(".jsonl");
  const stream = isPlain ? file : file.pipe(createZstdDecompress());
  if (!isPlain) file.on("error", (error) => stream.destroy(error));
  for await (const chunk of stream) yield chunk as Buffer;
}

function cutTornLine(path: string): void {
  const fd = openRegular(path, "own", "change");
  try {
    repairTail(fd);
  } finally {
    closeSync(fd);
  }
}

function syncFile(path: string): void {
  const fd = openRegular(path, "own");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
