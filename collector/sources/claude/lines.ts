import { toId } from "../../../schema/text.ts";

/** The fields of a transcript line that are used. All may be missing or wrong: each is checked before use. */
export type TranscriptLine = {
  type?: unknown;
  subtype?: unknown;
  uuid?: unknown;
  parentUuid?: unknown;
  timestamp?: unknown;
  sessionId?: unknown;
  requestSessionId?: unknown;
  agentId?: unknown;
  isSidechain?: unknown;
  isMeta?: unknown;
  isCompactSummary?: unknown;
  isApiErrorMessage?: unknown;
  promptId?: unknown;
  requestId?: unknown;
  cwd?: unknown;
  gitBranch?: unknown;
  version?: unknown;
  entrypoint?: unknown;
  toolUseResult?: unknown;
  toolDenialKind?: unknown;
  interruptedMessageId?: unknown;
  effort?: unknown;
  attributionSkill?: unknown;
  attributionPlugin?: unknown;
  attributionAgent?: unknown;
  attributionMcpServer?: unknown;
  attributionMcpTool?: unknown;
  thinkingDurationMs?: unknown;
  message?: {
    id?: unknown;
    model?: unknown;
    stop_reason?: unknown;
    usage?: unknown;
    content?: unknown;
    diagnostics?: unknown;
  };
  [key: string]: unknown;
};

export type Block = Record<string, unknown>;

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A name or id: bounded, since it becomes part of keys and responses. */
export function idOf(value: unknown): string {
  return typeof value === "string" ? toId(value) : "";
}

export function blocksOf(content: unknown): Block[] {
  return Array.isArray(content) ? content.filter((b): b is Block => typeof b === "object" && b !== null) : [];
}

/** The text that a person typed: a string, or the text blocks of a list. */
export function promptText(content: unknown): string {
  if (typeof content === "string") return content;
  return blocksOf(content)
    .filter((b) => b.type === "text")
    .map((b) => textOf(b.text))
    .join("\n");
}
