import type { Activity, WaitKind } from "../../schema/activity.ts";

const WAIT_LABELS: Record<WaitKind, string> = {
  permission: "asks to run",
  question: "asks",
  plan: "asks to approve its plan",
  elicitation: "asks for",
  input: "waits for your answer",
};

/** The tool of a request; none if the text already names it. */
export const waitingTool = ({ kind, tool_name }: NonNullable<Activity["waits_for"]>) =>
  kind === "question" || kind === "plan" ? null : tool_name;

/** The request of a waiting session as text, including its argument. */
export function waitText({ waits_for }: Activity): string {
  if (!waits_for) return "waits for you";
  return [WAIT_LABELS[waits_for.kind], waits_for.argument ?? waitingTool(waits_for)]
    .filter(Boolean)
    .join(" ");
}
export const waitLabel = (kind: WaitKind) => WAIT_LABELS[kind];

/** The glyph means the same as the colour, for users who cannot distinguish colours. */
export const STATES: Record<Activity["state"], { glyph: string; word: string }> = {
  waiting: { glyph: "!", word: "Waiting" },
  working: { glyph: "▶", word: "Working" },
  done: { glyph: "✓", word: "Done" },
  idle: { glyph: "–", word: "Idle" },
  ended: { glyph: "■", word: "Ended" },
  unknown: { glyph: "?", word: "Unknown" },
};

/** 14 s, 2 min, 1 h 05 min: how long something has lasted. */
export function lasting(since: number | null, now: number): string {
  if (since === null) return "";
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
