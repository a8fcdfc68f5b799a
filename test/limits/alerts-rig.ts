import { mkdtempSync, rmSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAlerts } from "../../collector/alerts/watch.ts";
import { emptyBatch } from "../../collector/file-batch.ts";
import { createMetricsCollector } from "../../collector/metrics-collector.ts";
import { claude } from "../../collector/sources/claude/source.ts";
import type { SessionActivity } from "../../schema/activity.ts";
import { AlertFile, type AlertSettings } from "../../schema/alerts.ts";
import type { CreditReading, SourceHealth } from "../../schema/rate-limits.ts";
import { NO_USAGE } from "../../schema/usage.ts";
import { alertQueries } from "../../store/alerts.ts";
import type { Cost } from "../../store/cost.ts";
import { openDatabase, openReader } from "../../store/database.ts";
import { createStore } from "../../store/store.ts";
import { health, MINUTE, sampleWriter } from "./samples.ts";

const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 } as Stats;
export const START = Date.parse("2026-11-20T12:00:00Z");
/** A model named after the price of a request in nano-USD; no number = no price. */
function byName({ model }: { model: string }): Cost {
  const nano = Number(model) || null;
  const items = { cache_creation_5m_nano_usd: 0, cache_creation_1h_nano_usd: 0, cache_read_nano_usd: 0 };
  const rest = { output_nano_usd: 0, web_search_nano_usd: 0 };
  return {
    price_id: nano === null ? null : "p",
    flags: 0,
    input_nano_usd: nano,
    cost_nano_usd: nano,
    ...items,
    ...rest,
  };
}

export function settingsOf(config: object = {}): AlertSettings {
  const { alerts, budgets, rate_of_change } = AlertFile.parse(config);
  return { ...alerts, budgets, rate_of_change };
}

/** A store on disk, a clock that only the test moves, and what the sampler would report. */
export function alertRig(config: object = {}, time_zone = "UTC") {
  const folder = mkdtempSync(join(tmpdir(), "hall-alerts-"));
  const db = openDatabase(folder);
  const store = createStore(db, byName);
  const reader = openReader(folder);
  const bus = createMetricsCollector(store);
  const clock = { now: START };
  const delivered = {
    health: [] as SourceHealth[],
    credits: [] as CreditReading[],
    activity: [] as SessionActivity[],
  };
  const published: number[] = [];
  bus.subscribe("committed", ({ seq }) => void published.push(seq));
  const open = () =>
    createAlerts({
      reader,
      store,
      metrics: bus,
      time_zone,
      settings: settingsOf(config),
      limits: { health: () => delivered.health, credits: () => delivered.credits },
      activity: { all: () => delivered.activity },
      now: () => clock.now,
    });
  let alerts = open();
  let requests = 0;
  return {
    folder,
    db,
    store,
    reader,
    bus,
    clock,
    delivered: delivered,
    published,
    queries: alertQueries(reader),
    sample: sampleWriter(db),
    /** As after a restart: what was kept in memory is gone. */
    restart: () => {
      alerts = open();
    },
    /** Names of what began and of what ended. */
    evaluate(): { fired: string[]; ended: string[] } {
      const { fired, ended } = alerts.evaluate();
      return {
        fired: fired.map((a) => `${a.name} ${a.level}`),
        ended: ended.map((e) => `${e.ending} ${e.alert.name}`),
      };
    },
    later(minutes: number): void {
      clock.now += minutes * MINUTE;
    },
    /** A request that cost so much, now; null = its price is not known. */
    spend(session: string, usd: number | null, over: Spent = {}): void {
      const { time_unix_ms = clock.now, source = "claude", project_path = "/home/dev/shop" } = over;
      const key = `${source}:r${++requests}`;
      const batch = emptyBatch(claude, "/t.jsonl", STATS, 0, "active");
      batch.sessions.push({ source, session_id: session, time_unix_ms, project_path });
      batch.requests.push({
        request_key: key,
        source,
        session_id: session,
        agent_id: "",
        is_sidechain: false,
        response_id: key,
        provider_request_id: "",
        time_unix_ms,
        usage: { ...NO_USAGE, output_tokens: 1 },
        service_tier: "standard",
        model: usd === null ? "unknown" : `${Math.round(usd * 1e9)}`,
        speed: "standard",
        inference_geo: "",
        flags: 0,
        is_final: true,
        offset: requests,
      });
      store.commit([batch], clock.now);
    },
    [Symbol.dispose]() {
      reader.close();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
type Spent = { time_unix_ms?: number; source?: "claude" | "codex"; project_path?: string };
export type AlertRig = ReturnType<typeof alertRig>;

export const NONE = { fired: [], ended: [] };
export const sourceHealth = (over: Partial<SourceHealth>) =>
  health({ captures: 1, last_success_unix_ms: START, last_attempt_unix_ms: START, ...over });
