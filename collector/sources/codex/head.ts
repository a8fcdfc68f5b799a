import { ascii } from "../../text.ts";
/**
 * What the first bytes of a line say about it. Codex writes its keys in one fixed order, so most lines can be
 * judged without decoding them; a line that does not begin as expected has no head and is parsed as JSON.
 */
export type Head = { timestamp: string; ordinal: number; kind: string; ends_well: boolean };

const HEAD_BYTES = 144;
const ITEM_BYTES = 480;
const CLOSING_BRACE = 125;

const HEAD =
  /^\{"timestamp":"([^"\\]{10,40})",(?:"ordinal":(\d{1,15}),)?"type":"([a-z_]{1,40})","payload":\{(?:"type":"([A-Za-z_]{1,40})"(?=[,}])|(?=["}]))/;
const ITEM = /^\{"timestamp":[^{]*\{"type":"item_completed",[^{[]*"item":\{"type":"([A-Za-z_]{1,40})"/;

export function readHead(bytes: Buffer, start: number, end: number): Head | undefined {
  const match = HEAD.exec(ascii(bytes, start, Math.min(end, start + HEAD_BYTES)));
  if (!match) return undefined;
  const [, timestamp, ordinal, type, subtype] = match;
  let kind = type!;
  if (type === "event_msg" || type === "response_item") {
    if (!subtype) return undefined;
    kind = subtype === "item_completed" ? itemKind(bytes, start, end) : `${type}/${subtype}`;
    if (!kind) return undefined;
  }
  return {
    timestamp: timestamp!,
    ordinal: ordinal === undefined ? -1 : Number(ordinal),
    kind,
    ends_well: bytes[end - 1] === CLOSING_BRACE,
  };
}

function itemKind(bytes: Buffer, start: number, end: number): string {
  const match = ITEM.exec(ascii(bytes, start, Math.min(end, start + ITEM_BYTES)));
  return match ? `item/${match[1]}` : "";
}
