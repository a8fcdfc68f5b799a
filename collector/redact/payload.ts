import { coverJson, topString } from "../../hooks/redact/payload.ts";
import { type CaptureSettings, captureOf } from "../../schema/capture-settings.ts";
import { redactText } from "./redact.ts";

export type Protect = (payload: string) => string;

/** Only the beginning and the size of a longer text are stored. */
const CHECKED_CHARS = 32_768;

/**
 * A spool payload as the input of events: redacted as its carrier redacts it, and by the rules that no carrier has, so
 * that sizes and names are the same for either carrier.
 */
export function createProtection(settings: CaptureSettings): Protect {
  const hasProjects = Object.keys(settings.projects).length > 0;
  const cover = (text: string) =>
    text.length <= CHECKED_CHARS
      ? redactText(text, settings)
      : redactText(text.slice(0, CHECKED_CHARS), settings) + text.slice(CHECKED_CHARS);
  return (payload) => {
    const mode = hasProjects ? captureOf(settings, topString(payload, "cwd")) : settings.mode;
    return mode === "full" ? payload : coverJson(payload, cover);
  };
}
