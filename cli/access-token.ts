import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../collector/bus.ts";
import { AppError } from "../schema/errors.ts";

const FILE = "access-token";
const WHOLE = /^[0-9a-f]{64}$/;

/** The token of a data directory, which stays the same over restarts. Created if there is none or an invalid one. */
export function loadAccessToken(dataDir: string): string {
  const path = join(dataDir, FILE);
  const known = readToken(path);
  if (known) return known;
  const token = randomBytes(32).toString("hex");
  try {
    rmSync(path, { force: true });
    // Never written through a file that another program put there.
    const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    writeSync(file, `${token}\n`);
    closeSync(file);
  } catch (cause) {
    const first = readToken(path);
    if (first) return first;
    throw new AppError("data_directory_unusable", `${FILE} cannot be written`, {
      hint: `check ${path}`,
      cause,
    });
  }
  return token;
}

/** Undefined if it cannot be stored: then only the token of this start works, which must not prevent recording. */
export function tokensOf(dataDir: string, raise: (key: string, problem: Problem) => void): string[] {
  try {
    return [loadAccessToken(dataDir)];
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    raise("access", { code: cause.code, detail: cause.message, ...(cause.hint && { hint: cause.hint }) });
    return [];
  }
}

function readToken(path: string): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = fstatSync(file);
      if (!info.isFile() || info.size > 1024) return undefined;
      const text = readFileSync(file, "latin1").trim();
      return WHOLE.test(text) ? text : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
