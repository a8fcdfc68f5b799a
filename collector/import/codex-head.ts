import { bytesOf } from "../bytes.ts";
import { ascii } from "../text.ts";
import { lineHead } from "./field-reader.ts";

/**
 * The kind of a line, from its first bytes. Codex writes its keys in a fixed order, so most lines can be classified
 * without decoding them; a line that does not begin as expected has no head and is parsed as JSON.
 */
export type Head = { time_unix_ms: number; ordinal: number; kind: string };

const ITEM = bytesOf('"item":{"type":"');
const ITEM_BYTES = 480;
const LONGEST_KIND = 120;
const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

export function readHead(bytes: Buffer, start: number, end: number): Head | undefined {
  const line = lineHead(bytes, start, end);
  if (!line || line.to >= end) return undefined;
  let kind = kinds.get(line.digest) ?? learn(line.digest, ascii(bytes, line.from, line.to));
  if (kind === "event_msg/item_completed") kind = itemKind(bytes, line.to, end);
  if (kind === "") return undefined;
  const { time_unix_ms, ordinal } = line;
  return { time_unix_ms, ordinal, kind };
}

function itemKind(bytes: Buffer, start: number, end: number): string {
  const item = bytes.indexOf(ITEM, start);
  if (item < 0 || item >= Math.min(end, start + ITEM_BYTES)) return "";
  for (let at = start; at < item; at++)
    if (bytes[at] === OPENING_BRACE || bytes[at] === OPENING_BRACKET) return "";
  const name = item + ITEM.length;
  const nameEnd = bytes.indexOf(QUOTE, name);
  return nameEnd > name && nameEnd < Math.min(end, name + LONGEST_KIND)
    ? `item/${ascii(bytes, name, nameEnd)}`
    : "";
}

/** Hundreds of thousands of lines are of the same few kinds, so each kind's string is created once. */
const kinds = new Map<number, string>();
const MOST_KINDS = 500;

/** Of `type`, or `type","payload":{"type":"subtype`; only some types are divided further, and only by that. */
function learn(digest: number, text: string): string {
  const [type = "", subtype] = text.split('","payload":{"type":"');
  const isDivided = type === "event_msg" || type === "response_item";
  const kind = !isDivided ? type : subtype === undefined ? "" : `${type}/${subtype}`;
  if (kinds.size >= MOST_KINDS) kinds.clear();
  kinds.set(digest, kind);
  return kind;
}
