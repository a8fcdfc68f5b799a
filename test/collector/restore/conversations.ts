import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a client would send again: the role, and the parts of its text, in order. */
export type Message = { role: string; parts: unknown[] };
type Json = Record<string, unknown>;

export function linesOf(text: string): Json[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Json);
}

const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const words = (value: unknown): string => (typeof value === "string" ? value : "");

/** Put in place of a picture, here computed from the bytes. */
function pictureOf(source: Json): string {
  const bytes = Buffer.from(words(source.data), "base64");
  const sum = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return `[${words(source.media_type)}, ${bytes.length} bytes, sha256 ${sum}]`;
}

function claudePart(block: Json): unknown[] {
  switch (block.type) {
    case "text":
      return words(block.text) === "" ? [] : [block.text];
    case "image":
      return [pictureOf(block.source as Json)];
    case "tool_use":
      return [{ call: block.id, name: block.name, input: block.input }];
    case "tool_result": {
      const inner = (b: Json) => (b.type === "image" ? pictureOf(b.source as Json) : words(b.text));
      const output =
        typeof block.content === "string"
          ? block.content
          : list(block.content).map(inner).filter(Boolean).join("\n");
      return [{ result: block.tool_use_id, output, is_error: block.is_error === true }];
    }
    default:
      return [];
  }
}

/** Of one transcript: from its last message up to the first that it hangs under, without reasoning. */
export function claudeConversation(lines: readonly Json[]): Message[] {
  const messageOf = (line: Json): Message | undefined => {
    if (line.type !== "user" && line.type !== "assistant") return undefined;
    const { content } = (line.message ?? {}) as { content?: unknown };
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : list(content);
    const parts = blocks.flatMap(claudePart);
    return parts.length > 0 ? { role: words(line.type), parts } : undefined;
  };
  const byId = new Map(lines.map((line) => [line.uuid, line]));
  const messages: Message[] = [];
  const seen = new Set<Json>();
  for (
    let line = lines.findLast((one) => messageOf(one) !== undefined);
    line && !seen.has(line);
    line = byId.get(line.parentUuid)
  ) {
    seen.add(line);
    const one = messageOf(line);
    if (one) messages.unshift(one);
  }
  return messages;
}

function codexPart(payload: Json): Message[] {
  const part = (block: Json) => words(block.text);
  switch (payload.type) {
    case "message": {
      const parts = list(payload.content).map(part).filter(Boolean);
      return parts.length > 0 ? [{ role: words(payload.role), parts }] : [];
    }
    case "function_call":
    case "custom_tool_call":
      return [
        {
          role: words(payload.type),
          parts: [payload.call_id, payload.name, payload.arguments ?? payload.input],
        },
      ];
    case "function_call_output":
    case "custom_tool_call_output": {
      const output =
        typeof payload.output === "string" ? payload.output : list(payload.output).map(part).join("\n");
      return [{ role: words(payload.type), parts: [payload.call_id, output] }];
    }
    default:
      return [];
  }
}

/** Of one thread: what its file holds, after what it continues from another one. */
export function codexItems(lines: readonly Json[]): Message[] {
  return lines.flatMap((line) => (line.type === "response_item" ? codexPart(line.payload as Json) : []));
}

export function codexConversation(path: string): Message[] {
  return rollout(path, Number.POSITIVE_INFINITY);
}

function rollout(path: string, end: number): Message[] {
  const lines = linesOf(readFileSync(path, "utf8"));
  const { id, history_base } = lines[0]!.payload as { id: string; history_base?: Json };
  const base = history_base ? fileOf(path, words(history_base.thread_id), id) : undefined;
  const before = base ? rollout(base, Number(history_base!.end_ordinal_exclusive)) : [];
  return [...before, ...codexItems(lines.filter((line) => Number(line.ordinal ?? 0) < end))];
}

/** The file of a thread, near the one that names it; a thread that was reverted names itself. */
function fileOf(path: string, thread: string, own: string): string {
  let root = dirname(path);
  while (!root.endsWith("/sessions") && root.length > 1) root = dirname(root);
  const found = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(`-${thread}.jsonl`))
    .map((name) => join(root, name));
  const [first] = found;
  if (first === undefined || !existsSync(first))
    throw new Error(`${own} goes on from ${thread}, which is gone`);
  return first;
}

/** Every text of a file, reasoning too, each as often as it is there. */
export function textsIn(lines: readonly Json[]): string[] {
  return lines
    .flatMap((line) => {
      if (line.type === "response_item") return codexTexts(line.payload as Json);
      if (line.type !== "user" && line.type !== "assistant") return [];
      const { content } = (line.message ?? {}) as { content?: unknown };
      return typeof content === "string" ? [content] : list(content).flatMap(claudeTexts);
    })
    .filter((text) => text !== "");
}

function claudeTexts(block: Json): string[] {
  if (block.type === "thinking") return [words(block.thinking)];
  return claudePart(block).map((part) => {
    if (typeof part === "string") return part;
    const { input, output } = part as { input?: unknown; output?: string };
    return output ?? JSON.stringify(input ?? {});
  });
}

function codexTexts(payload: Json): string[] {
  if (payload.type === "reasoning")
    return [...list(payload.summary), ...list(payload.content)].map((part) => words(part.text));
  return codexPart(payload).flatMap(({ role, parts }) =>
    role.includes("call") ? [String(parts.at(-1))] : parts.map(String),
  );
}
