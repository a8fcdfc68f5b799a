import { clientNote, commandOf } from "./prompts.ts";
import { cutText, withoutControls } from "./text.ts";

/** Substitute title of a session: the first line of its first prompt, or the command that it began with. */
export function headline(prompt: string | null | undefined): string | null {
  if (!prompt) return null;
  const line = withoutControls(commandOf(prompt) ?? clientNote(prompt) ?? prompt)
    .split("\n")
    .find((l) => l.trim() !== "")
    ?.trim();
  return line ? cutText(line, 80) : null;
}
