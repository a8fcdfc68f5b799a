import * as fs from "node:fs";

const LIMIT_BYTES = 1024 * 1024;

/**
 * A file that the daemon of this user touches while it runs, as JSON. Undefined if it is too old, from a clock that is
 * ahead, too large, of another user, or not a file; throws if it cannot be read.
 */
export function readFresh(path: string, now: number, stale_ms: number): Record<string, unknown> | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const fd = fs.openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const stat = fs.fstatSync(fd);
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    if (!stat.isFile() || !isOurs || stat.size > LIMIT_BYTES) return undefined;
    if (Math.abs(now - stat.mtimeMs) > stale_ms) return undefined;
    return JSON.parse(fs.readFileSync(fd, "utf8")) as Record<string, unknown>;
  } finally {
    fs.closeSync(fd);
  }
}
