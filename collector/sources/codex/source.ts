import type { RejectReason } from "../../../schema/batch.ts";
import type { LineParser, Source } from "../source.ts";
import { ANSWERS, HANDLERS, HEAD_IS_ENOUGH, IGNORED } from "./handlers.ts";
import { type Head, readHead } from "./head.ts";
import { type Json, object, text } from "./json.ts";
import { ignore, type Scan } from "./scan.ts";
import { shortened } from "./shorten.ts";
import { loadState, toUnixMs } from "./state.ts";

const ROLLOUT = /(?:^|\/)rollout-[^/]*\.jsonl(?:\.zst)?$/;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = 0xef;
const KIND_CHARS = 60;

/** Codex CLI's rollouts, wherever below a root: dated folders, the flat archive, compressed ones. */
export const codex: Source = {
  name: "codex",
  accepts: (relativePath) => ROLLOUT.test(relativePath),
  open(path, parserState, into) {
    return createParser({ path, into, state: loadState(path, parserState), touched: undefined });
  },
};

function createParser(scan: Scan): LineParser {
  return {
    line(bytes, start, end, offset) {
      const from = offset === 0 && bytes[start] === BYTE_ORDER_MARK ? start + 3 : start;
      const to = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
      if (to <= from) return ignore(scan, "blank");
      const head = readHead(bytes, from, to);
      if (head?.ends_well && settledByHead(scan, head, offset)) return;
      if (head?.kind === "event_msg/token_count" && isRepeat(scan, head, bytes, from, to)) return;
      const value =
        head?.ends_well && HANDLERS.has(head.kind)
          ? (shortened(bytes, from, to) ?? parse(bytes, from, to))
          : parse(bytes, from, to);
      if (value === undefined) reject(scan, "invalid_json", offset, end - start, "not JSON");
      else handle(scan, value, offset, end - start);
    },
    state: () => JSON.stringify(scan.state),
  };
}

/** Most lines carry nothing of ours; they are counted without being decoded. */
function settledByHead(scan: Scan, head: Head, offset: number): boolean {
  if (ANSWERS.has(head.kind)) scan.state.acted = true;
  if (IGNORED.has(head.kind)) {
    ignore(scan, head.kind);
    return true;
  }
  if (!HEAD_IS_ENOUGH.has(head.kind)) return false;
  run(scan, head.kind, { timestamp: head.timestamp, ordinal: head.ordinal, payload: {} }, offset);
  return true;
}

const LIMITS_BYTES = 1024;
const LIMITS_REPEAT_MS = 300_000;

/**
 * Where usage records carry the tokens, a `token_count` is read for its rate limits only. A reading equal to the
 * one before is passed over for some minutes: there is one such line per answer.
 */
function isRepeat(scan: Scan, head: Head, bytes: Buffer, from: number, to: number): boolean {
  const { state } = scan;
  if (!state.has_records) return false;
  const tail = bytes.toString("latin1", Math.max(from, to - LIMITS_BYTES), to);
  const limits = tail.slice(tail.lastIndexOf('"rate_limits":'));
  const time = toUnixMs(state, head.timestamp);
  const age = time - state.limits_unix_ms;
  if (limits === state.limits && limits.endsWith("}}") && age >= 0 && age < LIMITS_REPEAT_MS) {
    ignore(scan, head.kind);
    return true;
  }
  state.limits = limits;
  state.limits_unix_ms = time;
  return false;
}

function parse(bytes: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8", from, to));
  } catch {
    return undefined;
  }
}

function handle(scan: Scan, value: unknown, offset: number, length: number): void {
  const line = object(value);
  const type = text(line?.type);
  const payload = object(line?.payload);
  if (!line || type === "" || !payload) {
    reject(
      scan,
      strangeness(line),
      offset,
      length,
      line ? `no payload in "${type.slice(0, KIND_CHARS)}"` : "not an object",
    );
    return;
  }
  const kind = kindOf(type, payload);
  if (ANSWERS.has(kind)) scan.state.acted = true;
  if (HANDLERS.has(kind)) run(scan, kind, line, offset);
  else ignore(scan, IGNORED.has(kind) ? kind : `unknown:${kind.slice(0, KIND_CHARS)}`);
}

/** A Claude transcript under a Codex root is told apart from a line nobody knows. */
function strangeness(line: Json | undefined): RejectReason {
  return line && ("sessionId" in line || "parentUuid" in line) ? "wrong_source" : "unknown_shape";
}

function kindOf(type: string, payload: Json): string {
  const subtype = text(payload.type);
  if (type !== "event_msg" && type !== "response_item") return type;
  if (subtype !== "item_completed") return `${type}/${subtype}`;
  return `item/${text(object(payload.item)?.type)}`;
}

function run(scan: Scan, kind: string, line: Json, offset: number): void {
  const time_unix_ms = toUnixMs(scan.state, line.timestamp);
  if (time_unix_ms > scan.state.time_unix_ms) scan.state.time_unix_ms = time_unix_ms;
  const ordinal = typeof line.ordinal === "number" ? line.ordinal : -1;
  HANDLERS.get(kind)?.(scan, { payload: object(line.payload) ?? {}, ordinal, time_unix_ms, offset });
}

function reject(
  { into, path }: Scan,
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
