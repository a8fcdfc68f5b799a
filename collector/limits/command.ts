/**
 * A status command of the user: one run, one JSON value on its stdout, either ccTrack's event or one of Claude's
 * shapes.
 */

import type { VendorName } from "../../schema/vendors.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { startChild, toFailure } from "./child.ts";
import { PROBE_BYTES, type Probe, type ProbeLimits, type ProbeResult } from "./probe.ts";
import { type Json, object } from "./reading.ts";
import { readUsageEvent, type UsageEvent } from "./usage-event.ts";
import { OUTPUT_SHAPES } from "./vendors.ts";

export type CommandOptions = ProbeLimits & {
  source: VendorName;
  path: string;
  cadence_ms: number;
  env: Record<string, string>;
};

export function createCommandProbe(options: CommandOptions): Probe {
  const { source, path, cadence_ms } = options;
  const seconds = Math.max(1, Math.floor(options.timeout_ms / 1000));
  // ccTrack's own status tools expect these; a user's script may ignore them.
  const command = [path, "--format", "json", "--status-timeout", String(seconds)];
  return {
    name: `${source}_command`,
    source,
    origin: "command",
    account: "default",
    cadence_ms,
    program: path,
    async run(now, signal) {
      const lines: string[] = [];
      const child = startChild({
        command,
        env: options.env,
        timeout_ms: options.timeout_ms,
        kill_after_ms: options.kill_after_ms,
        ...PROBE_BYTES,
        signal,
        onLine: (line) => void lines.push(line),
      });
      child.endInput();
      const end = await child.done;
      return end === "exited" ? read(lines, source, now()) : { ok: false, failure: toFailure(end) };
    },
  };
}

function read(lines: string[], source: VendorName, now: number): ProbeResult {
  const value = parse(lines.join("\n")) ?? parse(lines.at(-1) ?? "");
  const event = value && toEvent(value, source, now);
  return event ? { ok: true, event, credits: [] } : { ok: false, failure: "garbage" };
}

function parse(text: string): Json | undefined {
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function toEvent(value: Json, source: VendorName, now: number): UsageEvent | undefined {
  if (value.source_tool !== undefined) {
    const event = readUsageEvent(value);
    const isWhole = event?.source_tool === source && (event.windows.length > 0 || object(value.windows));
    // The command names neither its window nor its event number.
    return isWhole ? { ...event, seq_no: 0, origin: "command" } : undefined;
  }
  const of = { origin: "command", account: "default", session_id: "", time_unix_ms: now } as const;
  const samples = OUTPUT_SHAPES[source].map((shape) => shape(value, of)).find((found) => found.length > 0);
  return samples && fromSamples(source, samples, now);
}

function fromSamples(source_tool: VendorName, samples: RateLimitSample[], now: number): UsageEvent {
  return {
    source_tool,
    time_unix_ms: now,
    hostname: "",
    account: "default",
    origin: "command",
    windows: samples.map(({ window, limit_id, used_percent, window_minutes, resets_at_unix_ms }) => ({
      window,
      limit_id,
      used_percent,
      window_minutes,
      resets_at_unix_ms,
    })),
  };
}
