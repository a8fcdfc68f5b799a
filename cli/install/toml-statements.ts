/** A table's header or a key with its value: whole lines, as TOML has no two of them on one. */
export type Statement = {
  kind: "table" | "pair";
  /** The dotted key as its parts, without quotes. */
  path: string[];
  /** Offset of its first line, and of the end of its last line. */
  start: number;
  end: number;
};

/**
 * Places of the statements in a TOML text. The text is one that a parser has accepted: only strings, brackets and
 * comments must be distinguished for that.
 */
export function statementsOf(text: string): Statement[] {
  const found: Statement[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const start = at;
    const first = pastBlank(text, at);
    if (isLineEnd(text, first) || text[first] === "#") {
      at = nextLine(text, first);
      continue;
    }
    const isTable = text[first] === "[";
    const key = readKey(text, isTable ? pastBrackets(text, first) : first);
    at = nextLine(text, isTable ? key.end : endOfValue(text, key.end));
    found.push({ kind: isTable ? "table" : "pair", path: key.path, start, end: at });
  }
  return found;
}

function pastBrackets(text: string, at: number): number {
  return text[at + 1] === "[" ? at + 2 : at + 1;
}

function pastBlank(text: string, at: number): number {
  let i = at;
  while (text[i] === " " || text[i] === "\t") i++;
  return i;
}

function isLineEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}

/** Offset after the following line break, past a comment. */
function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}

function readKey(text: string, from: number): { path: string[]; end: number } {
  const path: string[] = [];
  let at = from;
  while (true) {
    at = pastBlank(text, at);
    const start = at;
    if (text[at] === '"' || text[at] === "'") {
      at = pastString(text, at);
      const raw = text.slice(start, at);
      path.push(raw[0] === '"' ? unquote(raw) : raw.slice(1, -1));
    } else {
      while (at < text.length && /[\w-]/.test(text[at]!)) at++;
      path.push(text.slice(start, at));
    }
    at = pastBlank(text, at);
    if (text[at] !== ".") return { path, end: at };
    at++;
  }
}

/** TOML's escapes in a key are those of JSON, except for `\U` and `\e`, which no key of ours contains. */
function unquote(raw: string): string {
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw;
  }
}

/** The end of the value after `=`: a line break that is neither in a string nor in brackets. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const c = text[at];
    if (c === '"' || c === "'") {
      at = pastString(text, at);
      continue;
    }
    if (c === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      continue;
    }
    if (c === "[" || c === "{") depth++;
    else if (c === "]" || c === "}") depth--;
    else if (c === "\n" && depth === 0) return at;
    at++;
  }
  return at;
}

function pastString(text: string, at: number): number {
  const quote = text[at]!;
  const isMultiline = text.startsWith(quote.repeat(3), at);
  const close = isMultiline ? quote.repeat(3) : quote;
  let i = at + close.length;
  while (i < text.length && !text.startsWith(close, i)) i += quote === '"' && text[i] === "\\" ? 2 : 1;
  i += close.length;
  // Up to two quotes may come before the three that end it.
  while (isMultiline && text[i] === quote && i < text.length) i++;
  return i;
}
