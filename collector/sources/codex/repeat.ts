import { ascii } from "../../text.ts";
import type { Head } from "./head.ts";
import { type Json, object } from "./json.ts";
import { ignore, type Scan } from "./scan.ts";
import { toUnixMs } from "./state.ts";

const LIMITS_BYTES = 1024;
const REPEAT_MS = 300_000;

/**
 * Where usage records carry the tokens, a `token_count` is read for its rate limits only. A reading equal to the
 * one before is passed over for some minutes: there is one such line per answer. Returns the line with what is
 * left to read, nothing if it must be read whole.
 */
export function readLimits(
  scan: Scan,
  head: Head,
  bytes: Buffer,
  from: number,
  to: number,
): Json | "repeat" | undefined {
  const { state } = scan;
  if (!state.has_records) return undefined;
  const tail = ascii(bytes, Math.max(from, to - LIMITS_BYTES), to);
  const at = tail.lastIndexOf('"rate_limits":');
  if (at < 0 || !tail.endsWith("}}")) return undefined;
  const limits = tail.slice(at);
  const time = toUnixMs(state, head.timestamp);
  const age = time - state.limits_unix_ms;
  if (limits === state.limits && age >= 0 && age < REPEAT_MS) {
    ignore(scan, head.kind);
    return "repeat";
  }
  const payload = parseLimits(limits);
  if (!payload) return undefined;
  state.limits = limits;
  state.limits_unix_ms = time;
  return { timestamp: head.timestamp, ordinal: head.ordinal, payload };
}

/** `"rate_limits":{…}` and the two braces that end the payload and the line. */
function parseLimits(limits: string): Json | undefined {
  try {
    return object(JSON.parse(`{${limits.slice(0, -1)}`));
  } catch {
    return undefined;
  }
}
