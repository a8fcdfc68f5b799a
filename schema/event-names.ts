/** `hall`: what this program itself has to say and no agent did. */
export const SOURCES = ["claude", "codex", "plan", "hall"] as const;
export const ORIGINS = [
  "hook",
  "transcript",
  "rollout",
  "statusline",
  "otlp",
  "app_server",
  "command",
  "manifest",
  "monitor",
  "client_cache",
] as const;

export type SourceName = (typeof SOURCES)[number];
export type Origin = (typeof ORIGINS)[number];
