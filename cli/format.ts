import { grouped, toDollars as spelled, toDigits } from "../schema/figures.ts";

/** Formats nano-USD as dollars; an unknown price is a dash and never zero. */
export function toDollars(nanoUsd: number | null): string {
  return nanoUsd === null ? "—" : spelled(nanoUsd);
}

/** All digits: `$0.032040000`. */
export function toExactDollars(nanoUsd: number): string {
  return toDigits(nanoUsd, 9);
}

export function toCount(n: number): string {
  return Number.isSafeInteger(n) && n >= 0 ? grouped(n.toString()) : n.toLocaleString("en-US");
}

/** Text to a width of a line's column; a longer one shifts the rest of its line and keeps a gap. */
export function cell(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text}  `;
}

/** `1 request`, `2 requests`. */
export function counted(n: number, noun: string, nouns = `${noun}s`): string {
  return `${toCount(n)} ${n === 1 ? noun : nouns}`;
}

/** `1 row equals`, `2 rows equal`: a verb after a number. */
export function agreed(n: number, one: string, many: string): string {
  return n === 1 ? one : many;
}

/** A column's head: `session` is `Session`, `agent_type` `Agent type`. */
export function toHeading(name: string): string {
  const spaced = name.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export function toBytes(n: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = n > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(n) / 3)) : 0;
  return `${(n / 1000 ** power).toFixed(power > 0 ? 1 : 0)} ${units[power]}`;
}

export function toDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** `2026-11-20 18:40` in a zone. */
export function toLocalTime(unixMs: number | null, zone: string): string {
  if (unixMs === null) return "";
  return Temporal.Instant.fromEpochMilliseconds(unixMs)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: "minute" })
    .replace("T", " ");
}
