import { bytesOf, has, Recent } from "./bytes.ts";
import { ascii, utf8 } from "./text.ts";

type Json = Record<string, unknown>;
/** A value that differs from text to text: what stands before it, and where it belongs in the form's value. */
type Slot = { before: Uint8Array; isText: boolean; recent: Recent; into: Json; key: string };
type Form = { slots: Slot[]; after: Uint8Array; value: Json };

const MOST_FORMS = 12;
/** Learning a form takes as long as decoding some twenty texts: it must have been worth it before. */
const HITS_PER_FORM = 64;
const MOST_DIGITS = 15;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** A text or a number; a text with a colon behind it is a key. */
const VALUE = /"(?:[^"\\]|\\.)*"(:?)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Decodes texts that a program writes in one form again and again: same keys in the same order, other values. Such a
 * text is compared with the form byte by byte and its values are put into the form's own object, which takes a
 * third of the time of decoding it anew. What is of no known form is decoded as JSON, and is a form from then on.
 */
export class Forms {
  private readonly forms: Form[] = [];
  private readonly before: string;
  private readonly after: string;
  private hits = MOST_FORMS * HITS_PER_FORM;

  /** The texts are what `before` and `after` complete to an object. */
  constructor(before = "", after = "") {
    this.before = before;
    this.after = after;
  }

  /**
   * The object that `bytes[start, end)` stands for, undefined if it is no JSON. It is valid until the next call:
   * the same object may be given again with other values.
   */
  read(bytes: Buffer, start: number, end: number): Json | undefined {
    for (let i = 0; i < this.forms.length; i++) {
      const form = this.forms[i]!;
      if (!fill(form, bytes, start, end)) continue;
      this.hits++;
      if (i > 0) {
        this.forms[i] = this.forms[i - 1]!;
        this.forms[i - 1] = form;
      }
      return form.value;
    }
    const text = utf8(bytes, start, end);
    const value = this.parse(text);
    if (value && this.hits >= HITS_PER_FORM) {
      this.hits = Math.min(this.hits, MOST_FORMS * HITS_PER_FORM) - HITS_PER_FORM;
      const form = this.learn(text);
      if (form) this.forms.splice(MOST_FORMS - 1, 1, form);
    }
    return value;
  }

  private parse(text: string): Json | undefined {
    try {
      const value: unknown = JSON.parse(this.before + text + this.after);
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Json)
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Decodes the text once with a mark in the place of each value, and looks where the marks are. */
  private learn(text: string): Form | undefined {
    if (!/^[ -~]*$/.test(text)) return undefined;
    const slots: Omit<Slot, "into" | "key">[] = [];
    let at = 0;
    let marked = "";
    for (const match of text.matchAll(VALUE)) {
      const isText = match[0].startsWith('"');
      if (match[1] === ":") continue;
      const start = match.index + (isText ? 1 : 0);
      const end = match.index + match[0].length - (isText ? 1 : 0);
      marked += `${text.slice(at, start)}${isText ? `#${slots.length}` : slots.length}`;
      slots.push({ before: bytesOf(text.slice(at, start)), isText, recent: new Recent() });
      at = end;
    }
    const value = this.parse(marked + text.slice(at));
    const places = value && placesOf(value, slots.length);
    if (!places) return undefined;
    return {
      slots: slots.map((slot, i) => ({ ...slot, ...places[i]! })),
      after: bytesOf(text.slice(at)),
      value,
    };
  }
}

type Place = { into: Json; key: string };

/** Undefined if a mark is missing: a key that is there twice has room for one value only. */
function placesOf(value: Json, count: number): Place[] | undefined {
  const places = new Map<number, Place>();
  const look = (into: Json) => {
    for (const [key, inner] of Object.entries(into)) {
      if (typeof inner === "object" && inner !== null) look(inner as Json);
      else if (typeof inner === "number") places.set(inner, { into, key });
      else if (typeof inner === "string") places.set(Number(inner.slice(1)), { into, key });
    }
  };
  look(value);
  const found = Array.from({ length: count }, (_, i) => places.get(i));
  return places.size === count && found.every((place) => place !== undefined) ? found : undefined;
}

function fill({ slots, after }: Form, bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    if (!has(bytes, at, slot.before)) return false;
    at += slot.before.length;
    const stop = slot.isText ? endOfText(bytes, at, end) : endOfNumber(bytes, at, end);
    if (stop < 0) return false;
    const value = slot.isText ? textAt(slot.recent, bytes, at, stop) : numberAt(bytes, at, stop);
    if (value === undefined) return false;
    slot.into[slot.key] = value;
    at = stop;
  }
  return at + after.length === end && has(bytes, at, after);
}

function endOfText(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
    else if (byte < 0x20) return -1;
  }
  return -1;
}

function textAt(recent: Recent, bytes: Buffer, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === BACKSLASH || byte > 0x7e) return decoded(utf8(bytes, start - 1, end + 1));
  }
  return recent.take(bytes, start, end);
}

function decoded(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function endOfNumber(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && isOfNumber(bytes[at]!)) at++;
  return at === start ? -1 : at;
}

function isOfNumber(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= ZERO + 9) ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x2b ||
    (byte | 0x20) === 0x65
  );
}

function numberAt(bytes: Buffer, start: number, end: number): number | undefined {
  const isPlain = end - start <= MOST_DIGITS && (bytes[start] !== ZERO || end - start === 1);
  if (!isPlain) return oddNumber(bytes, start, end);
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return oddNumber(bytes, start, end);
    value = value * 10 + digit;
  }
  return value;
}

function oddNumber(bytes: Buffer, start: number, end: number): number | undefined {
  const text = ascii(bytes, start, end);
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
