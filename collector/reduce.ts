/**
 * A line of tens of megabytes (a pasted picture, a file that was written, a whole history) as a short one with the same
 * shape, built while its bytes are read: long texts keep their beginning, long lists their first elements, and values
 * deeper than any field that is used become null. Figures, ids and times are unchanged.
 */
const TEXT_BYTES = 4096;
const LIST_ELEMENTS = 1000;
const DEEPEST = 8;
/** A line that remains longer than this has no shape of a client. */
const RESULT_BYTES = 4 * 1024 * 1024;

/** Counted with the kinds of lines: lines that were too long to be read whole. */
export const REDUCED = "reduced";

const NUL = 0;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NULL = Buffer.from("null");
const UNICODE_ESCAPE = 0x75;
const UNICODE_DIGITS = 4;
/** Instead of a text's size: the rest of it is omitted. */
const CUT = Number.POSITIVE_INFINITY;

export class LineReducer {
  private readonly out = Buffer.allocUnsafeSlow(RESULT_BYTES);
  private length = 0;
  /** NUL bytes before anything else: where the record begins. */
  leading_nul = 0;
  /** Elements so far of each list that is open, -1 for an object. */
  private readonly open: number[] = [];
  /** Open containers inside an omitted value; 0 = nothing is omitted. */
  private left_out = 0;
  /** Whether the rest of a list is omitted, with its end still to be written. */
  private isRest = false;
  private inText = false;
  private textBytes = 0;
  /** Remaining bytes of an escape. */
  private escaped = 0;

  push(bytes: Uint8Array, from: number, to: number): void {
    const found = { quote: -1, backslash: -1 };
    for (let at = from; at < to; at++) {
      if (this.inText && this.escaped === 0 && (this.left_out > 0 || this.textBytes === CUT)) {
        at = nextSpecial(bytes, at, found);
        if (at >= to) return;
      }
      const byte = bytes[at]!;
      if (this.inText) this.text(byte);
      else if (this.left_out > 0) this.skip(byte);
      else this.structure(byte);
    }
  }

  /** The short line, or undefined if it remains too long. */
  result(): Buffer | undefined {
    return this.length > RESULT_BYTES - 2 ? undefined : this.out.subarray(0, this.length);
  }

  private put(byte: number): void {
    if (this.length < RESULT_BYTES) this.out[this.length] = byte;
    this.length++;
  }

  private text(byte: number): void {
    const isInside = this.escaped > 0;
    if (isInside) {
      // `\u` takes four more; anything else is one letter.
      this.escaped = this.escaped === 1 + UNICODE_DIGITS && byte !== UNICODE_ESCAPE ? 0 : this.escaped - 1;
    } else if (byte === BACKSLASH) this.escaped = 1 + UNICODE_DIGITS;
    else if (byte === QUOTE) {
      this.inText = false;
      if (this.left_out === 0) this.put(QUOTE);
      return;
    }
    // Neither an escape nor a multi-byte character is split.
    const isWhole = !isInside && (byte & 0xc0) !== 0x80;
    if (this.textBytes >= TEXT_BYTES && isWhole) this.textBytes = CUT;
    if (this.left_out > 0 || this.textBytes === CUT) return;
    this.textBytes++;
    this.put(byte);
  }

  private skip(byte: number): void {
    if (byte === QUOTE) this.beginText();
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.left_out++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --this.left_out === 0 && this.isRest) {
      this.isRest = false;
      this.close(byte);
    }
  }

  private structure(byte: number): void {
    const last = this.open.length - 1;
    if (byte === NUL && last < 0) {
      if (this.length === 0) this.leading_nul++;
      // Of a run after the record one byte is enough to show it.
      else if (this.out[this.length - 1] !== NUL) this.put(NUL);
    } else if (byte === QUOTE) {
      this.put(QUOTE);
      this.beginText();
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.enter(byte);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.close(byte);
    else if (byte === COMMA && this.open[last]! >= 0 && ++this.open[last]! >= LIST_ELEMENTS) {
      this.isRest = true;
      this.left_out = 1;
    } else this.put(byte);
  }

  private beginText(): void {
    this.inText = true;
    this.textBytes = 0;
    this.escaped = 0;
  }

  private enter(byte: number): void {
    if (this.open.length === DEEPEST) {
      for (const letter of NULL) this.put(letter);
      this.left_out = 1;
      return;
    }
    this.open.push(byte === OPEN_BRACKET ? 0 : -1);
    this.put(byte);
  }

  private close(byte: number): void {
    this.open.pop();
    this.put(byte);
  }
}

/** Offset of the next quote or backslash; each is searched for again only once it is passed. */
function nextSpecial(bytes: Uint8Array, at: number, found: { quote: number; backslash: number }): number {
  if (found.quote < at) found.quote = placeOf(bytes, QUOTE, at);
  if (found.backslash < at) found.backslash = placeOf(bytes, BACKSLASH, at);
  return Math.min(found.quote, found.backslash);
}

function placeOf(bytes: Uint8Array, byte: number, from: number): number {
  const place = bytes.indexOf(byte, from);
  return place < 0 ? Number.POSITIVE_INFINITY : place;
}
