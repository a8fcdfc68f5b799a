/** Offsets in a JSON text, which `JSON.parse` does not report: for faults of a file that a person edits. */

export type JsonFault = { offset: number; detail: string };
type Reader = { text: string; at: number; places: Map<string, number> };

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON does not take in a text
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
/** Limits the recursion. */
const MOST_LEVELS = 200;
const A_COLON = "a colon after the key";

class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, detail: string) {
    super(detail);
    this.offset = offset;
  }
}

const keyOf = (path: readonly PropertyKey[]) => path.map(String).join("\0");

/** The offset of each key, and of each entry of a list; up to the first fault, if there is one. */
export function placesIn(text: string) {
  const reader: Reader = { text, at: 0, places: new Map() };
  const placeOf = (path: readonly PropertyKey[]) => reader.places.get(keyOf(path));
  try {
    readValue(reader, []);
    skip(reader);
    if (reader.at < text.length) throw new Stop(reader.at, "there is text after the end");
    return { placeOf, fault: undefined };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { placeOf, fault: { offset: error.offset, detail: error.message } satisfies JsonFault };
  }
}

/** Both count from 1. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function readValue(reader: Reader, path: string[]): void {
  skip(reader);
  const open = reader.text[reader.at];
  if (path.length > MOST_LEVELS) throw new Stop(reader.at, "it is nested too deeply");
  if (open === "{") readEntries(reader, "}", () => readMember(reader, path));
  else if (open === "[") {
    let index = 0;
    readEntries(reader, "]", () => readAt(reader, [...path, String(index++)], reader.at));
  } else if (take(reader, STRING) === undefined && take(reader, SCALAR) === undefined)
    throw new Stop(reader.at, unexpected(reader, "a value"));
}

function readMember(reader: Reader, path: string[]): void {
  const at = reader.at;
  const written = take(reader, STRING);
  if (written === undefined) throw new Stop(at, unexpected(reader, "a key in double quotes"));
  skip(reader);
  if (reader.text[reader.at] !== ":") throw new Stop(reader.at, unexpected(reader, A_COLON));
  reader.at++;
  readAt(reader, [...path, JSON.parse(written) as string], at);
}

function readAt(reader: Reader, path: string[], at: number): void {
  reader.places.set(keyOf(path), at);
  readValue(reader, path);
}

function readEntries(reader: Reader, close: "}" | "]", entry: () => void): void {
  reader.at++;
  skip(reader);
  if (reader.text[reader.at] === close) {
    reader.at++;
    return;
  }
  for (;;) {
    skip(reader);
    entry();
    skip(reader);
    const next = reader.text[reader.at];
    if (next !== close && next !== ",") throw new Stop(reader.at, unexpected(reader, `a comma or ${close}`));
    const comma = reader.at++;
    if (next === close) return;
    skip(reader);
    if (/[\]}]/.test(reader.text[reader.at] ?? ""))
      throw new Stop(comma, "there is a comma after the last entry");
  }
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

function skip(reader: Reader): void {
  take(reader, SPACE);
}

function unexpected({ text, at }: Reader, wanted: string): string {
  const rest = text.slice(at, at + 40);
  if (rest === "") return `it ends where ${wanted} is expected`;
  if (/^(\/\/|\/\*|#)/.test(rest)) return "JSON has no comments";
  if (rest.startsWith('"') && wanted !== A_COLON && !wanted.startsWith("a comma"))
    return "this text has no closing quote, or a character that must be escaped";
  const found = /^[\w.+-]+|^./s.exec(rest)?.[0] ?? "";
  return `${wanted} is expected, not ${found === "\n" || found === "\r" ? "the end of the line" : found}`;
}
