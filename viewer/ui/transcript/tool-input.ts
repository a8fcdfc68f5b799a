import { patchedFile, SUMMARY_KEYS } from "../../../collector/sources/tool-summary.ts";

/**
 * A tool's input as a person would type it: the command, the file, the question; undefined if its input has no such
 * field.
 */
export function argumentOf(input: string): { text: string; is_whole: boolean } | undefined {
  const fields = parse(input);
  const key = SUMMARY_KEYS.find((name) => typeof fields?.[name] === "string" && fields[name] !== "");
  if (!fields || key === undefined) return undefined;
  const value = fields[key] as string;
  const file = value.startsWith("*** Begin Patch") ? patchedFile(value) : undefined;
  return { text: file ?? value, is_whole: file === undefined && Object.keys(fields).length === 1 };
}

/** A long input is stored truncated, so it may not be valid JSON. */
function parse(input: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(input);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
