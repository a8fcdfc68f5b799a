import type { Handler } from "./payload.ts";

/**
 * A start is no proof of a new session (resume, compaction), and a forked one on 2.1.197 never gets a start:
 * whoever stores these creates sessions on any event.
 */
export const sessionHandlers = {
  SessionStart: () => ({ event_type: "session_started" }),
  SessionEnd: () => ({ event_type: "session_ended" }),
} satisfies Record<string, Handler>;
