import { expect, test } from "bun:test";
import type { RateLimitSample } from "../../store/batch.ts";
import { emptyBatch } from "../collector/codex-harness.ts";
import { createWorld } from "../world.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-11-20T12:00:00Z");

const reading = (used_percent: number, age_ms: number): RateLimitSample => ({
  sample_id: `s${used_percent}`,
  source: "codex",
  origin: "rollout",
  account: "default",
  limit_id: "codex",
  window: "5h",
  window_minutes: 300,
  used_percent,
  resets_at_unix_ms: NOW + 60 * MINUTE,
  time_unix_ms: NOW - age_ms,
  session_id: "",
});

test("F032 a reading of a limit that is older than 15 minutes is stored and not announced", () => {
  const w = createWorld();
  const ages = [15 * MINUTE - 1, 15 * MINUTE, 30 * 24 * 60 * MINUTE];
  const samples = ages.map((age, i) => reading(i + 1, age));
  const batch = { ...emptyBatch("/r.jsonl"), samples };
  w.pipeline.store.commit([batch], NOW);
  w.pipeline.store.commit([batch], NOW);
  const stored = w.all<{ used_percent: number }>(
    "select used_percent from rate_limit_samples order by used_percent",
  );
  expect(stored.map((s) => s.used_percent)).toEqual([1, 2, 3]);
  const announced = w.all<{ data: string }>("select data from events where event_type = 'rate_limit'");
  expect(announced.map((e) => JSON.parse(e.data).used_percent)).toEqual([1]);
  w.close();
});
