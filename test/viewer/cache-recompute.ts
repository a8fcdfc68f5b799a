/** A request as a test made it, in the order in which it was stored. */
export type Made = {
  minutes_ago: number;
  thread: string;
  is_codex: boolean;
  model: string;
  read: number;
  m5: number;
  h1: number;
  plain: number;
  vendor?: { reason: string; tokens: number } | undefined;
};
export type Expected = { place: number; reason: string; missed: number; idle_minutes: number | null };

/**
 * The misses as the definition has them, reckoned apart from the product's code: each thread by itself, and of each two
 * neighbours what the first left behind and the second paid for although it was there.
 */
export function missesOf(made: readonly Made[]): Expected[] {
  const found: Expected[] = [];
  const threads = Map.groupBy(made.keys(), (place) => made[place]!.thread);
  for (const places of threads.values()) {
    // Of one minute the one that was stored first.
    const inTime = places.toSorted((a, b) => made[b]!.minutes_ago - made[a]!.minutes_ago || a - b);
    inTime.forEach((place, nth) => {
      const before = inTime.slice(0, nth).map((p) => made[p]!);
      const miss = missAt(made[place]!, before);
      if (miss) found.push({ place, ...miss });
    });
  }
  return found.sort((a, b) => a.place - b.place);
}

function missAt(now: Made, before: readonly Made[]): Omit<Expected, "place"> | undefined {
  const last = before.at(-1);
  const paid = now.plain + now.m5 + now.h1;
  const idle_minutes = last ? last.minutes_ago - now.minutes_ago : null;
  if (now.vendor && now.vendor.reason !== "unavailable") {
    const missed = Math.min(now.vendor.tokens, paid);
    return missed > 0 ? { reason: now.vendor.reason, missed, idle_minutes } : undefined;
  }
  if (!last) return undefined;
  const prompt = last.read + last.m5 + last.h1;
  const held = last.is_codex ? 128 * Math.floor((prompt + last.plain) / 128) : prompt;
  const missed = Math.min(held - now.read, paid);
  if (missed < 1024) return undefined;
  const wrote = before.findLast((r) => r.m5 + r.h1 > 0);
  const lives = wrote && wrote.h1 > 0 ? 60 : 5;
  const reason =
    idle_minutes! > lives ? "idle" : now.model === last.model ? "changed_prefix" : "model_switch";
  return { reason, missed, idle_minutes };
}
