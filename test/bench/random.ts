/** sfc32: the same seed gives the same corpus on every machine. */
export type Random = {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** Both ends included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  hex(digits: number): string;
  uuid(): string;
  /** Heavy-tailed, as sizes of outputs and sessions are. */
  sized(median: number, sigma: number, max: number): number;
};

export function createRandom(seed: number): Random {
  const word = sfc32(seed);
  const next = () => word() / 4294967296;
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const hex8 = () => word().toString(16).padStart(8, "0");
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (from) => from[int(0, from.length - 1)]!,
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += hex8();
      return text.slice(0, digits);
    },
    uuid: () => {
      const [a, b, c, d] = [hex8(), hex8(), hex8(), hex8()];
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
    sized: (median, sigma, max) => Math.min(max, Math.round(median * Math.exp(sigma * normal(next)))),
  };
}

function sfc32(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const word = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) word();
  return word;
}

/** Sum of uniforms: near enough to a bell, and free of logarithms that differ between machines. */
function normal(next: () => number): number {
  return (next() + next() + next() + next() + next() + next() - 3) * Math.SQRT2;
}

const SENTENCES = [
  "export function total(items: Item[]): number {",
  "  return items.reduce((sum, item) => sum + item.price_cents * item.count, 0);",
  "}",
  "expect(received).toEqual(expected) // deep equality",
  "Read the file, then change the one function that adds the items up.",
  "warning: unused variable `cart` in src/checkout/cart.rs:118:9",
  '{"name": "shop", "version": "1.4.2", "scripts": {"test": "bun test"}}',
  "drwxr-xr-x 4 dev dev 4096 Nov 20 17:51 node_modules",
  '\tif err != nil { return fmt.Errorf("open %q: %w", path, err) }',
  "diff --git a/src/cart.ts b/src/cart.ts index 8f2c1aa..03bd7e9 100644",
  "Prüfe die Summe — der Rabatt wird zweimal abgezogen → siehe Zeile 42 ✓",
  'The "usage" of the last call was {"input_tokens":12,"output_tokens":7} and "type":"assistant" is in it.',
  "2026-11-20T17:51:24.430Z INFO http: GET /api/items?page=3 200 12ms",
  "const path = 'C:\\\\Users\\\\dev\\\\shop';",
];

/** Text of about `bytes` bytes, already escaped for a JSON string; cuts fall between sentences. */
export function createText(random: Random): (bytes: number) => string {
  const parts: string[] = [];
  const starts: number[] = [];
  let length = 0;
  while (length < 4_000_000) {
    const part = JSON.stringify(`${random.pick(SENTENCES)} ${random.hex(random.int(0, 12))}\n`).slice(1, -1);
    starts.push(length);
    parts.push(part);
    length += part.length;
  }
  const pool = parts.join("");
  const mean = length / starts.length;
  return (bytes) => {
    const sentences = Math.min(starts.length - 1, Math.max(1, Math.round(bytes / mean)));
    const first = random.int(0, starts.length - 1 - sentences);
    return pool.slice(starts[first]!, starts[first + sentences]!);
  };
}
