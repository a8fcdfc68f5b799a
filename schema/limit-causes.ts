/** What the use of a limit is put down to. Without zod, because the page loads it. */
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
