import type { Handler } from "./payload.ts";

export const subagentHandlers = {
  SubagentStart: () => ({ event_type: "agent_started" }),
  /** Compaction stops an agent that never started: no type, and a transcript path that does not exist. */
  SubagentStop: ({ agent_type }) =>
    agent_type === "" ? { event_type: "hook_other", is_no_agent: true } : { event_type: "agent_stopped" },
} satisfies Record<string, Handler>;
