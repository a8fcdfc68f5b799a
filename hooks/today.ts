/** Today's cost, which the daemon writes for status lines: they have no time to query a database. */
import * as fs from "node:fs";

export const TODAY_FILE = "statusline.json";
/** How often the daemon touches the file, even without a change. */
export const TODAY_TOUCH_MS = 30_000;
const STALE_MS = 120_000;
const LIMIT_BYTES = 4096;

export type Today = {
  /** The local day in the daemon's zone, and its ends. */
  day: string;
  time_zone: string;
  from_unix_ms: number;
  until_unix_ms: number;
  /** Null if nothing had a price. */
  cost_nano_usd: number | null;
  total_tokens: number;
  /** False if something had no price, so that the cost is a lower bound. */
  cost_complete: boolean;
};

/** Undefined if it has no current value: the day is over, or the daemon is not running. */
export function readToday(folder: string, now: number): Today | undefined {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const fd = fs.openSync(`${folder}/${TODAY_FILE}`, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    try {
      const stat = fs.fstatSync(fd);
      if (!stat.isFile() || Math.abs(now - stat.mtimeMs) > STALE_MS) return undefined;
      const bytes = Buffer.alloc(LIMIT_BYTES);
      const today = toToday(JSON.parse(bytes.toString("utf8", 0, fs.readSync(fd, bytes, 0, LIMIT_BYTES, 0))));
      return today && now >= today.from_unix_ms && now < today.until_unix_ms ? today : undefined;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function toToday(value: Partial<Today> | null): Today | undefined {
  const isNumber = (n: unknown): n is number => typeof n === "number" && Number.isFinite(n);
  const { from_unix_ms, until_unix_ms, cost_nano_usd, total_tokens, cost_complete } = value ?? {};
  const isWhole =
    [from_unix_ms, until_unix_ms, total_tokens].every(isNumber) &&
    (cost_nano_usd === null || isNumber(cost_nano_usd)) &&
    typeof cost_complete === "boolean";
  return isWhole ? (value as Today) : undefined;
}
