import { stringsOf } from "./json.ts";
import { COMMAND_FIELDS, COMMAND_START, FIELD_NAME, KEPT_NAME } from "./names.ts";

/**
 * A payload without text: each letter is replaced by one of the same size, so that sizes do not change. Names, kinds
 * and ids at its top are kept. The same as `hooks/native/mask.h`.
 */
export function maskJson(json: string): string {
  let out = "";
  let from = 0;
  let name = "";
  const all = stringsOf(json);
  for (let next = all.next(); ; next = all.next()) {
    if (next.done) return next.value ? out + json.slice(from) : "x".repeat(Buffer.byteLength(json));
    const { start, end, depth, is_name } = next.value;
    const raw = json.slice(start, end);
    const isOwn = depth === 1;
    if (isOwn && is_name) name = raw;
    const kept = is_name
      ? isOwn || matches(FIELD_NAME, raw) > 0
        ? raw.length
        : 0
      : isOwn
        ? keptOf(name, raw)
        : 0;
    out += json.slice(from, start + kept) + maskText(raw.slice(kept));
    from = end;
  }
}

function keptOf(name: string, value: string): number {
  if (matches(KEPT_NAME, name) >= 0) return value.length;
  return COMMAND_FIELDS.includes(name) ? Math.max(0, matches(COMMAND_START, value)) : 0;
}

/** End of a match at the start; -1 without one. */
function matches(pattern: RegExp, text: string): number {
  pattern.lastIndex = 0;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Escapes and letters of a JSON string, by their length in UTF-8 and in JSON. */
const LETTERS = /\\u([0-9a-fA-F]{4})|\\(.)|[\u{10000}-\u{10ffff}]|[\s\S]/gu;

function maskText(raw: string): string {
  return raw
    .replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, "\u{1f600}")
    .replace(LETTERS, (letter, hex?: string, short?: string) => {
      if (short !== undefined) return short === "/" ? "x" : "\\n";
      const code = hex === undefined ? letter.codePointAt(0)! : Number.parseInt(hex, 16);
      if (code >= 0xd800 && code < 0xe000) return letter;
      if (code === 0x22 || code === 0x5c || (code >= 8 && code <= 13 && code !== 11)) return "\\n";
      if (code < 32) return "\\u0001";
      return code < 0x80 ? "x" : code < 0x800 ? "é" : code < 0x10000 ? "…" : "\u{1f600}";
    });
}
