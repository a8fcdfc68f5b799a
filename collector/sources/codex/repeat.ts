import { bytesOf } from "../../bytes.ts";
import { ascii } from "../../text.ts";
import type { Head } from "./head.ts";
import { type Json, object } from "./json.ts";
import { ignore, type Scan } from "./scan.ts";

const LIMITS = bytesOf('"rate_limits":');
const LIMITS_BYTES = 1024;
const REPEAT_MS = 300_000;
const CLOSING_BRACE = 0x7d;

/**
 * Where usage records carry the tokens, a `token_count` is read for its rate limits only. A reading equal to the
 * one before is passed over for some minutes: there is one such line per answer. Returns the payload with what is
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
  if (!state.has_records || bytes[to - 2] !== CLOSING_BRACE) return undefined;
  const at = bytes.lastIndexOf(LIMITS, to);
  if (at < Math.max(from, to - LIMITS_BYTES)) return undefined;
  const limits = ascii(bytes, at, to);
  const time = head.time_unix_ms;
  const age = time - state.limits_unix_ms;
  if (limits === state.limits && age >= 0 && age < REPEAT_MS) {
    ignore(scan, head.kind);
    return "repeat";
  }
  const payload = parseLimits(limits);
  if (!payload) return undefined;
  state.limits = limits;
  state.limits_unix_ms = time;
  return payload;
}

/** `"rate_limits":{…}` and the two braces that end the payload and the line. */
function parseLimits(limits: string): Json | undefined {
  try {
    return object(JSON.parse(`{${limits.slice(0, -1)}`));
  } catch {
    return undefined;
  }
}
