import type { FileBatch } from "../../store/batch.ts";

/** Rows from before the first line with a time have 0 as their time: they get that time. */
export function dateUndated(into: FileBatch, time_unix_ms: number): void {
  for (const row of [...into.requests, ...into.events])
    if (row.time_unix_ms === 0) row.time_unix_ms = time_unix_ms;
  for (const row of [...into.tool_calls, ...into.turns, ...into.agents]) {
    if (row.started_unix_ms === 0) row.started_unix_ms = time_unix_ms;
    if (row.ended_unix_ms === 0) row.ended_unix_ms = time_unix_ms;
  }
}
