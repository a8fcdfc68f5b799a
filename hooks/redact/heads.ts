/** Case-insensitive; a head begins with an ASCII character. */
const FOLDED = Uint8Array.from({ length: 128 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));
const PAIRS = 128 * 128;

type Head = { codes: Uint8Array; group: number };

/**
 * One pass over a text for many literals at once: two letters are looked up in a table, and the head is compared only
 * if one begins with them. Most texts contain no head and cost a few nanoseconds per letter instead of a run of each
 * rule.
 */
export function headFinder(groups: readonly (readonly string[])[]): (text: string) => Set<number> {
  const places = new Uint16Array(PAIRS);
  const buckets: Head[][] = [[]];
  for (const [group, heads] of groups.entries())
    for (const head of heads) {
      const codes = Uint8Array.from(head.toLowerCase(), (letter) => letter.charCodeAt(0));
      if (codes.length < 2) throw new Error(`"${head}" is too short to look for`);
      const pair = codes[0]! * 128 + codes[1]!;
      places[pair] ||= buckets.push([]) - 1;
      buckets[places[pair]!]!.push({ codes, group });
    }

  return (text) => {
    const found = new Set<number>();
    let before = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const letter = code < 128 ? FOLDED[code]! : 0;
      const place = places[before * 128 + letter]!;
      before = letter;
      if (place === 0) continue;
      for (const { codes, group } of buckets[place]!)
        if (!found.has(group) && isAt(text, at - 1, codes)) found.add(group);
    }
    return found;
  };
}

function isAt(text: string, start: number, codes: Uint8Array): boolean {
  if (start + codes.length > text.length) return false;
  for (let i = 2; i < codes.length; i++) {
    const code = text.charCodeAt(start + i);
    if (code >= 128 || FOLDED[code] !== codes[i]) return false;
  }
  return true;
}
