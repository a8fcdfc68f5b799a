import { parseJson, toId } from "../../../schema/text.ts";
import { TEXT_RECORDS, type TextObservation } from "../../../schema/texts.ts";
import type { FileBatch } from "../../../store/batch.ts";
import { ascii } from "../../text.ts";
import { imageUrlMark } from "../../texts/image.ts";
import type { Source } from "../source.ts";
import { type Json, list, object, text } from "./json.ts";
import { codex } from "./source.ts";
import { INJECTED } from "./turns.ts";

/** State from the start of a file for its later lines. */
type Head = {
  thread: string;
  parent: string;
  turn: string;
  /** The file from which this one continues, until its first text. */
  base?: string | undefined;
};
type Found = Pick<TextObservation, "role" | "record" | "text" | "tool_use_id" | "tool_name" | "is_error">;
/** A reverted thread continues in a second file, and its ordinals restart at the point of return. */
const SECOND_FILE = /_([0-9a-f-]{36})\.jsonl(?:\.zst)?$/;

/** The texts in Codex's rollouts. */
export const codexTexts: Source = {
  name: "codex",
  accepts: codex.accepts,
  ...(codex.isDocument && { isDocument: codex.isDocument }),
  open(path, state, into) {
    const second = SECOND_FILE.exec(path)?.[1];
    const head: Head = state === "" ? { thread: "", parent: "", turn: "" } : (JSON.parse(state) as Head);
    return {
      state: () => JSON.stringify(head),
      line(bytes, start, end, offset) {
        const line = mayHaveText(bytes, start, end) ? parse(bytes, start, end) : undefined;
        if (line) put(into, head, line, offset, second);
      },
    };
  },
};

const HEAD = /^\{"timestamp":"[^"\\]{1,40}",(?:"ordinal":\d{1,15},)?"type":"(\w{1,60})","payload":\{/;
const HEAD_BYTES = 160;
const USED = new Set(["session_meta", "turn_context", "response_item"]);

/** Half of a rollout are lines of other kinds, which their first bytes show; others are parsed. */
function mayHaveText(bytes: Buffer, start: number, end: number): boolean {
  const kind = HEAD.exec(ascii(bytes, start, Math.min(end, start + HEAD_BYTES)))?.[1];
  return kind === undefined || USED.has(kind);
}

function parse(bytes: Buffer, start: number, end: number): Json | undefined {
  try {
    return object(parseJson(bytes.toString("utf8", start, end)));
  } catch {
    return undefined;
  }
}

function put(into: FileBatch, head: Head, line: Json, offset: number, second: string | undefined): void {
  const payload = object(line.payload);
  if (!payload) return;
  if (line.type === "session_meta" && head.thread === "") {
    head.thread = toId(text(payload.id));
    head.parent = toId(text(payload.parent_thread_id));
    head.base = baseOf(payload);
  }
  if (line.type === "turn_context") head.turn = toId(text(payload.turn_id));
  const time_unix_ms = Date.parse(text(line.timestamp));
  if (head.thread === "" || Number.isNaN(time_unix_ms)) return;
  const at = typeof line.ordinal === "number" ? `o${line.ordinal}` : `${offset}`;
  const place = second === undefined ? at : `${second}:${at}`;
  into.texts ??= [];
  const { texts } = into;
  toTexts(line.type, payload).forEach((found, i) => {
    if (!found.text) return;
    texts.push({
      source: "codex",
      session_id: head.thread,
      agent_id: "",
      time_unix_ms,
      prompt_id: head.turn || undefined,
      item_key: `${head.thread}:${place}:${i}`,
      follows: head.base,
      ...found,
    });
    head.base = undefined;
  });
}

/** A fork, or a thread that was reverted, begins with another file's lines without repeating them. */
function baseOf(payload: Json): string | undefined {
  const base = object(payload.history_base);
  const end = base?.end_ordinal_exclusive;
  return base && typeof end === "number" ? `${toId(text(base.thread_id))}:o${end}` : undefined;
}

/** Each kind of text is read from the one line that every history mode writes. */
function toTexts(type: unknown, payload: Json): Found[] {
  if (type !== "response_item") return [];
  switch (payload.type) {
    case "message":
      return messageTexts(payload);
    case "reasoning":
      return [
        ...list(payload.summary).map((part) => text(object(part)?.text)),
        ...list(payload.content).map((part) => text(object(part)?.text)),
      ].map((words) => ({ role: "thinking", text: words }));
    case "function_call":
      return [{ role: "tool_input", text: text(payload.arguments), ...called(payload) }];
    case "custom_tool_call":
      return [{ role: "tool_input", text: text(payload.input), ...CUSTOM, ...called(payload) }];
    case "local_shell_call":
      return [
        {
          role: "tool_input",
          record: "local_shell",
          text: JSON.stringify(payload.action ?? {}),
          ...called(payload),
        },
      ];
    case "function_call_output":
      return [{ role: "tool_output", text: outputOf(payload.output), ...called(payload) }];
    case "custom_tool_call_output":
      return [{ role: "tool_output", text: outputOf(payload.output), ...CUSTOM, ...called(payload) }];
    default:
      return [];
  }
}

const CUSTOM = { record: "custom_tool" } as const;

function called(payload: Json): Pick<Found, "tool_use_id" | "tool_name"> {
  const name = toId(text(payload.name));
  return { tool_use_id: toId(text(payload.call_id)), ...(name && { tool_name: name }) };
}

function messageTexts(payload: Json): Found[] {
  return list(payload.content).flatMap((part): Found[] => {
    const block = object(part);
    const words = text(block?.text) || (text(block?.image_url) && imageUrlMark(text(block?.image_url)));
    if (!words) return [];
    if (payload.role === "assistant") return [{ role: "answer", text: words }];
    const isOwn = payload.role === "user" && !INJECTED.some((prefix) => words.startsWith(prefix));
    const record = TEXT_RECORDS.find((kind) => kind === payload.role);
    return [{ role: isOwn ? "prompt" : "context", text: words, ...(record && { record }) }];
  });
}

/** A string, or an object or list with the texts and images that the model received. */
function outputOf(output: unknown): string {
  if (typeof output === "string") return output;
  const parts = Array.isArray(output) ? output : list(object(output)?.content);
  if (parts.length === 0) return output === undefined ? "" : JSON.stringify(output);
  return parts
    .map(
      (part) =>
        text(object(part)?.text) ||
        (text(object(part)?.image_url) && imageUrlMark(text(object(part)?.image_url))),
    )
    .filter(Boolean)
    .join("\n");
}
