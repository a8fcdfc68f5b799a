import type { Database } from "bun:sqlite";
import type { MetricEvent } from "../schema/events.ts";

/** Hook and transcript identify a compaction only by its time. */
const SAME_MOMENT_MS = 120_000;

type Witnessed = Pick<MetricEvent, "origin" | "time_unix_ms"> & { tool_use_id: string | null };

/**
 * Whether another witness has already reported the same fact. A hook and the transcript have no id in common for some
 * of them: the first report is stored, and the second one is not a further event.
 */
export function createWitnesses(db: Database): (e: MetricEvent) => boolean {
  const stored = db.query<Witnessed, [string, string, string]>(`
    select e.origin, e.time_unix_ms, e.tool_use_id from events e join sessions s using (session_pk)
    where s.source = ? and s.source_session_id = ? and e.event_type = ?`);

  return (e) => {
    const isByTool = e.event_type === "tool_rejected" && e.tool_use_id !== undefined;
    if (!isByTool && e.event_type !== "compaction_completed") return false;
    const known = stored.all(e.source, e.session_id, e.event_type);
    const isSame = (other: Witnessed) =>
      other.origin !== e.origin &&
      (isByTool
        ? other.tool_use_id === e.tool_use_id
        : Math.abs(other.time_unix_ms - e.time_unix_ms) < SAME_MOMENT_MS);
    return known.some(isSame);
  };
}
