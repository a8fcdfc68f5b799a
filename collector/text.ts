/** Bun's Buffer has the slices that Node documents only inside its own source; they skip a copy of the bytes. */
type Sliceable = Buffer & {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
};

/** `bytes[start, end)` as is, one character a byte: for keys and ids, which are ASCII. */
export function ascii(bytes: Buffer, start: number, end: number): string {
  return (bytes as Sliceable).latin1Slice(start, Math.min(end, bytes.length));
}

export function utf8(bytes: Buffer, start: number, end: number): string {
  return (bytes as Sliceable).utf8Slice(start, Math.min(end, bytes.length));
}
