import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAlerts } from "../../collector/alerts/watch.ts";
import { createBus } from "../../collector/bus.ts";
import { AlertFile, type AlertSettings } from "../../schema/alerts.ts";
import type { CreditReading, SourceHealth } from "../../schema/limits.ts";
import { alertQueries } from "../../store/alerts.ts";
import { openDatabase, openReader } from "../../store/database.ts";
import { rebuildRollups } from "../../store/rollups.ts";
import { createStore } from "../../store/store.ts";
import { rows } from "../viewer/rig.ts";
import { health, MINUTE, sampleWriter } from "./samples.ts";

export const START = Date.parse("2026-11-20T12:00:00Z");
const NO_PRICE = () => ({ price_id: null, items: null, cost_nano_usd: null }) as never;

export function settingsOf(config: object = {}): AlertSettings {
  const { alerts, budgets, rate_of_change } = AlertFile.parse(config);
  return { ...alerts, budgets, rate_of_change };
}

/** A store on disk, a clock that only the test moves, and what the sampler would tell. */
export function alertRig(config: object = {}, time_zone = "UTC") {
  const folder = mkdtempSync(join(tmpdir(), "hall-alerts-"));
  const db = openDatabase(folder);
  const store = createStore(db, NO_PRICE);
  const reader = openReader(folder);
  const bus = createBus();
  const clock = { now: START };
  const told = { health: [] as SourceHealth[], credits: [] as CreditReading[] };
  const published: number[] = [];
  bus.subscribe("committed", ({ seq }) => void published.push(seq));
  const open = () =>
    createAlerts({
      ...{ reader, store, bus, time_zone, settings: settingsOf(config) },
      limits: { health: () => told.health, credits: () => told.credits },
      now: () => clock.now,
    });
  let alerts = open();
  let requests = 0;
  return {
    ...{ folder, db, store, reader, bus, clock, told, published },
    queries: alertQueries(reader),
    sample: sampleWriter(db),
    rows: rows(db),
    /** As after a restart: what was kept in memory is gone. */
    restart: () => {
      alerts = open();
    },
    /** Names of what began and of what ended. */
    look(): { fired: string[]; ended: string[] } {
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
    spend(session_pk: number, usd: number | null, time_unix_ms = clock.now): void {
      const cost_nano_usd = usd === null ? null : Math.round(usd * 1e9);
      rows(db).request(session_pk, { cost_nano_usd, time_unix_ms, request_key: `claude:m${++requests}` });
      rebuildRollups(db);
    },
    [Symbol.dispose]() {
      reader.close();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type AlertRig = ReturnType<typeof alertRig>;

export const NONE = { fired: [], ended: [] };
export const asked = (over: Partial<SourceHealth>) =>
  health({ captures: 1, last_success_unix_ms: START, last_attempt_unix_ms: START, ...over });
