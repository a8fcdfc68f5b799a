import type { FileBatch } from "../../schema/batch.ts";
import { readTime, timeGate } from "../../schema/gate.ts";
import { parseJson, toId } from "../../schema/text.ts";
import type { TextObservation, TextRole } from "../../schema/texts.ts";
import { type Block, blocksOf, idOf, type TranscriptLine, textOf } from "../sources/claude/lines.ts";
import { sessionOfPath } from "../sources/claude/parser.ts";
import { claude } from "../sources/claude/source.ts";
import type { Source } from "../sources/source.ts";
import { imageMark } from "./image.ts";

/** The words in Claude Code's transcripts, sub-agents' too. */
export const claudeTexts: Source = {
  name: "claude",
  accepts: claude.accepts,
  ...(claude.isDocument && { isDocument: claude.isDocument }),
  open(path, state, into) {
    const gate = timeGate(into.cursor.mtime_unix_ms);
    let last = Number(state);
    return {
      state: () => String(last),
      line(bytes, start, end, offset) {
        const line = parse(bytes, start, end);
        if (line?.type !== "user" && line?.type !== "assistant") return;
        last = gate.pass(readTime(line.timestamp)) ?? (last || gate.file_unix_ms);
        put(into, line, last, path, offset);
      },
    };
  },
};

function parse(bytes: Buffer, start: number, end: number): TranscriptLine | undefined {
  try {
    const value = parseJson(bytes.toString("utf8", start, end));
    return typeof value === "object" && value !== null ? (value as TranscriptLine) : undefined;
  } catch {
    // Counted where the line is read for its numbers.
    return undefined;
  }
}

const AGENT_FILE = /(?:^|\/)agent-([\w-]{1,200})\.jsonl$/;

function put(
  into: FileBatch,
  line: TranscriptLine,
  time_unix_ms: number,
  path: string,
  offset: number,
): void {
  const session_id = idOf(line.sessionId) || sessionOfPath(path);
  const uuid = textOf(line.uuid);
  const of = {
    source: "claude" as const,
    session_id,
    agent_id: idOf(line.agentId) || toId(AGENT_FILE.exec(path)?.[1] ?? ""),
    prompt_id: idOf(line.promptId) || undefined,
    time_unix_ms,
  };
  const place = uuid ? toId(uuid) : `${offset}`;
  const content = line.message?.content;
  const blocks: Block[] = typeof content === "string" ? [{ type: "text", text: content }] : blocksOf(content);
  into.texts ??= [];
  const { texts } = into;
  blocks.forEach((block, i) => {
    const found = toText(line, block);
    if (found?.text) texts.push({ ...of, ...found, item_key: `${place}:${i}` });
  });
}

type Found = Pick<TextObservation, "role" | "text" | "tool_use_id" | "tool_name" | "is_error">;

function toText(line: TranscriptLine, block: Block): Found | undefined {
  switch (block.type) {
    case "text":
      return { role: roleOf(line), text: textOf(block.text) };
    case "thinking":
      return { role: "thinking", text: textOf(block.thinking) };
    case "image":
      return { role: roleOf(line), text: imageMark(block.source) };
    case "tool_use":
      return {
        role: "tool_input",
        text: JSON.stringify(block.input ?? {}),
        tool_use_id: idOf(block.id),
        tool_name: idOf(block.name),
      };
    case "tool_result":
      return {
        role: "tool_output",
        text: outputOf(block.content),
        tool_use_id: idOf(block.tool_use_id),
        is_error: block.is_error === true,
      };
    default:
      return undefined;
  }
}

/** What the client itself put into a person's mouth is context: reminders, summaries, output of its own commands. */
function roleOf(line: TranscriptLine): TextRole {
  if (line.type === "assistant") return "answer";
  return line.isMeta === true || line.isCompactSummary === true ? "context" : "prompt";
}

function outputOf(content: unknown): string {
  if (typeof content === "string") return content;
  return blocksOf(content)
    .map((part) => (part.type === "image" ? imageMark(part.source) : textOf(part.text)))
    .filter(Boolean)
    .join("\n");
}
