import type { WasteKind } from "../../schema/waste.ts";
import { countOnce } from "./count-once.ts";
import type { Occurrence } from "./occurrence.ts";

/** A smaller sum is not worth reporting. */
const LEAST_NANO_USD = 10_000_000;

export type Cause = {
  kind: WasteKind;
  key: string;
  what: string;
  project: string | null;
  /** Sum of all occurrences, without deduplication. */
  nano_usd: number;
  counted_nano_usd: number;
  /** Most expensive first. */
  occurrences: Occurrence[];
};

export function nanoOf({ claims, less_nano_usd }: Occurrence): number {
  return claims.reduce((sum, c) => sum + c.nano_usd, 0) - less_nano_usd;
}

/** Occurrences by cause, with the counted part of each; causes below one cent are omitted. */
export function causesOf(
  occurrences: readonly Occurrence[],
  nameOf: (o: Occurrence) => { what: string; project: string | null },
): Cause[] {
  const causes = new Map<string, Cause>();
  for (const o of occurrences) {
    const { what, project } = nameOf(o);
    const id = JSON.stringify([o.kind, project, what]);
    const cause = causes.get(id) ?? {
      kind: o.kind,
      key: `${o.kind}:${Bun.hash(id).toString(36)}`,
      what,
      project,
      nano_usd: 0,
      counted_nano_usd: 0,
      occurrences: [],
    };
    cause.nano_usd += nanoOf(o);
    cause.occurrences.push(o);
    causes.set(id, cause);
  }
  // Omitted causes take nothing from another kind.
  const kept = [...causes.values()].filter((c) => c.nano_usd >= LEAST_NANO_USD).sort(dearestFirst);
  const counted = countOnce(kept.flatMap((c) => c.occurrences));
  for (const cause of kept) {
    for (const o of cause.occurrences) cause.counted_nano_usd += counted.get(o)!;
    cause.occurrences.sort((a, b) => nanoOf(b) - nanoOf(a) || firstSeq(a) - firstSeq(b));
  }
  return kept;
}

const dearestFirst = (a: Cause, b: Cause) =>
  b.nano_usd - a.nano_usd || compare(a.kind, b.kind) || compare(a.what, b.what) || compare(a.key, b.key);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const firstSeq = ({ claims }: Occurrence) => claims[0]?.seq ?? 0;
