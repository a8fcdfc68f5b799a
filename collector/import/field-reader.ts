import { parseJson } from "../../schema/text.ts";
import { ascii, utf8 } from "../text.ts";
import { CODE } from "./code.ts";

/** Addresses in the program's memory, as in `fields.as`. */
const KEY = 0x0400;
const FOUND = 0x0800;
const HEAD = 0x2000;
/** At least as long as any head. */
const HEAD_BYTES = 1024;
const WINDOW = 0x30000;
const WINDOW_BYTES = 4 * 1024 * 1024;
const KEY_BYTES = 32;
const MOST_MARKS = 80;
const MARK_INTS = 8;
const MARK_DOUBLES = 4;
/** Texts remembered for each mark; the lowest bits of a text's digest select its slot. */
const REMEMBERED_TEXTS = 16;

const QUOTED_TIME_BYTES = 26;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
/** What `figureOf` holds for a text without escapes. */
const PLAIN_TEXT = Number.POSITIVE_INFINITY;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_N = 0x6e;
const OPENING_BRACE = 0x7b;
const LETTER_T = 0x74;

type Program = {
  memory: WebAssembly.Memory;
  want(node: number, length: number, child: number, isList: number, mark: number): void;
  locate(start: number, end: number, node: number, marks: number): number;
  digest(marks: number): number;
  head(start: number): number;
  time(at: number): number;
};

/** A mark; the fields of an object; or both, with "list" for each object in a list. */
type Wanted = number | Fields | [mark: number, inside: Fields, isList?: "list"];
export type Fields = { [key: string]: Wanted };

const program = start();
const memory = Buffer.from(program?.memory.buffer ?? new ArrayBuffer(WINDOW + WINDOW_BYTES));
const places = new Int32Array(memory.buffer, FOUND, MOST_MARKS * MARK_INTS);
const numbers = new Float64Array(memory.buffer, FOUND, MOST_MARKS * MARK_DOUBLES);
/** For a mark: where its value begins (0 = absent) and ends, its number, and the digest of a text. */
const beginOf = (mark: number): number => places[mark * MARK_INTS]!;
const endOf = (mark: number): number => places[mark * MARK_INTS + 1]!;
const figureOf = (mark: number): number => numbers[mark * MARK_DOUBLES + 1]!;
const digestOf = (mark: number): number => numbers[mark * MARK_DOUBLES + 2]!;
/** The lowest bits of the digest. */
const lowBitsOf = (mark: number): number => places[mark * MARK_INTS + 4]!;
const heads = new Float64Array(memory.buffer, HEAD, 3);
const headPlaces = new Int32Array(memory.buffer, HEAD + 24, 2);
let nodes = 1;

/**
 * Files are read into this memory, which is searched without copying. It is large enough for nearly every line; more
 * memory would only delay garbage collection.
 */
export const inputBuffer: Buffer = Buffer.from(memory.buffer, WINDOW, WINDOW_BYTES);

function start(): Program | undefined {
  try {
    const code = new WebAssembly.Module(Buffer.from(CODE, "base64"));
    return new WebAssembly.Instance(code).exports as Program;
  } catch {
    // A processor without vector instructions: every line is then parsed whole.
    return undefined;
  }
}

/** The first bytes of a rollout's line: `digest` identifies the kind, which is at `[from, to)`. */
export type LineHead = { time_unix_ms: number; ordinal: number; digest: number; from: number; to: number };

/** Undefined for a line that does not begin as Codex writes it. */
export function lineHead(bytes: Buffer, start: number, end: number): LineHead | undefined {
  let shift = 0;
  if (bytes !== inputBuffer) {
    shift = start;
    bytes.copy(inputBuffer, 0, start, Math.min(end + 1, start + HEAD_BYTES));
  }
  if (!program?.head(WINDOW + start - shift)) return undefined;
  return {
    time_unix_ms: heads[0]!,
    ordinal: heads[1]!,
    digest: heads[2]!,
    from: headPlaces[0]! - WINDOW + shift,
    to: headPlaces[1]! - WINDOW + shift,
  };
}

/** Finds fields in lines of JSON without decoding the rest. */
export class FieldReader {
  private readonly digests = new Float64Array(MOST_MARKS * REMEMBERED_TEXTS).fill(Number.NaN);
  private readonly remembered: string[] = [];
  private readonly root: number;
  private readonly marks: number;

  constructor(fields: Fields) {
    const marks = marksIn(fields);
    this.marks = 1 + Math.max(...marks);
    if (this.marks > MOST_MARKS || new Set(marks).size < marks.length) throw new Error("a mark is taken");
    this.root = program ? table(program, fields) : 0;
  }

  /**
   * Whether `bytes[start, end)` is one object of JSON with each wanted field readable; the other methods then
   * read it until the next line. False also for a line that is too long, or that has a wanted object twice.
   */
  locate(bytes: Buffer, start: number, end: number): boolean {
    if (program === undefined || end - start >= WINDOW_BYTES || end >= bytes.length) return false;
    const from = bytes === inputBuffer ? start : 0;
    if (bytes !== inputBuffer) bytes.copy(inputBuffer, 0, start, end);
    const to = from + end - start;
    inputBuffer[to] = NEWLINE;
    return program.locate(WINDOW + from, WINDOW + to, this.root, this.marks) !== 0;
  }

  isThere(mark: number): boolean {
    return beginOf(mark) > 0;
  }

  /** Whether the field is there and not null. */
  has(mark: number): boolean {
    const at = beginOf(mark);
    return at > 0 && memory[at] !== LETTER_N;
  }

  isTrue(mark: number): boolean {
    const at = beginOf(mark);
    return at > 0 && memory[at] === LETTER_T;
  }

  isText(mark: number): boolean {
    const at = beginOf(mark);
    return at > 0 && memory[at] === QUOTE;
  }

  isObject(mark: number): boolean {
    const at = beginOf(mark);
    return at > 0 && memory[at] === OPENING_BRACE;
  }

  isNumber(mark: number): boolean {
    const first = memory[beginOf(mark)]!;
    return beginOf(mark) > 0 && (first === MINUS || (first >= ZERO && first <= NINE));
  }

  /** NaN if the value is no number, or too long to be exact; for a list its length. */
  number(mark: number): number {
    const number = beginOf(mark) > 0 ? figureOf(mark) : Number.NaN;
    return number === PLAIN_TEXT ? Number.NaN : number;
  }

  /** Empty if the value is no text. */
  text(mark: number): string {
    const at = beginOf(mark);
    const end = endOf(mark);
    if (at === 0 || memory[at] !== QUOTE) return "";
    if (figureOf(mark) === PLAIN_TEXT) return ascii(memory, at + 1, end - 1);
    return parseJson(utf8(memory, at, end)) as string;
  }

  /** The same for a value that mostly equals the previous line's, for which no new string is created. */
  again(mark: number): string {
    if (!this.isText(mark)) return "";
    const digest = digestOf(mark);
    const place = mark * REMEMBERED_TEXTS + (lowBitsOf(mark) & (REMEMBERED_TEXTS - 1));
    if (digest !== this.digests[place]) {
      this.remembered[place] = this.text(mark);
      this.digests[place] = digest;
    }
    return this.remembered[place]!;
  }

  /** The whole words in the first `most` bytes of a text; all of it if it is shorter, or has no space there. */
  headOf(mark: number, most: number): string {
    const at = beginOf(mark);
    const end = endOf(mark);
    // A space is never part of an escape or of a longer character.
    const cut = at > 0 && end - at > most ? memory.lastIndexOf(SPACE, at + most) : 0;
    return cut > at ? (parseJson(`${utf8(memory, at, cut)}"`) as string) : this.text(mark);
  }

  /** A text up to the end of `words` (as escaped in JSON), if its first bytes contain them. */
  textUntil(mark: number, words: Uint8Array, within: number): string | undefined {
    const at = beginOf(mark);
    const end = Math.min(at + within, endOf(mark));
    const found = memory.subarray(at, end).indexOf(words);
    return found < 0 ? undefined : (parseJson(`${utf8(memory, at, at + found + words.length)}"`) as string);
  }

  /** Unix milliseconds of a time as both clients write it; NaN for any other form. */
  time(mark: number): number {
    const at = beginOf(mark);
    if (at === 0 || endOf(mark) - at !== QUOTED_TIME_BYTES) return Number.NaN;
    return program ? program.time(at + 1) : Number.NaN;
  }

  /** The decoded value; undefined if the field is absent. */
  value(mark: number): unknown {
    const at = beginOf(mark);
    return at > 0 ? parseJson(utf8(memory, at, endOf(mark))) : undefined;
  }

  /** A digest of the bytes of several values; `marks` has one bit for each of the first 32 marks. */
  digest(marks: number): number {
    return program ? program.digest(marks) : 0;
  }

  /** Bytes of the value, with its quotes. */
  bytes(mark: number): number {
    return endOf(mark) - beginOf(mark);
  }
}

/** Writes the keys of an object and of the objects in it into the program's tables. */
function table(to: Program, fields: Fields): number {
  const node = nodes++;
  for (const [key, wanted] of Object.entries(fields)) {
    const { mark, inside, isList } = parts(wanted);
    const child = inside ? table(to, inside) : 0;
    memory.fill(0, KEY, KEY + KEY_BYTES);
    memory.write(key, KEY, "latin1");
    to.want(node, key.length, child, isList ? 1 : 0, mark + 1);
  }
  return node;
}

function parts(wanted: Wanted): { mark: number; inside?: Fields; isList: boolean } {
  if (typeof wanted === "number") return { mark: wanted, isList: false };
  if (!Array.isArray(wanted)) return { mark: -1, inside: wanted, isList: false };
  return { mark: wanted[0], inside: wanted[1], isList: wanted[2] === "list" };
}

function marksIn(fields: Fields): number[] {
  return Object.values(fields).flatMap((wanted) => {
    const { mark, inside } = parts(wanted);
    return [...(mark < 0 ? [] : [mark]), ...(inside ? marksIn(inside) : [])];
  });
}
