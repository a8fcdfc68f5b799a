/** `OTEL_ONLY`: history alone, nothing live is expected. `FAILURE`: not even history is read. */
export const CAPTURE_MODES = ["HYBRID_ACTIVE", "DEGRADED_STREAMING", "OTEL_ONLY", "FAILURE"] as const;
export type CaptureMode = (typeof CAPTURE_MODES)[number];

/** `idle` is healthy: no agent works. `silent`: an agent works, and the source reports nothing. */
export const SOURCE_STATES = ["live", "idle", "silent", "down", "off"] as const;
export type SourceState = (typeof SOURCE_STATES)[number];

/** `source`: `claude_hooks`, `otlp_codex`, `app_server:<account>`, … */
export type SourceReport = {
  source: string;
  state: SourceState;
  reason: string;
  last_unix_ms: number | null;
};

/** Display names of the modes. */
export const MODE_WORDS: Record<CaptureMode, string> = {
  HYBRID_ACTIVE: "Complete",
  DEGRADED_STREAMING: "Live part missing",
  OTEL_ONLY: "History only",
  FAILURE: "Not recording",
};
