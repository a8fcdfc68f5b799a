const HUES = 8;
/** Colours for more could not be distinguished; the rest is one part of the bar. */
export const COLOURS = HUES - 1;
export const REST = "other";

function hash(text: string): number {
  let sum = 5381;
  for (const char of text) sum = (sum * 33 + (char.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

/** A name keeps its colour wherever it is shown; two names that meet in one chart get different ones. */
export function huesOf(names: Iterable<string>): Map<string, number> {
  const hues = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...new Set(names)].sort()) {
    let hue = hash(name) % HUES;
    if (taken.size >= HUES) hue = HUES;
    else while (taken.has(hue)) hue = (hue + 1) % HUES;
    taken.add(hue);
    hues.set(name, hue + 1);
  }
  return hues;
}
