const PAIRS = 128 * 128;
/** Case-insensitive; a head is ASCII. */
const FOLDED = Uint8Array.from({ length: 128 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));

type Head = { codes: Uint8Array; group: number };
/** Where the heads of each group are in a text, in their order. */
export type HeadPlaces = Map<number, number[]>;

/**
 * One pass over a text for many literals at once: two letters are looked up in a table, and the head is compared only
 * if one begins with them. Most texts contain no head and cost a few nanoseconds per letter instead of a run of each
 * rule.
 */
export function headFinder(groups: readonly (readonly string[])[]): (text: string) => HeadPlaces {
  const buckets: Head[][] = [[]];
  const places = new Uint8Array(PAIRS);
  for (const [group, heads] of groups.entries())
    for (const head of heads) addHead(buckets, places, head, group);

  return (text) => {
    const found: HeadPlaces = new Map();
    let before = 0;
    for (let at = 0; at < text.length; at++) {
      // Another letter with the same lowest bits is refused by the comparison.
      const letter = text.charCodeAt(at) & 127;
      const place = places[before | letter]!;
      before = letter << 7;
      if (place !== 0) addPlaces(found, text, at - 1, buckets[place]!);
    }
    return found;
  };
}

/** A pair of letters in any case leads to the heads that begin with it. */
function addHead(buckets: Head[][], places: Uint8Array, head: string, group: number): void {
  const codes = Uint8Array.from(head.toLowerCase(), (letter) => letter.charCodeAt(0));
  if (codes.length < 2) throw new Error(`"${head}" is too short to look for`);
  const [first, second] = [spellingsOf(codes[0]!), spellingsOf(codes[1]!)];
  let bucket = places[first[0]! * 128 + second[0]!]!;
  if (bucket === 0) bucket = buckets.push([]) - 1;
  if (bucket > 255) throw new Error("too many beginnings");
  for (const one of first) for (const two of second) places[one * 128 + two] = bucket;
  buckets[bucket]!.push({ codes, group });
}

const spellingsOf = (code: number): number[] => [code, ...(code >= 97 && code <= 122 ? [code - 32] : [])];

function addPlaces(found: HeadPlaces, text: string, at: number, heads: readonly Head[]): void {
  for (const { codes, group } of heads) {
    if (!isAt(text, at, codes)) continue;
    const known = found.get(group);
    if (!known) found.set(group, [at]);
    else if (known.at(-1) !== at) known.push(at);
  }
}

function isAt(text: string, start: number, codes: Uint8Array): boolean {
  if (start + codes.length > text.length) return false;
  for (let i = codes.length - 1; i >= 0; i--) {
    const code = text.charCodeAt(start + i);
    if (code >= 128 || FOLDED[code] !== codes[i]) return false;
  }
  return true;
}
