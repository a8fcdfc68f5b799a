import type { Database } from "bun:sqlite";

type Point = { value: number; is_inflated: number };

/**
 * Sums of a session's cost metrics: the values of a delta series, and of a cumulative one the last value of each start.
 * Never part of a total; calls and transcripts are.
 */
export function metricTotal(db: Database) {
  const points = db.query<Point, [number, string]>(
    "select value, is_inflated from telemetry_points where session_pk = ? and type = ?",
  );
  return (session_pk: number, type = "cost") => {
    const all = points.all(session_pk, type);
    const value = all.reduce((sum, point) => sum + point.value, 0);
    return {
      value,
      cost_nano_usd: all.length > 0 ? Math.round(value * 1e9) : null,
      is_inflated: all.some((point) => point.is_inflated === 1),
    };
  };
}
