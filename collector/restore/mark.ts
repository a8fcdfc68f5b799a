import { crc32 } from "node:zlib";

/** The last field of a line that this program has written into a transcript: a checksum of everything before it. */
const HEAD = Buffer.from(',"restored_by":"hall-monitor ');
const SUM_CHARS = 8;
const TAIL = '"}';
const LENGTH = HEAD.length + SUM_CHARS + TAIL.length;
const [COMMA, QUOTE] = [HEAD[0]!, TAIL.charCodeAt(0)];

const sumOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(SUM_CHARS, "0");

/** JSON of an object with at least one field. */
export function restoredLine(line: object): string {
  const text = JSON.stringify(line).slice(0, -1);
  return `${text}${HEAD}${sumOf(Buffer.from(text))}${TAIL}`;
}

/**
 * Restored lines are not evidence and are not read again. A fork's copy is a different line (the client writes another
 * session into it) and is read like any other.
 */
export function isRestored(bytes: Buffer, start: number, end: number): boolean {
  const from = end - LENGTH;
  // The check that excludes most lines.
  if (from <= start || bytes[end - 2] !== QUOTE || bytes[from] !== COMMA) return false;
  const sum = from + HEAD.length;
  if (bytes.compare(HEAD, 0, HEAD.length, from, sum) !== 0) return false;
  return bytes.toString("latin1", sum, sum + SUM_CHARS) === sumOf(bytes.subarray(start, from));
}
