/** Comparing bytes in place: what is only compared never becomes a string, which would cost more than reading it. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function has(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Whether `bytes[start, end)` equal an ASCII text, without creating a string. */
export function equalsAscii(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
