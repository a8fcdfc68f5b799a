import { redactText } from "../../collector/redact/redact.ts";
import { type CaptureSettings, captureOf } from "../../schema/capture-settings.ts";

/** Response fields with text of a conversation or of a plan. */
const WORDS = /^(?:title|label|text|prompt|summary|error|description|argument|verification|data|asks)$/;

/**
 * A response with no more text than the current setting allows: stored rows may be from a time when more was stored.
 * The project is that of the nearest enclosing object.
 */
export function withinCapture(value: unknown, settings: CaptureSettings, project?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withinCapture(item, settings, project));
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  const own = [fields.project_path, fields.project].find((v) => typeof v === "string");
  const here = typeof own === "string" ? own : project;
  const mode = captureOf(settings, here);
  return Object.fromEntries(
    Object.entries(fields).map(([name, inner]) => {
      if (!WORDS.test(name) || mode === "full") return [name, withinCapture(inner, settings, here)];
      return [name, mode === "metadata" ? null : covered(inner, settings)];
    }),
  );
}

function covered(value: unknown, settings: CaptureSettings): unknown {
  if (typeof value === "string") return redactText(value, settings);
  if (Array.isArray(value)) return value.map((item) => covered(item, settings));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, covered(inner, settings)]));
}
