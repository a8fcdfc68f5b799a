import { join } from "node:path";
import { readRegular } from "../../../hooks/regular.ts";

const DEFAULT_DAYS = 30;
/** A larger value means "never", and would overflow a date. */
const MOST_DAYS = 100_000;

/** `cleanupPeriodDays` of a Claude folder: without a usable value, the client's default of 30. */
export function cleanupPeriodDays(claudeDir: string): number {
  let settings: unknown;
  try {
    settings = JSON.parse(
      readRegular(join(claudeDir, "settings.json"), "theirs")
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    );
  } catch {
    return DEFAULT_DAYS;
  }
  const days = (settings as { cleanupPeriodDays?: unknown } | null)?.cleanupPeriodDays;
  if (typeof days !== "number" || !Number.isFinite(days) || days < 0) return DEFAULT_DAYS;
  return Math.min(days, MOST_DAYS);
}
