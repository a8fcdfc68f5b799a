/** `OTEL_ONLY`: history alone, nothing live is expected. `FAILURE`: not even history is read. */
const CAPTURE_MODES = ["HYBRID_ACTIVE", "DEGRADED_STREAMING", "OTEL_ONLY", "FAILURE"] as const;
export type CaptureMode = (typeof CAPTURE_MODES)[number];

/** `idle` is healthy: nobody works. `silent`: somebody works, and the source reports nothing. */
const SOURCE_STATES = ["live", "idle", "silent", "down", "off"] as const;
export type SourceState = (typeof SOURCE_STATES)[number];
