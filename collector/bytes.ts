import { ascii } from "./text.ts";

/** Looking at bytes where they lie: what is only compared never becomes a string, which would cost more than reading it. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function has(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Whether `bytes[start, end)` are the letters of an ASCII text: so that no string is made of what is known already. */
export function says(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** Milliseconds of `2026-11-13T08:06:35.426Z`; days are looked up, as a file has few of them. NaN for any other form. */
export class Clock {
  private day = "";
  private day_unix_ms = Number.NaN;

  at(bytes: Buffer, start: number): number {
    if (!says(bytes, start, start + 10, this.day)) {
      const day = ascii(bytes, start, start + 10);
      this.day = day;
      this.day_unix_ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    }
    const isPlain =
      bytes[start + 10] === 0x54 &&
      bytes[start + 13] === 0x3a &&
      bytes[start + 16] === 0x3a &&
      bytes[start + 19] === 0x2e &&
      bytes[start + 23] === 0x5a;
    if (!isPlain) return Number.NaN;
    const hours = twoDigits(bytes, start + 11);
    const minutes = twoDigits(bytes, start + 14);
    const seconds = twoDigits(bytes, start + 17);
    const rest = twoDigits(bytes, start + 20) * 10 + digit(bytes[start + 22]!);
    if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
    return this.day_unix_ms + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + rest;
  }
}

function digit(byte: number): number {
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : Number.NaN;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  return digit(bytes[at]!) * 10 + digit(bytes[at + 1]!);
}
