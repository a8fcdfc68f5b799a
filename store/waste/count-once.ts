import { WASTE_KIND_NAMES } from "../../schema/waste.ts";
import type { Claim, Occurrence } from "./occurrence.ts";

/** The counted part of a request so far: at most its cost. */
type Taken = { all: number; read: number; write: number; total: number };

/** Of the whole and of its parts, as it is unknown which tokens of a part two kinds refer to. */
const isOver: Record<Claim["part"], (taken: Taken) => number> = {
  all: (t) => t.total,
  read: (t) => t.all + t.read,
  write: (t) => t.all + t.write,
};

/**
 * The counted part of each occurrence, so that money in two of them is in their sum once. Kinds are processed in order;
 * after earlier kinds only the rest of a part of a request counts. Within a kind the given order applies.
 */
export function countOnce(occurrences: readonly Occurrence[]): Map<Occurrence, number> {
  const counted = new Map<Occurrence, number>();
  const taken = new Map<number, Taken>();
  for (const kind of WASTE_KIND_NAMES) {
    const own = occurrences.filter((o) => o.kind === kind);
    const before = new Map<string, number>();
    for (const o of own)
      for (const { seq, part } of o.claims) {
        const t = taken.get(seq);
        if (t) before.set(`${seq} ${part}`, isOver[part](t));
      }
    const used = new Map<string, number>();
    for (const o of own) {
      let sum = -o.less_nano_usd;
      for (const claim of o.claims) sum += take(claim, before, used, taken);
      counted.set(o, Math.max(0, sum));
    }
  }
  return counted;
}

/** Claims of one kind on a request are of different tokens, unless they are of all of them. */
function take(
  { seq, cost_nano_usd, part, nano_usd }: Claim,
  before: Map<string, number>,
  used: Map<string, number>,
  taken: Map<number, Taken>,
): number {
  const t = taken.get(seq) ?? { all: 0, read: 0, write: 0, total: 0 };
  const place = `${seq} ${part}`;
  const was = used.get(place) ?? 0;
  used.set(place, was + nano_usd);
  // The part counted by earlier kinds is subtracted from the claims of this kind together.
  const over = before.get(place) ?? 0;
  const due = Math.max(0, was + nano_usd - over) - Math.max(0, was - over);
  const got = Math.min(due, cost_nano_usd - t.total);
  t[part] += got;
  t.total += got;
  taken.set(seq, t);
  return got;
}
