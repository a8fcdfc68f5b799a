/** Spellings of POSIX that name a zone with its changes of the clock, and the IANA zone that has them. */
const NAMED: Readonly<Record<string, string>> = {
  EST5EDT: "America/New_York",
  CST6CDT: "America/Chicago",
  MST7MDT: "America/Denver",
  PST8PDT: "America/Los_Angeles",
  AKST9AKDT: "America/Anchorage",
  AST4ADT: "America/Halifax",
  "NST3:30NDT": "America/St_Johns",
  GMT0BST: "Europe/London",
  WET0WEST: "Europe/Lisbon",
  "CET-1CEST": "Europe/Berlin",
  "EET-2EEST": "Europe/Athens",
  "IST-2IDT": "Asia/Jerusalem",
  "AEST-10AEDT": "Australia/Sydney",
  "ACST-9:30ACDT": "Australia/Adelaide",
  "NZST-12NZDT": "Pacific/Auckland",
};

const UTC = /^(?:Etc\/)?(?:UTC|UCT|Zulu|Universal)$/;
const FOLDER = /^(?:.*\/zoneinfo\/)?(?:posix\/|right\/)?/;
/** A name and hours west of Greenwich, and nothing of a summer time. */
const FIXED = /^(?:[A-Za-z]{3,}|<[\w+-]+>)([+-]?)(\d{1,2})(?::(\d{2}))?$/;

export type TimeZone = {
  zone: string;
  /** The value of `TZ`, if it is invalid and days are cut in `zone` instead. */
  not_understood: string | null;
};

/** The zone of `TZ` as a shell, a file's place or POSIX spells it; `runtime` is the fallback. */
export function readTimeZone(
  tz: string | undefined,
  localtime: string | undefined,
  runtime: () => string,
): TimeZone {
  // The runtime reads a system's file better; UTC is recognized by its name, which loads nothing.
  if (tz === undefined) return { zone: isUtc(localtime ?? "") ? "UTC" : runtime(), not_understood: null };
  // Empty is UTC in POSIX.
  const zone = tz === "" ? "UTC" : spelled(tz);
  return zone === undefined ? { zone: runtime(), not_understood: tz } : { zone, not_understood: null };
}

function isUtc(written: string): boolean {
  return UTC.test(written.replace(FOLDER, ""));
}

/** The IANA zone of one spelling, if it has one. */
export function spelled(written: string): string | undefined {
  const name = written.trim().replace(/^:/, "").replace(FOLDER, "");
  if (UTC.test(name)) return "UTC";
  const rules = name.split(",", 1)[0]!;
  const posix = NAMED[rules.replace(/^<([^>]*)>/, "$1")];
  return posix ?? named(name) ?? offset(rules);
}

function named(zone: string): string | undefined {
  // Temporal takes an offset, too, which IANA does not name.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return toTimeZone(zone);
  } catch {
    return undefined;
  }
}

/** POSIX counts westward: `UTC-5:30` is five and a half hours ahead. */
function offset(written: string): string | undefined {
  const [, sign = "", hours = "", minutes = "00"] = FIXED.exec(written) ?? [];
  if (hours === "" || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  if (Number(hours) === 0 && minutes === "00") return "UTC";
  return `${sign === "-" ? "+" : "-"}${hours.padStart(2, "0")}:${minutes}`;
}

/** The zone as IANA spells it, or a RangeError. Intl does the same and takes 6 ms longer to load. */
export function toTimeZone(zone: string): string {
  return zone === "UTC" ? zone : new Temporal.ZonedDateTime(0n, zone).timeZoneId;
}
