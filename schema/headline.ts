import { cutText } from "./text.ts";

/** What a session without a title is about: the first line of its first prompt. */
export function headline(prompt: string | null | undefined): string | null {
  const line = prompt
    ?.split("\n")
    .find((l) => l.trim() !== "")
    ?.trim();
  return line ? cutText(line, 80) : null;
}
