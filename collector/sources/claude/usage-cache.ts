import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readRegular } from "../../../hooks/regular.ts";
import { timeGate } from "../../../schema/gate.ts";
import { parseJson } from "../../../schema/text.ts";
import type { RateLimitSample } from "../../../store/batch.ts";
import { bytesOf } from "../../bytes.ts";
import { finite, type Json, object } from "../../limits/reading.ts";
import { endOfObject } from "../recover.ts";
import { fromOAuthUsage } from "./rate-limits.ts";

/** A larger file is not a settings file; one with the history of many projects has some megabytes. */
const LARGEST_BYTES = 64 * 1024 * 1024;
const KEY = bytesOf('"cachedUsageUtilization"');
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Beside the folder of transcripts if CLAUDE_CONFIG_DIR names it, else in its home directory. */
export function usageCacheFiles(claudeRoots: readonly string[]): string[] {
  const files = claudeRoots.map(dirname).flatMap((folder) => {
    const inside = join(folder, ".claude.json");
    return basename(folder) === ".claude" ? [inside, join(dirname(folder), ".claude.json")] : [inside];
  });
  return [...new Set(files)];
}

/**
 * The result of Claude Code's last query of limits (2.1.2xx and later), the binding window first. Nothing else of the
 * file is decoded: it contains the login's address and possibly a key.
 */
export function readUsageCache(bytes: Buffer, mtime_unix_ms: number): RateLimitSample[] {
  const cache = cacheOf(bytes);
  const written = finite(cache?.fetchedAtMs);
  const time_unix_ms = written === undefined ? undefined : timeGate(mtime_unix_ms).pass(written);
  if (!cache || time_unix_ms === undefined) return [];
  const of = { origin: "client_cache", account: "default", session_id: "", time_unix_ms } as const;
  const binding = new Set(fromOAuthUsage({ limits: bindingOf(cache.utilization) }, of).map((s) => s.window));
  const rank = ({ window }: RateLimitSample) => Number(!binding.has(window));
  return fromOAuthUsage(cache.utilization, of).toSorted((a, b) => rank(a) - rank(b));
}

/** The client marks the limits that decide whether it may continue. */
function bindingOf(utilization: unknown): unknown[] {
  const limits = object(utilization)?.limits;
  return Array.isArray(limits) ? limits.filter((limit) => object(limit)?.is_active === true) : [];
}

function cacheOf(bytes: Buffer): Json | undefined {
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, at + 1)) {
    let start = at + KEY.length;
    while (BLANKS.has(bytes[start]!) || bytes[start] === COLON) start++;
    if (bytes[start] !== OPENING_BRACE) continue;
    const end = endOfObject(bytes, start, bytes.length);
    try {
      const cache = end < 0 ? undefined : object(parseJson(bytes.toString("utf8", start, end)));
      if (cache) return cache;
    } catch {
      // Incomplete: the next poll finds all of it.
    }
  }
  return undefined;
}

/** Polls these files; `take` gets a file's limits whenever they are new. */
export function createUsageCache(files: readonly string[], take: (samples: RateLimitSample[]) => void) {
  const seen = new Map<string, { stamp: string; newest: number }>();

  function readChanged(path: string): void {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size > LARGEST_BYTES) return;
    const stamp = `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
    const known = seen.get(path);
    if (known?.stamp === stamp) return;
    const samples = readUsageCache(readRegular(path, "theirs"), Math.floor(stats.mtimeMs));
    const newest = samples[0]?.time_unix_ms ?? known?.newest ?? 0;
    seen.set(path, { stamp, newest });
    if (samples.length > 0 && newest !== known?.newest) take(samples);
  }

  return {
    poll(): void {
      for (const path of files) {
        try {
          readChanged(path);
        } catch {
          // Missing or not readable: it is polled again.
        }
      }
    },
  };
}
