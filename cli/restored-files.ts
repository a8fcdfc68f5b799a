import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RestoredFile } from "../collector/restore/restored.ts";
import { AppError } from "../schema/errors.ts";

/** The first of these that exists, compressed or not. */
export function existing(paths: readonly string[]): string | undefined {
  return paths.flatMap((path) => [path, `${path}.zst`]).find((path) => existsSync(path));
}

/** A private file, written completely or not at all; an existing one is never changed. */
export function writeNew({ path, text }: RestoredFile): void {
  let fd: number | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    fd = openSync(path, "wx", 0o600);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } catch (cause) {
    if (fd !== undefined) rmSync(path, { force: true });
    const code = (cause as { code?: string }).code ?? "";
    const kind = code === "ENOSPC" ? "disk_full" : "data_directory_unusable";
    throw new AppError(kind, `${path} cannot be written (${code})`, {
      hint: "make sure that its folder is writable and has free space, then try again",
      cause,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
