/** The strings of a JSON text, one after another; the same as `hooks/native/json.h`. */
export type JsonString = { start: number; end: number; depth: number; is_name: boolean };

const OUTSIDE = new Set([..." \t\r\n{}[]:,-+.0123456789eEtrufalsn"].map((c) => c.charCodeAt(0)));
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/** `start` and `end` exclude the quotes. Returns whether the text may be JSON, after all strings. */
export function* stringsOf(json: string): Generator<JsonString, boolean> {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOf(json, at + 1);
      if (end < 0) return false;
      yield { start: at + 1, end, depth, is_name: isBeforeColon(json, end + 1) };
      at = end;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    else if (!OUTSIDE.has(code)) return false;
  }
  return true;
}

function endOf(json: string, start: number): number {
  for (let at = start; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

function isBeforeColon(json: string, from: number): boolean {
  let at = from;
  while (json[at] === " " || json[at] === "\t" || json[at] === "\n" || json[at] === "\r") at++;
  return json.charCodeAt(at) === COLON;
}

/** The decoded string; one that violates JSON's rules is returned as is. */
export function meaningOf(json: string, { start, end }: JsonString): string {
  const raw = json.slice(start, end);
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}
