const ROW = 128;
/** Case-insensitive; a head is ASCII. */
const FOLDED = Uint8Array.from({ length: 128 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));

type Head = { codes: Uint8Array; group: number };
/** Where the heads of each group are in a text, in their order. */
export type HeadPlaces = Map<number, number[]>;

/**
 * One pass over a text for many literals at once: each two letters, and the third after them, are looked up in tables,
 * and a head is compared only where one begins with these. Most texts contain no head and cost a few nanoseconds per
 * letter instead of a run of each rule.
 */
export function headFinder(groups: readonly (readonly string[])[]): (text: string) => HeadPlaces {
  const { pairs, thirds, buckets } = tables(groups);

  return (text) => {
    const found: HeadPlaces = new Map();
    let before = 0;
    let pair = 0;
    for (let at = 0; at < text.length; at++) {
      // Another letter with the same lowest bits is refused by the comparison.
      const letter = text.charCodeAt(at) & 127;
      if (pair !== 0) {
        const bucket = thirds[pair | letter]!;
        if (bucket !== 0) addPlaces(found, text, at - 2, buckets[bucket]!);
      }
      pair = pairs[before | letter]!;
      before = letter << 7;
    }
    return found;
  };
}

/** `pairs` has a row of `thirds` for two letters, and that a bucket of heads for the third; 0 = none. */
function tables(groups: readonly (readonly string[])[]) {
  const pairs = new Uint16Array(ROW * ROW);
  const rows: Uint16Array[] = [new Uint16Array(ROW)];
  const buckets: Head[][] = [[]];
  for (const [group, heads] of groups.entries())
    for (const head of heads) {
      const codes = Uint8Array.from(head.toLowerCase(), (letter) => letter.charCodeAt(0));
      const [first, second, third] = [...codes.subarray(0, 3)].map(spellingsOf);
      if (!first || !second || !third) throw new Error(`"${head}" is too short to look for`);
      const pair = pairs[first[0]! * ROW + second[0]!]! || ROW * (rows.push(new Uint16Array(ROW)) - 1);
      for (const one of first) for (const two of second) pairs[one * ROW + two] = pair;
      const row = rows[pair / ROW]!;
      const bucket = row[third[0]!]! || buckets.push([]) - 1;
      for (const three of third) row[three] = bucket;
      buckets[bucket]!.push({ codes, group });
    }
  const thirds = new Uint16Array(rows.length * ROW);
  for (const [i, row] of rows.entries()) thirds.set(row, i * ROW);
  return { pairs, thirds, buckets };
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
