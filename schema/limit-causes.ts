/** What the use of a limit is attributed to. No zod here, because the page loads this file. */
export const LIMIT_CAUSES = [
  "session",
  "prompt",
  "model",
  "skill",
  "agent",
  "agent_type",
  "project",
] as const;
export type LimitCause = (typeof LIMIT_CAUSES)[number];
