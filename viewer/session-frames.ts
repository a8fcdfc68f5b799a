import type { Bus } from "../collector/bus.ts";
import type { SessionActivity } from "../schema/activity.ts";

/** A session is shown once a second at most in the long run; this many changes in a row are shown as they happen. */
const SHOW_MS = 1_000;
const BURST = 3;
/** Sessions that ended and were shown are no longer needed. */
const MOST_KEPT = 500;

type Shown = {
  version: number;
  /** Up to when its share of frames is used. */
  paid_until_ms: number;
  value: SessionActivity;
  later?: SessionActivity;
};

/** The newest activity of each session, numbered, so that every stream can request what it has not sent yet. */
export function createSessionFrames(bus: { subscribe: Bus["subscribe"] }, onChange: () => void) {
  const shown = new Map<string, Shown>();
  let version = 0;

  function show(key: string, value: SessionActivity): void {
    const now = performance.now();
    const paid = Math.max(shown.get(key)?.paid_until_ms ?? Number.NEGATIVE_INFINITY, now - BURST * SHOW_MS);
    // Deleted first, so that the map is in the order of its versions.
    shown.delete(key);
    shown.set(key, { version: ++version, paid_until_ms: paid + SHOW_MS, value });
    if (shown.size > MOST_KEPT)
      for (const [old, { value }] of shown) {
        if (value.activity.state === "ended") shown.delete(old);
        if (shown.size <= MOST_KEPT) break;
      }
    onChange();
  }

  bus.subscribe("activity", (value) => {
    const key = value.session_key;
    const before = shown.get(key);
    const wait = before ? before.paid_until_ms - performance.now() : 0;
    if (!before || wait <= 0) return show(key, value);
    if (before.later === undefined) setTimeout(() => show(key, shown.get(key)?.later ?? value), wait).unref();
    before.later = value;
  });

  return {
    version: () => version,
    since: (seen: number): SessionActivity[] =>
      version === seen ? [] : [...shown.values()].filter((s) => s.version > seen).map((s) => s.value),
  };
}
