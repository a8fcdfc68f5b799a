import { AppError } from "../schema/errors.ts";
import { spelled } from "../schema/time-zone.ts";
import { toInstant } from "../store/queries/zone.ts";
import { text, type Values } from "./command.ts";

const AGO = /^(\d{1,6})(s|m|h|d|w)$/;
const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export const RANGE_OPTIONS = {
  since: {
    type: "string",
    value: "TIME",
    what: "start: 2026-11-20, 2026-11-20T18:00, 20261120, or 90m, 24h, 7d ago",
  },
  until: { type: "string", value: "TIME", what: "end; a date includes the whole day" },
} as const;

/** A moment as a person writes it; a date as an end includes that whole day. */
export function moment(
  values: Values,
  name: "since" | "until",
  zone: string,
  now: number,
): number | undefined {
  const written = text(values, name);
  if (written === undefined) return undefined;
  const ago = AGO.exec(written);
  if (ago) return now - Number(ago[1]) * UNITS_MS[ago[2]!]!;
  try {
    const day = written.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
    const value = toInstant(day, zone, name === "since" ? "start" : "end");
    if (Number.isFinite(value)) return value;
  } catch {
    // Reported below, in the terms of the command line.
  }
  throw new AppError("usage", `--${name}=${written} is not a time`, {
    hint: "write 2026-11-20, 2026-11-20T18:00, Unix milliseconds, or how long ago: 90m, 24h, 7d",
  });
}

export function timeZone(values: Values, fallback: string): string {
  const written = text(values, "timezone");
  if (written === undefined) return fallback;
  const zone = spelled(written);
  if (zone !== undefined) return zone;
  throw new AppError("usage", `--timezone=${written} is not an IANA time zone`, {
    hint: "use a name like Europe/Berlin",
  });
}
