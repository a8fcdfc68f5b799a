/** A key's hash, sixty-four bits of it, and its row (0 = free). */
const CELLS = 3;
const FIRST_SLOTS = 65_536;
const GROWTH = 4;

/**
 * Which keys a first import has stored, and in which row, while there is no index. Their hashes take a tenth of the
 * memory of the texts. Two keys may share one, if hardly ever: whoever is given a row compares.
 */
export function createKnownKeys() {
  let cells = new Int32Array(FIRST_SLOTS * CELLS);
  let mask = FIRST_SLOTS - 1;
  let count = 0;

  /** Of these two numbers: their slot, or the free one where they would be. */
  function slotOf(high: number, low: number): number {
    let at = (low & mask) * CELLS;
    while (cells[at + 2] !== 0 && (cells[at] !== high || cells[at + 1] !== low)) {
      at += CELLS;
      if (at === cells.length) at = 0;
    }
    return at;
  }

  function grow(): void {
    const old = cells;
    cells = new Int32Array(old.length * GROWTH);
    mask = (mask + 1) * GROWTH - 1;
    for (let at = 0; at < old.length; at += CELLS)
      if (old[at + 2] !== 0) cells.set(old.subarray(at, at + CELLS), slotOf(old[at]!, old[at + 1]!));
  }

  function slotOfKey(key: string): number {
    let high = 0x2c9277b5;
    let low = 0x1f83d9ab;
    const last = key.length - 1;
    for (let at = 0; at <= last; at += 2) {
      const two = key.charCodeAt(at) | (at < last ? key.charCodeAt(at + 1) << 16 : 0);
      high = Math.imul(high ^ two, 0x9e3779b1);
      low = Math.imul(low ^ (two >>> 7) ^ (two << 9), 0x5f356495);
    }
    high ^= key.length;
    // The last letters would move the lower bits only, which are all that a slot is made of.
    high = Math.imul(high ^ (high >>> 15), 0x2c1b3c6d);
    low = Math.imul(low ^ (low >>> 13) ^ high, 0x297a2d39);
    low ^= low >>> 15;
    const at = slotOf(high, low);
    cells[at] = high;
    cells[at + 1] = low;
    return at;
  }

  return {
    /** The row of a key that is known; of any other none. */
    rowOf: (key: string): number | undefined => cells[slotOfKey(key) + 2] || undefined,
    /** The same, and a key that is not known has this row from now on. */
    claim(key: string, row: number): number | undefined {
      const at = slotOfKey(key);
      const known = cells[at + 2]!;
      if (known !== 0) return known;
      cells[at + 2] = row;
      if (++count * 2 > mask) grow();
      return undefined;
    },
  };
}
