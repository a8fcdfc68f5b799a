/**
 * Ids of events in a thread, the same from its rollout and from its hooks: the first one read is the event. A call ends
 * once, whatever its outcome, so the end has one id for every outcome.
 */
export const codexEvent = {
  sessionStarted: (thread: string) => `codex:${thread}:session_started:first`,
  /** A turn may take further prompts while it runs, each with a digest of its own. */
  promptSubmitted: (thread: string, turn: string, digest: string) =>
    `codex:${thread}:prompt_submitted:${turn}:${digest}`,
  turnEnded: (thread: string, turn: string) => `codex:${thread}:turn_ended:${turn}`,
  turnInterrupted: (thread: string, turn: string) => `codex:${thread}:turn_interrupted:${turn}`,
  toolStarted: (thread: string, call: string) => `codex:${thread}:tool_started:${call}`,
  toolEnded: (thread: string, call: string) => `codex:${thread}:tool_ended:${call}`,
  agentStarted: (agent_thread: string) => `codex:${agent_thread}:agent_started:first`,
  agentStopped: (agent_thread: string, turn: string) => `codex:${agent_thread}:agent_stopped:${turn}`,
};

/** Identifies a call among all calls. */
export const codexToolKey = (thread: string, call: string) => `codex:${thread}:${call}`;
