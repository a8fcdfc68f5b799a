import { bytesOf } from "../bytes.ts";
import type { Json } from "../sources/codex/json.ts";
import { readOutput } from "../sources/codex/outputs.ts";
import type { State } from "../sources/codex/state.ts";
import { COUNTS } from "../sources/codex/usage.ts";
import { FieldReader } from "./field-reader.ts";

/** One mark for each field of a payload that is read. */
const THREAD = 0;
const TURN = 1;
const RESPONSE = 2;
const CALL = 3;
const ID = 4;
const NAME = 5;
const ARGUMENTS = 6;
const INPUT = 7;
const OUTPUT = 8;
const STARTED = 9;
const COMPLETED = 10;
const ERROR = 11;
const MODEL = 12;
const ITEM = 13;
const ITEM_ID = 14;
const STATUS = 15;
const EXIT = 16;
const PRINTED = 17;
const SECS = 18;
const NANOS = 19;
const COMMAND = 20;
const LIMITS = 21;
const LIMIT_ID = 22;
const CREDITS = 23;
const HAS_CREDITS = 24;
const UNLIMITED = 25;
const BALANCE = 26;
const INFO = 27;
const INFO_MODEL = 28;
/** Objects; the marks after each one are its fields. */
const PRIMARY = 29;
const SECONDARY = 35;
const USAGE = 41;
const TOTAL = 48;
const LAST = 55;

const WINDOW = [
  "used_percent",
  "window_minutes",
  "limit_window_seconds",
  "resets_at",
  "resets_in_seconds",
] as const;

/** An object of numbers: its own mark, followed by those of its fields. */
const numbersAt = (mark: number, names: readonly string[]): [number, Record<string, number>] => [
  mark,
  Object.fromEntries(names.map((name, i) => [name, mark + 1 + i])),
];

const fields = new FieldReader({
  payload: {
    thread_id: THREAD,
    turn_id: TURN,
    response_id: RESPONSE,
    call_id: CALL,
    id: ID,
    name: NAME,
    arguments: ARGUMENTS,
    input: INPUT,
    output: OUTPUT,
    started_at_ms: STARTED,
    completed_at_ms: COMPLETED,
    error: ERROR,
    model: MODEL,
    item: [
      ITEM,
      {
        id: ITEM_ID,
        status: STATUS,
        exit_code: EXIT,
        aggregated_output: PRINTED,
        duration: { secs: SECS, nanos: NANOS },
        command: COMMAND,
      },
    ],
    rate_limits: [
      LIMITS,
      {
        limit_id: LIMIT_ID,
        primary: numbersAt(PRIMARY, WINDOW),
        secondary: numbersAt(SECONDARY, WINDOW),
        credits: [CREDITS, { has_credits: HAS_CREDITS, unlimited: UNLIMITED, balance: BALANCE }],
      },
    ],
    info: [
      INFO,
      {
        model: INFO_MODEL,
        total_token_usage: numbersAt(TOTAL, COUNTS),
        last_token_usage: numbersAt(LAST, COUNTS),
      },
    ],
    usage: numbersAt(USAGE, COUNTS),
  },
});

/** Whether a value of this line has an unusual form, for which the line is parsed whole. */
let isOdd = false;

type PayloadReader = (state: State, kind: string) => Json;

/** For each frequent kind of line, the fields that its handler reads. */
const READERS: ReadonlyMap<string, PayloadReader> = new Map<string, PayloadReader>([
  ["token_usage_record", usageRecord],
  ["event_msg/token_count", tokenCount],
  ["event_msg/task_complete", taskComplete],
  ["turn_context", turnContext],
  ["item/CommandExecution", commandExecution],
  ["response_item/function_call", toolCall],
  ["response_item/custom_tool_call", toolCall],
  ["response_item/function_call_output", toolOutput],
  ["response_item/custom_tool_call_output", toolOutput],
]);

/** Whether the line is one JSON object; `skimPayload` can then read it. */
export function isWhole(bytes: Buffer, start: number, end: number): boolean {
  return fields.locate(bytes, start, end);
}

/**
 * The payload of that line as its handler needs it, without decoding the texts of the model or a tool. Undefined for a
 * line that needs other fields or has an unusual shape: it is then parsed whole.
 */
export function skimPayload(state: State, kind: string): Json | undefined {
  const read = READERS.get(kind);
  if (!read) return undefined;
  isOdd = false;
  try {
    const payload = read(state, kind);
    return isOdd ? undefined : payload;
  } catch {
    // A backslash that begins no valid escape.
    return undefined;
  }
}

function usageRecord(): Json {
  return {
    thread_id: repeatedStringField(THREAD),
    turn_id: repeatedStringField(TURN),
    response_id: stringField(RESPONSE),
    usage: numbersOf(USAGE, COUNTS),
  };
}

/** Where usage records carry the tokens, a `token_count` is read for its rate limits only. */
function tokenCount(state: State): Json {
  if (state.has_records) return { rate_limits: repeatedLimits() };
  return { model: repeatedStringField(MODEL), info: infoOf(), rate_limits: repeatedLimits() };
}

function taskComplete(): Json {
  isOdd ||= fields.has(ERROR);
  return { thread_id: repeatedStringField(THREAD), turn_id: repeatedStringField(TURN) };
}

function turnContext(): Json {
  return { turn_id: repeatedStringField(TURN), model: repeatedStringField(MODEL) };
}

/** Of a command's output, only the error of a failed one is kept. */
function commandExecution(): Json {
  const exit_code = plain(EXIT);
  return {
    thread_id: repeatedStringField(THREAD),
    turn_id: repeatedStringField(TURN),
    started_at_ms: plain(STARTED),
    completed_at_ms: plain(COMPLETED),
    item: {
      type: "CommandExecution",
      id: stringField(ITEM_ID),
      status: repeatedStringField(STATUS),
      exit_code,
      duration: { secs: plain(SECS), nanos: plain(NANOS) },
      command: fields.value(COMMAND),
      aggregated_output: exit_code ? stringField(PRINTED) : undefined,
    },
  };
}

function toolCall(_state: State, kind: string): Json {
  const call_id = stringField(CALL);
  return {
    type: kind.slice(kind.indexOf("/") + 1),
    call_id,
    id: call_id ? undefined : stringField(ID),
    name: repeatedStringField(NAME),
    arguments: stringField(ARGUMENTS),
    input: stringField(INPUT),
  };
}

/** The client writes the exit status above this line, and the tool's output below it. */
const PRINTED_BELOW = bytesOf("Output:\\n");
const PREAMBLE_BYTES = 400;

/** The output of a successful call is not recorded. */
function toolOutput(_state: State, kind: string): Json {
  isOdd ||= !fields.isText(OUTPUT);
  if (isOdd) return {};
  const preamble = fields.textUntil(OUTPUT, PRINTED_BELOW, PREAMBLE_BYTES);
  const isEnough = preamble !== undefined && readOutput(preamble).outcome === "completed";
  return {
    type: kind.slice(kind.indexOf("/") + 1),
    call_id: stringField(CALL),
    output: isEnough ? preamble : fields.text(OUTPUT),
  };
}

/** Most samples repeat the previous one: for equal bytes the same object is returned. */
let lastLimits: { digest: number; value: Json | null } = { digest: 0, value: null };

function repeatedLimits(): Json | null {
  if (!fields.isThere(LIMITS)) return null;
  const digest = fields.digest(1 << LIMITS);
  if (digest === lastLimits.digest) return lastLimits.value;
  const value = limitsOf();
  if (!isOdd) lastLimits = { digest, value };
  return value;
}

function limitsOf(): Json | null {
  if (!fields.isObject(LIMITS)) return null;
  return {
    limit_id: repeatedStringField(LIMIT_ID),
    primary: numbersOf(PRIMARY, WINDOW),
    secondary: numbersOf(SECONDARY, WINDOW),
    credits: fields.isObject(CREDITS)
      ? {
          has_credits: fields.isTrue(HAS_CREDITS),
          unlimited: fields.isTrue(UNLIMITED),
          balance: repeatedStringField(BALANCE),
        }
      : null,
  };
}

function numbersOf(mark: number, names: readonly string[]): Json | null {
  if (!fields.isObject(mark)) return null;
  const numbers: Json = {};
  for (let i = 0; i < names.length; i++) numbers[names[i]!] = plain(mark + 1 + i);
  return numbers;
}

function infoOf(): Json | null {
  if (!fields.isObject(INFO)) return null;
  return {
    model: repeatedStringField(INFO_MODEL),
    total_token_usage: numbersOf(TOTAL, COUNTS),
    last_token_usage: numbersOf(LAST, COUNTS),
  };
}

/** A number or null as written, or undefined if the field is absent. */
function plain(mark: number): number | null | undefined {
  if (!fields.has(mark)) return fields.isThere(mark) ? null : undefined;
  const value = fields.isNumber(mark) ? fields.number(mark) : Number.NaN;
  isOdd ||= Number.isNaN(value);
  return value;
}

function stringField(mark: number): string | undefined {
  return fields.isText(mark) ? fields.text(mark) : undefined;
}

function repeatedStringField(mark: number): string | undefined {
  return fields.isText(mark) ? fields.again(mark) : undefined;
}
