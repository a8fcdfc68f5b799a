import type { Stats } from "node:fs";
import { join } from "node:path";
import { emptyBatch } from "../../collector/file-batch.ts";
import { codex } from "../../collector/sources/codex/source.ts";
import { DIALS, windowMinutes } from "../../schema/rate-limits.ts";
import { NO_USAGE } from "../../schema/usage.ts";
import type { FileBatch, RateLimitSample, RequestObservation } from "../../store/batch.ts";
import { cost } from "../../store/cost.ts";
import { openDatabase } from "../../store/database.ts";
import { loadPriceBook } from "../../store/price-book.ts";
import { createStore } from "../../store/store.ts";

const MINUTE = 60_000;
const MODELS = ["claude-opus-5-5", "claude-haiku-5", "claude-sonnet-5", "gpt-5.6", "gpt-5.6-codex"];
const SESSIONS = 2000;

/** A batch as a reading of one file gives it, so that the store does all that it does for real ones. */
const batch = (path: string, parts: Partial<FileBatch>): FileBatch => ({
  ...emptyBatch(codex, path, STATS, 0, "active"),
  ...parts,
});
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 } as Stats;

function samplesOf(cycle: number, now: number, age_ms: number): RateLimitSample[] {
  const time_unix_ms = now - age_ms;
  return DIALS.map(({ dial, source, window }) => {
    const length = windowMinutes(window)! * MINUTE;
    return {
      sample_id: `${dial}:${cycle}`,
      source,
      origin: "command",
      account: "default",
      limit_id: source,
      window,
      session_id: "",
      window_minutes: length / MINUTE,
      used_percent: ((time_unix_ms % length) / length) * 100,
      resets_at_unix_ms: Math.ceil((time_unix_ms + 1) / length) * length,
      time_unix_ms,
    };
  });
}

function request(i: number, now: number, count: number): RequestObservation {
  const model = MODELS[i % MODELS.length]!;
  const source = model.startsWith("gpt") ? "codex" : "claude";
  return {
    request_key: `${source}:r${i}`,
    source,
    model,
    session_id: `s${i % SESSIONS}`,
    agent_id: "",
    is_sidechain: false,
    response_id: `r${i}`,
    provider_request_id: "",
    service_tier: "standard",
    speed: "standard",
    inference_geo: "",
    flags: 0,
    time_unix_ms: now - Math.floor(((count - i) / count) * 90 * 86_400_000),
    usage: { ...NO_USAGE, uncached_input_tokens: 1000, cache_read_input_tokens: 20_000, output_tokens: 300 },
    is_final: true,
    offset: i,
  };
}

/**
 * A database in which a sampler has run for many cycles, each a transaction of its own, beside a history of
 * requests. The cycles end now, five minutes apart.
 */
export function writeCycles(dataDir: string, size: { cycles: number; requests: number }, now: number): void {
  const db = openDatabase(dataDir);
  const book = loadPriceBook(join(dataDir, "config.json"));
  const store = createStore(db, (r) => cost(book, r));
  for (let from = 0; from < size.requests; from += 5000) {
    const length = Math.min(5000, size.requests - from);
    const requests = Array.from({ length }, (_, i) => request(from + i, now, size.requests));
    store.commit([batch(`/requests/${from}`, { requests })], now);
  }
  for (let cycle = 0; cycle < size.cycles; cycle++) {
    const age_ms = (size.cycles - 1 - cycle) * 5 * MINUTE;
    store.commit([batch("/cycles", { samples: samplesOf(cycle, now, age_ms) })], now);
  }
  db.close();
}
