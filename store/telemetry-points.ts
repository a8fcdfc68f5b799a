import type { Database } from "bun:sqlite";
import type { KeptMetrics } from "../schema/config.ts";
import type { TelemetryPoint } from "../schema/telemetry.ts";
import { writer } from "./database.ts";
import { valuesOf } from "./row-code.ts";
import { columnsOf, insertInto } from "./table.ts";
import { TELEMETRY_POINTS } from "./tables/capture.ts";

/** Metrics of clients before it count requests twice (O11). */
const EXACT_SINCE = [2, 1, 214];
/** Old points are searched only after this many new ones, because the search reads all of them. */
const PRUNE_EVERY = 500;

const COLUMNS = columnsOf(TELEMETRY_POINTS);
const toValues = valuesOf(TELEMETRY_POINTS, COLUMNS);
/** 0 for a cumulative series, so that it has one point. */
const AT = "max(start_unix_ms, time_unix_ms)";

/** Metrics of clients, and their retention. */
export function pointWriter(db: Database, kept: KeptMetrics | undefined) {
  const put = writer(
    db,
    insertInto(TELEMETRY_POINTS, COLUMNS, "on conflict do update set value = max(value, excluded.value)"),
  );
  const prune = kept && pruner(db, kept);
  let since_prune = PRUNE_EVERY;
  return {
    put(session_pk: number, p: TelemetryPoint, client_version: string): void {
      put(
        toValues({
          session_pk,
          model: p.model,
          type: p.type,
          query_source: p.query_source,
          temporality: p.temporality,
          start_unix_ms: p.start_unix_ms,
          time_unix_ms: p.temporality === "cumulative" ? 0 : p.time_unix_ms,
          value: p.value,
          is_inflated: Number(isBefore(client_version, EXACT_SINCE)),
        }),
      );
    },
    /** Before this many new ones are stored. */
    pruneFor(points: number): void {
      since_prune += points;
      if (since_prune < PRUNE_EVERY) return;
      since_prune = 0;
      prune?.();
    },
  };
}

/** A check of the last days is enough; a whole history could not be exported again. */
function pruner(db: Database, kept: KeptMetrics): () => void {
  const tooOld = db.query(
    `delete from telemetry_points where ${AT} < (select max(${AT}) from telemetry_points) - ?`,
  );
  const newest = db.query<{ at: number }, [number]>(
    `select ${AT} as at from telemetry_points order by at desc limit 1 offset ?`,
  );
  const before = db.query(`delete from telemetry_points where ${AT} <= ?`);
  return () => {
    tooOld.run(kept.hours * 3_600_000);
    const edge = newest.get(kept.rows);
    if (edge) before.run(edge.at);
  };
}

function isBefore(version: string, limit: number[]): boolean {
  const parts = version.split(".").map(Number);
  if (parts.length < limit.length || parts.some(Number.isNaN)) return false;
  for (const [i, most] of limit.entries()) if (parts[i] !== most) return parts[i]! < most;
  return false;
}
