import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { readRegular } from "../../hooks/regular.ts";
import { AppError, messageOf } from "../../schema/errors.ts";

/** A settings file as read: `path` is the file itself, with links resolved. */
export type SettingsFile = { path: string; bytes: Buffer | null; stat: Stats | null };

export function readSettings(path: string): SettingsFile {
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) return { path, bytes: null, stat: null };
    const real = realpathSync(path);
    const stat = statSync(real);
    // Opening a pipe would wait for a writer forever.
    if (!stat.isFile()) throw refusal(path, "is not a regular file");
    return { path: real, bytes: readRegular(real, "theirs"), stat };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw refusal(path, `cannot be read (${(cause as { code?: string }).code ?? cause})`);
  }
}

/** The text that can be edited; a file that is not plain JSON is rejected, since comments must not be lost. */
export function settingsText({ path, bytes }: SettingsFile): string {
  if (bytes === null) return "";
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal(path, "is not UTF-8");
  }
  if (isEmpty(text)) return text;
  checkShape(path, parseJson(path, text));
  return text;
}

export function isEmpty(text: string): boolean {
  return text.replace(/^\ufeff/, "").trim() === "";
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw refusal(path, `is not plain JSON (${messageOf(cause)})`);
  }
}

function checkShape(path: string, value: unknown): void {
  if (!isObject(value)) throw refusal(path, "is not a JSON object");
  if (value.hooks === undefined) return;
  if (!isObject(value.hooks)) throw refusal(path, "has `hooks` that are not an object");
  for (const [event, list] of Object.entries(value.hooks))
    if (!Array.isArray(list)) throw refusal(path, `has hooks.${event} that is not a list`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(path: string, why: string): AppError {
  return new AppError("settings_unreadable", `${path} ${why}`, {
    hint: "nothing was changed; repair the file, or install as a plugin: `hall-monitor install`",
  });
}

/** In one step, with the same permissions and owner; null removes the file. */
export function replaceSettings(file: SettingsFile, bytes: Buffer | null): void {
  if (!isUnchanged(file))
    throw new AppError("settings_unreadable", `${file.path} was changed by another program just now`, {
      hint: "nothing was changed; run the command again",
    });
  if (bytes === null) {
    rmSync(file.path, { force: true });
    return;
  }
  const temporary = join(dirname(file.path), `.settings.${process.pid}.${Date.now()}.tmp`);
  try {
    mkdirSync(dirname(file.path), { recursive: true });
    writeWhole(temporary, bytes, file.stat);
    renameSync(temporary, file.path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new AppError(
      "settings_unreadable",
      `${file.path} cannot be written (${(cause as { code?: string }).code ?? cause})`,
      {
        hint: "nothing was changed; check the permissions of its folder",
        cause,
      },
    );
  }
}

function writeWhole(path: string, bytes: Buffer, like: Stats | null): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fchmodSync(fd, like === null ? 0o600 : like.mode & 0o7777);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (like !== null && like.uid !== process.getuid?.()) chownSync(path, like.uid, like.gid);
}

function isUnchanged(file: SettingsFile): boolean {
  const now = readSettings(file.path);
  if (now.bytes === null || file.bytes === null) return now.bytes === file.bytes;
  return now.bytes.equals(file.bytes);
}

/** Lines that only the new text has, for a dry run. */
export function addedLines(before: Buffer | null, after: Buffer): string[] {
  const known = new Set(before?.toString("utf8").split("\n"));
  return after
    .toString("utf8")
    .split("\n")
    .filter((line) => !known.has(line));
}
