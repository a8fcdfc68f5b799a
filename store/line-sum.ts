const HEAD = ',"sum":"';
/** Of the line, then of the chain; eight hexadecimal digits each. */
const DIGITS = 8;
const TAIL = '"}';
/** Length of what the checksums add to a line, minus the brace that they replace. */
export const SUM_BYTES = HEAD.length + 2 * DIGITS + TAIL.length;

/** `bare`: of a version before checksums; nothing is known of it. */
type Trust = "good" | "broken" | "bare";
export type CheckedLine = {
  trust: Trust;
  /** The line without its checksums. */
  body: string;
  /** What the next line goes on from. */
  chain: string;
  /** False where a line before it is missing, was changed, or stood elsewhere. */
  follows: boolean;
};

/** Appends two checksums to a JSON object: one of itself, and one that makes it follow the line before it. */
export function sealLine(body: string, previous: string): { line: string; chain: string } {
  const own = crc(body);
  const chain = crc(previous + own);
  return { line: `${body.slice(0, -1)}${HEAD}${own}${chain}${TAIL}`, chain };
}

/** The same of an object that lies in `bytes[start, end)`, in its place: what follows it is overwritten. */
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
