import { cutText } from "../../schema/text.ts";

export const SUMMARY_CHARS = 200;

/** Fields of a tool's input that name its subject, the best first. */
export const SUMMARY_KEYS = [
  "command",
  "file_path",
  "notebook_path",
  "pattern",
  "path",
  "url",
  "query",
  "description",
  "skill",
  "subject",
  "prompt",
];

/** Summary of a tool call in one line: the command, the file, the pattern, the question. */
export function summaryOf(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  const fields = input as Record<string, unknown>;
  for (const key of SUMMARY_KEYS) {
    const value = fields[key];
    if (typeof value === "string" && value)
      return cutText((value.startsWith("*** Begin Patch") && patchedFile(value)) || value, SUMMARY_CHARS);
  }
  return "";
}

/** The first file of a patch as Codex's `apply_patch` takes it; undefined for any other text. */
export function patchedFile(text: string): string | undefined {
  return /\*\*\* (?:Add|Update|Delete) File: ([^\n\\]+)/.exec(text)?.[1];
}
