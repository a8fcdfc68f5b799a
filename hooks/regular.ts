/**
 * Opens files that another user may have created. A FIFO would block its reader forever, a device can be endless, and
 * opening one can have effects: only regular files are opened, and without waiting.
 */
import * as fs from "node:fs";

/**
 * `own`: in our data directory, where a link may lead to another user's file.
 * `theirs`: an agent's or a person's file, which may be a link to a regular one.
 */
export type LinkRule = "own" | "theirs";

/** `append` and `replace` create the file if it does not exist. */
export type FileUse = "read" | "change" | "append" | "replace";

/** Has a code, as system errors have. */
class NotRegular extends Error {
  readonly code = "not_a_file";
  constructor(path: string) {
    super(`${path} is not a regular file`);
  }
}

/** A handle of a regular file, to be closed by the caller. Throws NotRegular, or the system's error. */
export function openRegular(path: string, links: LinkRule, use: FileUse = "read"): number {
  const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const stat = links === "own" ? fs.lstatSync(path, NO_THROW) : fs.statSync(path, NO_THROW);
  if (stat && !stat.isFile()) throw new NotRegular(path);
  const noFollow = links === "own" ? (O_NOFOLLOW ?? 0) : 0;
  const fd = fs.openSync(path, flagsOf(use) | noFollow | (O_NONBLOCK ?? 0), 0o600);
  // The checked file may have been replaced since.
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  throw new NotRegular(path);
}

function flagsOf(use: FileUse): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC } = fs.constants;
  if (use === "read") return O_RDONLY;
  if (use === "change") return O_RDWR;
  return use === "append" ? O_RDWR | O_APPEND | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC;
}

const NO_THROW = { throwIfNoEntry: false } as const;

/** The whole of a file that is not expected to be large. */
export function readRegular(path: string, links: LinkRule): Buffer {
  const fd = openRegular(path, links);
  try {
    return fs.readFileSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
