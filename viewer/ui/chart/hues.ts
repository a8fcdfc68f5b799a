const HUES = 8;
/** Colours for more could not be distinguished; the rest is one part of the bar. */
export const COLOURS = HUES - 1;
export const REST = "other";
export const SAVED = "saved";
/** Names with a fixed meaning: green and grey. */
const FIXED = new Map([
  [SAVED, 3],
  [REST, HUES + 1],
]);
const KEPT = "hues";
const MOST = 500;

/** By a hash, since a name may be a prompt. In the order in which this browser first showed them. */
let known: Map<number, number> | undefined;

function read(): Map<number, number> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return new Map((kept as number[]).map((key, i) => [key, (i % HUES) + 1]));
  } catch {
    // No storage, or that of another program: colours are kept until the page is closed.
    return new Map();
  }
}

function learn(names: Iterable<string>): Map<number, number> {
  known ??= read();
  const before = known.size;
  for (const name of names) {
    const key = hash(name);
    if (!FIXED.has(name) && !known.has(key) && known.size < MOST) known.set(key, (known.size % HUES) + 1);
  }
  try {
    if (known.size > before) localStorage.setItem(KEPT, JSON.stringify([...known.keys()]));
  } catch {}
  return known;
}

function hash(text: string): number {
  let sum = 5381;
  for (const char of text) sum = (sum * 33 + (char.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

/**
 * A name keeps its colour in every view and after a reload, whatever else is shown: the first ones that this browser
 * showed have distinct colours. Of two in one chart with the same colour, the one known first keeps it.
 */
export function huesOf(names: Iterable<string>): Map<string, number> {
  const shown = new Set(names);
  const of = learn(shown);
  const place = new Map([...of.keys()].map((key, i) => [key, i]));
  const rank = (name: string) => (FIXED.has(name) ? -1 : (place.get(hash(name)) ?? MOST));
  const hues = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...shown].sort((a, b) => rank(a) - rank(b))) {
    let hue = FIXED.get(name) ?? of.get(hash(name)) ?? (hash(name) % HUES) + 1;
    for (let i = 0; taken.has(hue) && i < HUES; i++) hue = (hue % HUES) + 1;
    if (taken.has(hue)) hue = HUES + 1;
    taken.add(hue);
    hues.set(name, hue);
  }
  return hues;
}
