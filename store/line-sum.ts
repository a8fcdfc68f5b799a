const HEAD = ',"sum":"';
/** Of the line, then of the chain; eight hexadecimal digits each. */
const DIGITS = 8;
const TAIL = '"}';
const BRACE = 0x7d;
/** Length of what the checksums add to a line, minus the brace that they replace. */
export const SUM_BYTES = HEAD.length + 2 * DIGITS + TAIL.length;

/** `bare`: from a version before checksums; it cannot be verified. */
type Trust = "good" | "broken" | "bare";
export type CheckedLine = {
  trust: Trust;
  /** The line without its checksums. */
  body: string;
  /** The state from which the next line continues. */
  chain: string;
  /** False if a line before it is missing, was changed or moved. */
  follows: boolean;
};

/** Appends two checksums to a JSON object: one of itself, and one that chains it to the line before it. */
export function sealLine(body: string, previous: string): { line: string; chain: string } {
  const own = crc(body);
  const chain = crc(previous + own);
  return { line: `${body.slice(0, -1)}${HEAD}${own}${chain}${TAIL}`, chain };
}

/** The same for an object in `bytes[start, end)`, in place: the bytes after it are overwritten. */
export function sealBytes(
  bytes: Buffer,
  start: number,
  end: number,
  previous: string,
): { end: number; chain: string } {
  const own = hex(Bun.hash.crc32(bytes.subarray(start, end)));
  const chain = crc(previous + own);
  const open = end - 1;
  return { end: open + bytes.write(`${HEAD}${own}${chain}${TAIL}`, open, "latin1"), chain };
}

/** Whether the line in `bytes[start, end)` is as it was written, and where its checksums begin, in the place of a brace. */
export function checkBytes(bytes: Buffer, start: number, end: number): { trust: Trust; sum_at: number } {
  const at = end - SUM_BYTES;
  const isSealed = at >= start && isAt(bytes, TAIL, end - TAIL.length, end) && isAt(bytes, HEAD, at, end);
  if (!isSealed)
    return { trust: bytes.subarray(start, end).includes(HEAD) ? "broken" : "bare", sum_at: end - 1 };
  const digits = at + HEAD.length;
  const comma = bytes[at]!;
  bytes[at] = BRACE;
  const own = hex(Bun.hash.crc32(bytes.subarray(start, at + 1)));
  bytes[at] = comma;
  return { trust: isAt(bytes, own, digits, end) ? "good" : "broken", sum_at: at };
}

/** ASCII only. */
export function isAt(bytes: Buffer, text: string, at: number, end: number): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

export function checkLine(line: string, previous: string): CheckedLine {
  const at = line.length - SUM_BYTES;
  if (at < 0 || !line.endsWith(TAIL) || !line.startsWith(HEAD, at))
    return {
      trust: line.includes(HEAD) ? "broken" : "bare",
      body: line,
      chain: "",
      follows: previous === "",
    };
  const body = `${line.slice(0, at)}}`;
  const own = line.slice(at + HEAD.length, at + HEAD.length + DIGITS);
  const chain = line.slice(at + HEAD.length + DIGITS, -TAIL.length);
  const trust = own === crc(body) ? "good" : "broken";
  return { trust, body, chain, follows: chain === crc(previous + own) };
}

function crc(text: string): string {
  return hex(Bun.hash.crc32(text));
}

function hex(sum: number): string {
  return sum.toString(16).padStart(DIGITS, "0");
}
