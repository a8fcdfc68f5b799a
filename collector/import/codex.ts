import { bytesOf, equalsAscii, has } from "../bytes.ts";
import { ANSWERS, HANDLERS, HEAD_IS_ENOUGH, IGNORED, OUTPUTS } from "../sources/codex/handlers.ts";
import { type Json, object } from "../sources/codex/json.ts";
import { ignore, type ParseContext } from "../sources/codex/parse-context.ts";
import { parseLine, passTime, runHandler } from "../sources/codex/source.ts";
import { isMeasured } from "../sources/codex/tools.ts";
import { type Head, readHead } from "./codex-head.ts";
import { isWhole, skimPayload } from "./codex-payload.ts";

/** Most lines hold nothing that is recorded and are only counted; of others a part is decoded. */
export function skimRollout(
  context: ParseContext,
  bytes: Buffer,
  from: number,
  to: number,
  offset: number,
): boolean {
  const head = readHead(bytes, from, to);
  // Half a line followed by another one on the same line also ends with a brace.
  if (!head || !isWhole(bytes, from, to)) return false;
  const { kind } = head;
  if (!IGNORED.has(kind) && !HANDLERS.has(kind)) return false;
  const payload = IGNORED.has(kind) ? "nothing" : payloadOf(context, head, bytes, from, to);
  if (payload === undefined) return false;
  if (ANSWERS.has(kind)) context.state.acted = true;
  if (payload === "nothing") {
    if (HANDLERS.has(kind)) passTime(context, head.time_unix_ms);
    ignore(context, kind);
  } else runHandler(context, kind, payload, head.ordinal, head.time_unix_ms, offset);
  return true;
}

function payloadOf(
  context: ParseContext,
  { kind }: Head,
  bytes: Buffer,
  from: number,
  to: number,
): Json | "nothing" | undefined {
  if (HEAD_IS_ENOUGH.has(kind)) return {};
  if (OUTPUTS.has(kind) && isKnownEnd(context, bytes, from, to)) return "nothing";
  return skimPayload(context.state, kind) ?? object(object(parseLine(bytes, from, to))?.payload);
}

const CALL_ID = bytesOf('"call_id":"');
const OUTPUT = bytesOf('","output":');
const CALL_ID_BYTES = 400;

function isKnownEnd(context: ParseContext, bytes: Buffer, from: number, to: number): boolean {
  const { measured } = context.state;
  if (measured.length === 0) return false;
  const at = bytes.indexOf(CALL_ID, from);
  if (at < 0 || at >= Math.min(to, from + CALL_ID_BYTES)) return false;
  const start = at + CALL_ID.length;
  const isIt = (id: string) =>
    equalsAscii(bytes, start, start + id.length, id) && has(bytes, start + id.length, OUTPUT);
  const id = measured.find(isIt);
  return id !== undefined && isMeasured(context, id);
}
