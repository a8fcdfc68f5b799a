import { closeSync, fsyncSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { openRegular } from "../hooks/regular.ts";
import { archiveFiles, plainPath, syncFolder } from "./archive-files.ts";
import { sealDay } from "./archive-seal.ts";
import { readLines } from "./line-bytes.ts";
import { checkLine, sealLine } from "./line-sum.ts";

/** Returns the new text of a line; undefined removes it. The same text leaves it unchanged. */
export type LineEdit = (body: string) => string | undefined;
export type ArchiveEdit = { files: number; lines: number };

/** Number of archive lines that an edit would change. */
export async function countEdits(folder: string, edit: LineEdit): Promise<ArchiveEdit> {
  const found: ArchiveEdit = { files: 0, lines: 0 };
  for (const { path } of archiveFiles(folder)) {
    const lines = await editsIn(path, edit);
    if (lines === 0) continue;
    found.files++;
    found.lines += lines;
  }
  return found;
}

async function editsIn(path: string, edit: LineEdit): Promise<number> {
  let lines = 0;
  for await (const texts of readLines(path))
    for (const { text } of texts) {
      const { body } = checkLine(text, "");
      if (edit(body) !== body) lines++;
    }
  return lines;
}

/**
 * Rewrites the days that an edit changes, with new checksums. A day is replaced whole; one that was sealed is sealed
 * again. If it is interrupted at any moment, no line is missing, and the next call continues.
 */
export async function editArchive(folder: string, edit: LineEdit, now: number): Promise<void> {
  for (const { day, path, is_sealed } of archiveFiles(folder)) {
    if ((await editsIn(path, edit)) === 0) continue;
    const temporary = `${plainPath(folder, day)}.purge`;
    rmSync(temporary, { force: true });
    await rewrite(path, temporary, edit);
    renameSync(temporary, plainPath(folder, day));
    syncFolder(folder);
    if (!is_sealed) continue;
    unlinkSync(path);
    const sealed = await sealDay(folder, day, now);
    if (!sealed.ok) throw new Error(`${day} could not be sealed again: ${sealed.detail}`);
  }
}

async function rewrite(from: string, to: string, edit: LineEdit): Promise<void> {
  const fd = openRegular(to, "own", "append");
  try {
    let chain = "";
    for await (const texts of readLines(from)) {
      let out = "";
      for (const { text } of texts) {
        const checked = checkLine(text, "");
        // A damaged line is left unchanged for inspection.
        const body = checked.trust === "broken" ? undefined : edit(checked.body);
        if (checked.trust === "broken") out += `${text}\n`;
        if (body === undefined) continue;
        const next = sealLine(body, chain);
        chain = next.chain;
        out += `${next.line}\n`;
      }
      writeSync(fd, out);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
