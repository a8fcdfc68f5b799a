/** Stands last in a line that this program has written into a transcript. */
const MARK = { restored_by: "hall-monitor" };
const END = Buffer.from(`,${JSON.stringify(MARK).slice(1)}`);
const [LAST, BEFORE_LAST] = [END.at(-2)!, END.at(-3)!];

export function restoredLine(line: object): string {
  return JSON.stringify({ ...line, ...MARK });
}

/** What is read out of the store and written back is no evidence: it is not read again. */
export function isRestored(bytes: Buffer, start: number, end: number): boolean {
  // The bytes that most lines differ in.
  if (bytes[end - 2] !== LAST || bytes[end - 3] !== BEFORE_LAST) return false;
  const from = end - END.length;
  return from > start && bytes.compare(END, 0, END.length, from, end) === 0;
}
