import type { Database } from "bun:sqlite";
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Beat } from "../collector/beat.ts";
import type { Bus } from "../collector/bus.ts";
import { createPacedWork } from "../collector/paced-work.ts";
import { TODAY_FILE, TODAY_TOUCH_MS, type Today } from "../hooks/today.ts";
import { totalTokens } from "../schema/usage.ts";
import { statsQueries } from "../store/queries/stats.ts";
import { toCost } from "../store/queries/totals.ts";
import { cut } from "../store/queries/zone.ts";

type Parts = {
  reader: Database;
  bus: Bus;
  beat: Beat;
  data_dir: string;
  time_zone: string;
  /** False while history is read: a part of today would look like all of it. */
  isCaughtUp: () => boolean;
};

function todayOf(reader: Database, time_zone: string, now: number): Today {
  const day = cut("day", { from_unix_ms: now, until_unix_ms: now + 1 }, time_zone)[0]!;
  const range = { from_unix_ms: day.bucket_unix_ms, until_unix_ms: day.until_unix_ms };
  const sums = statsQueries(reader).totalOf(range, {});
  return {
    day: day.bucket,
    time_zone,
    ...range,
    // A day of nothing cost nothing; a day without any price has no known cost.
    cost_nano_usd: sums.requests === 0 ? sums.cost_nano_usd : toCost(sums),
    total_tokens: totalTokens(sums),
    cost_complete: sums.unpriced_requests === 0,
  };
}

/** Keeps the file that status lines read. One that cannot be written grows old, and is then ignored. */
export function startStatuslineCache({
  reader,
  bus,
  beat,
  data_dir,
  time_zone,
  isCaughtUp,
}: Parts): () => void {
  const path = join(data_dir, TODAY_FILE);
  let written = "";
  let touched = 0;

  const update = createPacedWork(() => {
    try {
      if (isCaughtUp()) refresh(`${JSON.stringify(todayOf(reader, time_zone, Date.now()))}\n`, Date.now());
    } catch {
      written = "";
    }
  });
  function refresh(text: string, now: number): void {
    if (text === written && now - touched < TODAY_TOUCH_MS && now >= touched) return;
    if (text === written) utimesSync(path, now / 1000, now / 1000);
    else {
      writeFileSync(`${path}.tmp`, text, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    }
    written = text;
    touched = now;
  }

  const unsubscribe = bus.subscribe("committed", update.soon);
  const end = beat.every({ every_ms: TODAY_TOUCH_MS, run: update.now });
  update.soon();
  return () => {
    end();
    update.stop();
    unsubscribe();
  };
}
