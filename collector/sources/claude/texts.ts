import { readTime, timeGate } from "../../../schema/gate.ts";
import { parseJson, toId } from "../../../schema/text.ts";
import { LINE_BEFORE, shortLine, type TextObservation } from "../../../schema/texts.ts";
import type { FileBatch } from "../../../store/batch.ts";
import { imageMark } from "../../texts/image.ts";
import type { Source } from "../source.ts";
import { type Block, blocksOf, idOf, type TranscriptLine, textOf } from "./lines.ts";
import { sessionOfPath } from "./parser.ts";
import { claude } from "./source.ts";

/** The texts in Claude Code's transcripts, including those of sub-agents. */
export const claudeTexts: Source = {
  name: "claude",
  accepts: claude.accepts,
  ...(claude.isDocument && { isDocument: claude.isDocument }),
  open(path, state, into) {
    const gate = timeGate(into.cursor.mtime_unix_ms);
    const head = toHead(state);
    return {
      state: () => JSON.stringify(head),
      line(bytes, start, end, offset) {
        const line = parse(bytes, start, end);
        if (!line) return;
        if (line.type !== "user" && line.type !== "assistant") return passBare(head, line);
        head.time_unix_ms = gate.pass(readTime(line.timestamp)) ?? (head.time_unix_ms || gate.file_unix_ms);
        put(into, line, head, path, offset);
      },
    };
  },
};

/** State for the next read. */
type Head = {
  time_unix_ms: number;
  /** The last line with text. */
  uuid: string;
  /** The later lines without text, by their short ids, with their parents. */
  bare: Record<string, string>;
};

/** States of earlier versions are a time alone. */
function toHead(state: string): Head {
  const known: unknown = state === "" ? 0 : JSON.parse(state);
  return typeof known === "number" ? { time_unix_ms: known, uuid: "", bare: {} } : (known as Head);
}

/** Limit of consecutive lines without text that are followed. */
const MOST_BARE = 64;

function passBare({ bare }: Head, line: TranscriptLine): void {
  const uuid = textOf(line.uuid);
  if (uuid === "" || Object.keys(bare).length >= MOST_BARE) return;
  bare[shortLine(uuid)] = idOf(line.parentUuid);
}

/** Absent on most lines: they follow the one before. See `TextObservation.follows`. */
function followsOf(line: TranscriptLine, { uuid, bare }: Head): string | undefined {
  const between: string[] = [];
  let parent = idOf(line.parentUuid);
  for (
    let id = shortLine(parent);
    bare[id] !== undefined && between.length < MOST_BARE;
    id = shortLine(parent)
  ) {
    between.push(id);
    parent = bare[id]!;
  }
  if (parent === uuid && between.length === 0) return undefined;
  return [parent === uuid && parent !== "" ? LINE_BEFORE : parent, ...between].join(" ");
}

function parse(bytes: Buffer, start: number, end: number): TranscriptLine | undefined {
  try {
    const value = parseJson(bytes.toString("utf8", start, end));
    return typeof value === "object" && value !== null ? (value as TranscriptLine) : undefined;
  } catch {
    // Counted where the line is parsed for its figures.
    return undefined;
  }
}

const AGENT_FILE = /(?:^|\/)agent-([\w-]{1,200})\.jsonl$/;

function put(into: FileBatch, line: TranscriptLine, head: Head, path: string, offset: number): void {
  const { time_unix_ms } = head;
  const session_id = idOf(line.sessionId) || sessionOfPath(path);
  const uuid = textOf(line.uuid);
  const of = {
    source: "claude" as const,
    session_id,
    agent_id: idOf(line.agentId) || toId(AGENT_FILE.exec(path)?.[1] ?? ""),
    prompt_id: idOf(line.promptId) || undefined,
    time_unix_ms,
    response_id: line.type === "assistant" ? idOf(line.message?.id) : undefined,
    follows: followsOf(line, head),
  };
  const place = uuid ? toId(uuid) : `${offset}`;
  const content = line.message?.content;
  const blocks: Block[] = typeof content === "string" ? [{ type: "text", text: content }] : blocksOf(content);
  into.texts ??= [];
  const { texts } = into;
  const before = texts.length;
  blocks.forEach((block, i) => {
    const found = toText(line, block);
    if (found?.text) texts.push({ ...of, ...found, item_key: `${place}:${i}` });
  });
  if (texts.length === before) passBare(head, line);
  else Object.assign(head, { uuid: place, bare: {} });
}

type Found = Pick<TextObservation, "role" | "record" | "text" | "tool_use_id" | "tool_name" | "is_error">;

function toText(line: TranscriptLine, block: Block): Found | undefined {
  switch (block.type) {
    case "text":
      return { ...roleOf(line), text: textOf(block.text) };
    case "thinking":
      return { role: "thinking", text: textOf(block.thinking) };
    case "image":
      return { ...roleOf(line), text: imageMark(block.source) };
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

/** Text that the client writes as the user is context: reminders, summaries, output of its own commands. */
function roleOf(line: TranscriptLine): Pick<Found, "role" | "record"> {
  if (line.type === "assistant") return { role: "answer" };
  if (line.isCompactSummary === true) return { role: "context", record: "summary" };
  return { role: line.isMeta === true ? "context" : "prompt" };
}

function outputOf(content: unknown): string {
  if (typeof content === "string") return content;
  return blocksOf(content)
    .map((part) => (part.type === "image" ? imageMark(part.source) : textOf(part.text)))
    .filter(Boolean)
    .join("\n");
}
