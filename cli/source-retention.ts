import type { Database } from "bun:sqlite";
import { existsSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { cleanupPeriodDays } from "../collector/sources/claude/cleanup.ts";
import type { Config } from "../schema/config.ts";
import type { SourceRetention } from "../schema/status.ts";
import { DELETING_NAMES } from "../schema/vendors.ts";
import { retentionQueries } from "../store/queries/retention.ts";

const FRESH_MS = 60_000;

/** How soon an agent deletes transcripts, read from its own settings each time. */
export function sourceRetention(db: Database, config: Config, now: number): SourceRetention | null {
  const folders = DELETING_NAMES.flatMap((name) => config.roots[name])
    .filter((root) => existsSync(root))
    .map((root) => ({ path: realpathSync(root), cleanup_period_days: cleanupPeriodDays(dirname(root)) }));
  return retentionQueries(db).expiry(folders, now);
}

/** The same, cached for a page that polls every few seconds for what changes daily. */
export function cachedRetention(db: Database, config: Config): () => SourceRetention | null {
  let at = Number.NEGATIVE_INFINITY;
  let found: SourceRetention | null = null;
  return () => {
    // An empty result is not cached: history may not have been read yet.
    if (found === null || Date.now() - at > FRESH_MS) {
      found = sourceRetention(db, config, Date.now());
      at = Date.now();
    }
    return found;
  };
}
