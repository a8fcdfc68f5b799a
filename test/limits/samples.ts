import type { Database } from "bun:sqlite";
import type { SourceHealth } from "../../schema/rate-limits.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

type Sample = {
  source: "claude" | "codex";
  origin: string;
  account: string;
  limit_id: string;
  window: string;
  window_minutes: number | null;
  used_percent: number;
  resets_at_unix_ms: number | null;
  time_unix_ms: number;
};

const MINUTES: Record<string, number> = { "5h": 300, weekly: 10_080, weekly_opus: 10_080, monthly: 43_200 };

/** Writes readings as the store leaves them. */
export function sampleWriter(db: Database) {
  const insert = db.query(`
    insert into rate_limit_samples (sample_id, source, origin, account, limit_id, window, window_minutes, used_percent,
      resets_at_unix_ms, time_unix_ms, session_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')`);
  let count = 0;
  return (
    given: Pick<Sample, "source" | "window" | "used_percent" | "time_unix_ms"> & Partial<Sample>,
  ): void => {
    const s: Sample = {
      origin: given.source === "codex" ? "rollout" : "statusline",
      account: "default",
      limit_id: given.source,
      window_minutes: MINUTES[given.window] ?? null,
      resets_at_unix_ms: null,
      ...given,
    };
    insert.run(
      ...[`s${++count}`, s.source, s.origin, s.account, s.limit_id, s.window, s.window_minutes],
      ...[s.used_percent, s.resets_at_unix_ms, s.time_unix_ms],
    );
  };
}

export function health(over: Partial<SourceHealth>): SourceHealth {
  return {
    name: "codex_app_server",
    source: "codex",
    origin: "app_server",
    account: "default",
    cadence_ms: MINUTE,
    is_running: false,
    captures: 0,
    failures: 0,
    failures_by_class: {},
    consecutive_failures: 0,
    last_attempt_unix_ms: null,
    last_success_unix_ms: null,
    last_failure_class: null,
    last_duration_ms: null,
    next_due_unix_ms: null,
    ...over,
  };
}
