import type { Database } from "bun:sqlite";
import { sqlNames, vendorsWith } from "../../schema/vendors.ts";

/** The fields that determine whether a call keeps failing. */
const LOOP_EVENTS = ["tool_failed", "tool_completed", "prompt_submitted", "session_ended"] as const;
export type LoopEvent = {
  seq: number;
  event_type: (typeof LOOP_EVENTS)[number];
  session_id: string;
  agent_id: string;
  tool_name: string | null;
  /** JSON. */
  data: string;
};

/** Events of Claude Code's hooks in the order in which they were stored. */
export function loopEventQueries(db: Database) {
  const last = db.query<{ seq: number }, []>("select coalesce(max(seq), 0) as seq from events");
  const after = db.query<LoopEvent, [number]>(`
    select e.seq, e.event_type, s.source_session_id as session_id, coalesce(e.agent_id, '') as agent_id, e.tool_name, e.data
    from events e join sessions s using (session_pk)
    where e.seq > ? and e.source in (${sqlNames(vendorsWith("hooks_every_call"))}) and e.origin = 'hook'
      and e.event_type in (${LOOP_EVENTS.map((t) => `'${t}'`).join(", ")}) order by e.seq`);
  return { lastSeq: () => last.get()!.seq, after: (seq: number) => after.all(seq) };
}
