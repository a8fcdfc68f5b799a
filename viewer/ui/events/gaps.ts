import { effect, signal } from "@preact/signals";
import { stream } from "../live.ts";

/** A time in which this page received nothing: the machine slept, or there was no daemon. */
export type Gap = { from_unix_ms: number; until_unix_ms: number };

const TICK_MS = 5000;
/** A hidden tab is woken once a minute. */
const JUMP_MS = 90_000;
const KEPT = 20;

export const gaps = signal<Gap[]>([]);

/** Adds a gap; one that overlaps the last is a part of it. */
export function withGap(known: Gap[], gap: Gap): Gap[] {
  const last = known[0];
  if (!last || last.until_unix_ms < gap.from_unix_ms) return [gap, ...known].slice(0, KEPT);
  const from_unix_ms = Math.min(last.from_unix_ms, gap.from_unix_ms);
  return [{ from_unix_ms, until_unix_ms: gap.until_unix_ms }, ...known.slice(1)];
}

/** Once for the whole page and from its start: gaps during other views are marked in the list as well. */
export function watchGaps(): void {
  let last = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - last > JUMP_MS) gaps.value = withGap(gaps.value, { from_unix_ms: last, until_unix_ms: now });
    last = now;
  }, TICK_MS);
  let lost: number | undefined;
  effect(() => {
    const { connection } = stream.value;
    if (connection === "live") {
      if (lost !== undefined)
        gaps.value = withGap(gaps.peek(), { from_unix_ms: lost, until_unix_ms: Date.now() });
      lost = undefined;
    } else if (connection !== "connecting") lost ??= Date.now();
  });
}
