import { readTime, timeGate } from "../../../schema/gate.ts";
import type { RejectReason } from "../../../schema/row-values.ts";
import { parseJson } from "../../../schema/text.ts";
import { flagBit } from "../../../schema/usage.ts";
import type { FileBatch } from "../../../store/batch.ts";
import { utf8 } from "../../text.ts";
import { hasRecord, RECOVERED, recoverRecords } from "../recover.ts";
import type { LineParser, Source } from "../source.ts";
import { dateUndated } from "../undated.ts";
import { ANSWERS, HANDLERS, IGNORED } from "./handlers.ts";
import { type Json, object, text } from "./json.ts";
import { ignore, type ParseContext } from "./parse-context.ts";
import { loadState } from "./state.ts";

const ROLLOUT = /(?:^|\/)rollout-[^/]*\.jsonl(?:\.zst)?$/;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = 0xef;
const TIME_INFERRED = flagBit("time_inferred");
const KIND_CHARS = 60;

/** Codex CLI's rollouts, wherever below a root: dated folders, the flat archive, compressed ones. */
export const codex: Source = {
  name: "codex",
  accepts: (relativePath) => ROLLOUT.test(relativePath),
  open: (path, parserState, into) => createRolloutParser(path, parserState, into),
};

/** Parses a line without decoding all of it; false if it must be decoded. */
type Skim = (context: ParseContext, bytes: Buffer, start: number, end: number, offset: number) => boolean;

export function createRolloutParser(
  path: string,
  parserState: string,
  into: FileBatch,
  skim?: Skim,
): LineParser {
  const gate = timeGate(into.cursor.mtime_unix_ms);
  const context = { path, into, gate, state: loadState(path, parserState), touched: undefined };
  return {
    line(bytes, start, end, offset) {
      const from = offset === 0 && bytes[start] === BYTE_ORDER_MARK ? start + 3 : start;
      const to = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
      if (to <= from) return ignore(context, "blank");
      if (skim?.(context, bytes, from, to, offset)) return;
      const value = parseLine(bytes, from, to);
      if (value === undefined || hasRecord(value, isRolloutLine))
        recover(context, bytes, from, to, offset + from - start);
      else handle(context, value, offset, end - start);
    },
    state() {
      if (context.state.time_unix_ms === 0) dateUndated(context.into, context.gate.file_unix_ms);
      return JSON.stringify(context.state);
    },
  };
}

export function parseLine(bytes: Buffer, from: number, to: number): unknown {
  try {
    return parseJson(utf8(bytes, from, to));
  } catch {
    return undefined;
  }
}

/** Only damaged parts are lost: complete records beside them are parsed like any other. */
function recover(context: ParseContext, bytes: Buffer, start: number, end: number, offset: number): void {
  const { records, lost } = recoverRecords(bytes, start, end, isRolloutLine);
  for (const record of records) {
    const value = parseLine(bytes, record.start, record.end);
    handle(context, value, offset + record.start - start, record.end - record.start);
    ignore(context, RECOVERED);
  }
  if (!lost) return;
  const reason = lost.is_nul ? "nul_bytes" : records.length > 0 ? "torn_record" : "invalid_json";
  const detail = lost.is_nul ? `${lost.bytes} NUL bytes` : "not JSON";
  reject(context, reason, offset + lost.start - start, lost.bytes, detail);
}

/** A payload or an item inside of one has none of these fields. */
function isRolloutLine(value: Json): boolean {
  return typeof value.type === "string" && typeof value.timestamp === "string" && "payload" in value;
}

function handle(context: ParseContext, value: unknown, offset: number, length: number): void {
  const line = object(value);
  const type = text(line?.type);
  const payload = object(line?.payload);
  if (!line || type === "" || !payload) {
    reject(
      context,
      strangeness(line),
      offset,
      length,
      line ? `no payload in "${type.slice(0, KIND_CHARS)}"` : "not an object",
    );
    return;
  }
  const kind = kindOf(type, payload);
  if (ANSWERS.has(kind)) context.state.acted = true;
  const ordinal = typeof line.ordinal === "number" ? line.ordinal : -1;
  if (HANDLERS.has(kind)) runHandler(context, kind, payload, ordinal, readTime(line.timestamp), offset);
  else ignore(context, IGNORED.has(kind) ? kind : `unknown:${kind.slice(0, KIND_CHARS)}`);
}

/** Distinguishes a Claude transcript under a Codex root from an unknown line. */
function strangeness(line: Json | undefined): RejectReason {
  return line && ("sessionId" in line || "parentUuid" in line) ? "wrong_source" : "unknown_shape";
}

function kindOf(type: string, payload: Json): string {
  const subtype = text(payload.type);
  if (type !== "event_msg" && type !== "response_item") return type;
  if (subtype !== "item_completed") return `${type}/${subtype}`;
  return `item/${text(object(payload.item)?.type)}`;
}

export function runHandler(
  context: ParseContext,
  kind: string,
  payload: Json,
  ordinal: number,
  written_unix_ms: number,
  offset: number,
): void {
  const { state } = context;
  const time = passTime(context, written_unix_ms);
  const time_flag = time === undefined ? TIME_INFERRED : 0;
  HANDLERS.get(kind)?.(context, {
    payload,
    ordinal,
    time_unix_ms: time ?? state.time_unix_ms,
    time_flag,
    offset,
  });
}

/** A line's time, if plausible; it dates earlier lines without one. */
export function passTime({ state, gate, into }: ParseContext, written_unix_ms: number): number | undefined {
  const time = gate.pass(written_unix_ms);
  if (time === undefined) return undefined;
  if (state.time_unix_ms === 0) dateUndated(into, time);
  if (time > state.time_unix_ms) state.time_unix_ms = time;
  return time;
}

function reject(
  { into, path }: ParseContext,
  reason: RejectReason,
  offset: number,
  length_bytes: number,
  detail: string,
): void {
  into.rejects.push({
    source: "codex",
    path,
    offset,
    length_bytes,
    reason,
    detail,
  });
}
