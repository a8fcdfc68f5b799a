/** Where things are in a JSON text, which `JSON.parse` does not report: for faults of a file that a person edits. */

export type JsonFault = { offset: number; detail: string };
type Scan = { text: string; at: number; places: Map<string, number> };

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON does not take in a text
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
/** So that no file takes the stack. */
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
  const scan: Scan = { text, at: 0, places: new Map() };
  const placeOf = (path: readonly PropertyKey[]) => scan.places.get(keyOf(path));
  try {
    scanValue(scan, []);
    skip(scan);
    if (scan.at < text.length) throw new Stop(scan.at, "there is text after the end");
    return { placeOf, fault: undefined };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { placeOf, fault: { offset: error.offset, detail: error.message } satisfies JsonFault };
  }
}

/** Both from 1. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function scanValue(scan: Scan, path: string[]): void {
  skip(scan);
  const open = scan.text[scan.at];
  if (path.length > MOST_LEVELS) throw new Stop(scan.at, "it has too many levels");
  if (open === "{") scanEntries(scan, "}", () => scanMember(scan, path));
  else if (open === "[") {
    let index = 0;
    scanEntries(scan, "]", () => scanAt(scan, [...path, String(index++)], scan.at));
  } else if (take(scan, STRING) === undefined && take(scan, SCALAR) === undefined)
    throw new Stop(scan.at, unexpected(scan, "a value"));
}

function scanMember(scan: Scan, path: string[]): void {
  const at = scan.at;
  const written = take(scan, STRING);
  if (written === undefined) throw new Stop(at, unexpected(scan, "a key in double quotes"));
  skip(scan);
  if (scan.text[scan.at] !== ":") throw new Stop(scan.at, unexpected(scan, A_COLON));
  scan.at++;
  scanAt(scan, [...path, JSON.parse(written) as string], at);
}

function scanAt(scan: Scan, path: string[], at: number): void {
  scan.places.set(keyOf(path), at);
  scanValue(scan, path);
}

function scanEntries(scan: Scan, close: "}" | "]", entry: () => void): void {
  scan.at++;
  skip(scan);
  if (scan.text[scan.at] === close) {
    scan.at++;
    return;
  }
  for (;;) {
    skip(scan);
    entry();
    skip(scan);
    const next = scan.text[scan.at];
    if (next !== close && next !== ",") throw new Stop(scan.at, unexpected(scan, `a comma or ${close}`));
    const comma = scan.at++;
    if (next === close) return;
    skip(scan);
    if (/[\]}]/.test(scan.text[scan.at] ?? ""))
      throw new Stop(comma, "there is a comma after the last entry");
  }
}

function take(scan: Scan, pattern: RegExp): string | undefined {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text)?.[0];
  if (found !== undefined) scan.at += found.length;
  return found;
}

function skip(scan: Scan): void {
  take(scan, SPACE);
}

function unexpected({ text, at }: Scan, wanted: string): string {
  const rest = text.slice(at, at + 40);
  if (rest === "") return `it ends where ${wanted} is expected`;
  if (/^(\/\/|\/\*|#)/.test(rest)) return "JSON has no comments";
  if (rest.startsWith('"') && wanted !== A_COLON && !wanted.startsWith("a comma"))
    return "this text has no closing quote, or a character that must be escaped";
  const found = /^[\w.+-]+|^./s.exec(rest)?.[0] ?? "";
  return `${wanted} is expected, not ${found === "\n" || found === "\r" ? "the end of the line" : found}`;
}
