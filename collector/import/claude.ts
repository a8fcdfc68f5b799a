import { isVendorId } from "../sources/claude/answers.ts";
import { ATTRIBUTION_KEYS } from "../sources/claude/attribution.ts";
import type { Block, TranscriptLine } from "../sources/claude/lines.ts";
import { SUMMARY_KEYS } from "../sources/tool-summary.ts";
import { FieldReader } from "./field-reader.ts";

/** One mark for each field that is read. */
const TYPE = 0;
const TIMESTAMP = 1;
const SESSION = 2;
const REQUEST_SESSION = 3;
const AGENT = 4;
const SIDECHAIN = 5;
const PROMPT = 6;
const REQUEST = 7;
const COST = 8;
const CWD = 9;
const BRANCH = 10;
const VERSION = 11;
const ENTRYPOINT = 12;
const API_ERROR = 13;
const DENIAL = 14;
const ANSWER = 15;
const INTERRUPTED = 16;
const SEARCHES = 17;
const MESSAGE = 18;
const ID = 19;
const MODEL = 20;
const STOP = 21;
const USAGE = 22;
const CONTENT = 23;
const BLOCK = 24;
const BLOCK_ID = 25;
const NAME = 26;
const TOOL_USE_ID = 27;
const FAILED = 28;
const PAYLOAD = 29;
const SUMMARY = 30;
const INPUT_TOKENS = 44;
const WRITTEN_TOKENS = 45;
const READ_TOKENS = 46;
const OUTPUT_TOKENS = 47;
const WRITTEN_5M_TOKENS = 48;
const WRITTEN_1H_TOKENS = 49;
const THINKING_TOKENS = 50;
const SEARCH_REQUESTS = 51;
const TIER = 52;
const SPEED = 53;
const GEO = 54;
const SPLIT = 55;
const DETAILS = 56;
const TOOLS = 57;
const ITERATIONS = 58;
const WORDS = 59;
const UUID = 60;
/** The first mark of the fields that the client writes beside a response. */
const BESIDE = 61;
const THINKING = 67;
const DIAGNOSTICS = 68;
const EMPTY_LIST_BYTES = 2;

const fields = new FieldReader({
  type: TYPE,
  uuid: UUID,
  timestamp: TIMESTAMP,
  sessionId: SESSION,
  requestSessionId: REQUEST_SESSION,
  agentId: AGENT,
  isSidechain: SIDECHAIN,
  promptId: PROMPT,
  requestId: REQUEST,
  costUSD: COST,
  cwd: CWD,
  gitBranch: BRANCH,
  version: VERSION,
  entrypoint: ENTRYPOINT,
  isApiErrorMessage: API_ERROR,
  toolDenialKind: DENIAL,
  toolUseResult: [ANSWER, { interrupted: INTERRUPTED, searchCount: SEARCHES }],
  payload: PAYLOAD,
  ...Object.fromEntries(ATTRIBUTION_KEYS.map((key, i) => [key, BESIDE + i])),
  thinkingDurationMs: THINKING,
  message: [
    MESSAGE,
    {
      id: ID,
      model: MODEL,
      diagnostics: DIAGNOSTICS,
      stop_reason: STOP,
      usage: [
        USAGE,
        {
          input_tokens: INPUT_TOKENS,
          cache_creation_input_tokens: WRITTEN_TOKENS,
          cache_read_input_tokens: READ_TOKENS,
          output_tokens: OUTPUT_TOKENS,
          cache_creation: [
            SPLIT,
            { ephemeral_5m_input_tokens: WRITTEN_5M_TOKENS, ephemeral_1h_input_tokens: WRITTEN_1H_TOKENS },
          ],
          output_tokens_details: [DETAILS, { thinking_tokens: THINKING_TOKENS }],
          server_tool_use: [TOOLS, { web_search_requests: SEARCH_REQUESTS }],
          service_tier: TIER,
          speed: SPEED,
          inference_geo: GEO,
          iterations: ITERATIONS,
        },
      ],
      content: [
        CONTENT,
        {
          type: BLOCK,
          id: BLOCK_ID,
          name: NAME,
          input: Object.fromEntries(SUMMARY_KEYS.map((key, i) => [key, SUMMARY + i])),
          tool_use_id: TOOL_USE_ID,
          is_error: FAILED,
          content: WORDS,
        },
        "list",
      ],
    },
  ],
});

const SESSION_CONTEXT = [SESSION, REQUEST_SESSION, AGENT, CWD, BRANCH, VERSION, ENTRYPOINT].reduce(
  (bits, mark) => bits | (1 << mark),
  0,
);

/** The model of the client's own message about a failed request, of which more fields are needed. */
const SYNTHETIC = "<synthetic>";
/** Types of lines that are always parsed whole. */
const WHOLE = new Set(["system", "custom-title", "ai-title", "cost-state", "worktree-state"]);

/** Values of the previous line, since most of them repeat. */
let usage: { digest: number; value: unknown } = { digest: 0, value: undefined };
let sessionContext: { digest: number; value: TranscriptLine } = { digest: 0, value: {} };

/**
 * Reads the most frequent lines of a transcript without decoding the texts of the model or a tool. Undefined for any
 * other line, and for one with fields of an unusual type: it is then parsed whole.
 */
export function skimTranscript(bytes: Buffer, start: number, end: number): TranscriptLine | undefined {
  if (!fields.locate(bytes, start, end) || !fields.isText(TYPE)) return undefined;
  try {
    return lineSkimmed();
  } catch {
    // A backslash that begins no valid escape.
    return undefined;
  }
}

function lineSkimmed(): TranscriptLine | undefined {
  const type = fields.again(TYPE);
  if (type === "assistant") return response(type);
  if (type === "user") return answer(type);
  return WHOLE.has(type) || fields.isThere(PAYLOAD) ? undefined : { type };
}

function response(type: string): TranscriptLine | undefined {
  if (!fields.isText(ID) || fields.isTrue(API_ERROR)) return undefined;
  const model = fields.again(MODEL);
  const content = blocks();
  if (model === SYNTHETIC || content === undefined) return undefined;
  const stop_reason = fields.has(STOP) ? "" : null;
  const id = fields.again(ID);
  const line = lineOf(type, { id, model, stop_reason, usage: usageOf(), content });
  // A proxy's id may repeat, so the uuid of the line is needed as well.
  if (line && !isVendorId(id)) line.uuid = stringField(UUID);
  if (line) attribute(line);
  return line;
}

/** The client's own fields beside the response; most lines have few of them. */
function attribute(line: TranscriptLine): void {
  ATTRIBUTION_KEYS.forEach((key, i) => {
    line[key] = stringField(BESIDE + i);
  });
  line.thinkingDurationMs = numberOf(THINKING);
  if (fields.has(DIAGNOSTICS) && line.message) line.message.diagnostics = fields.value(DIAGNOSTICS);
}

/** Lines of one response repeat its usage, so they share one object. */
function usageOf(): unknown {
  const digest = fields.digest(1 << USAGE);
  if (digest !== usage.digest) usage = { digest, value: usualUsage() ?? fields.value(USAGE) };
  return usage.value;
}

/** Undefined if the usage has an unusual form, or parts that are billed separately: it is then decoded as JSON. */
function usualUsage(): Record<string, unknown> | undefined {
  if (!fields.isObject(USAGE) || fields.bytes(ITERATIONS) > EMPTY_LIST_BYTES) return undefined;
  for (const mark of [SPLIT, DETAILS, TOOLS])
    if (fields.has(mark) && !fields.isObject(mark)) return undefined;
  for (let mark = INPUT_TOKENS; mark <= SEARCH_REQUESTS; mark++)
    if (fields.isThere(mark) && !(fields.isNumber(mark) && fields.number(mark) >= 0)) return undefined;
  return {
    input_tokens: numberOf(INPUT_TOKENS),
    cache_creation_input_tokens: numberOf(WRITTEN_TOKENS),
    cache_read_input_tokens: numberOf(READ_TOKENS),
    output_tokens: numberOf(OUTPUT_TOKENS),
    cache_creation: fields.isObject(SPLIT)
      ? {
          ephemeral_5m_input_tokens: numberOf(WRITTEN_5M_TOKENS),
          ephemeral_1h_input_tokens: numberOf(WRITTEN_1H_TOKENS),
        }
      : undefined,
    output_tokens_details: { thinking_tokens: numberOf(THINKING_TOKENS) },
    server_tool_use: { web_search_requests: numberOf(SEARCH_REQUESTS) },
    service_tier: stringField(TIER),
    speed: stringField(SPEED),
    inference_geo: stringField(GEO),
  };
}

function numberOf(mark: number): number | undefined {
  return fields.isThere(mark) ? fields.number(mark) : undefined;
}

/** The tool calls of a response; undefined for more than one block, as the reader finds only the last one. */
function blocks(): Block[] | undefined {
  if (fields.number(CONTENT) !== 1) return fields.number(CONTENT) === 0 ? [] : undefined;
  const type = fields.again(BLOCK);
  if (type !== "tool_use") return type === "" ? undefined : [];
  const input: Block = {};
  const key = SUMMARY_KEYS.findIndex((_, i) => fields.isText(SUMMARY + i) && fields.bytes(SUMMARY + i) > 2);
  if (key >= 0) input[SUMMARY_KEYS[key]!] = fields.text(SUMMARY + key);
  return [{ type, id: fields.text(BLOCK_ID), name: fields.again(NAME), input }];
}

/** Longer than the client's text of a refusal, however it is escaped. */
const REFUSED_BYTES = 6 * '"User rejected tool use"'.length;
const HEAD_BYTES = 1200;
const HEAD_CHARS = 500;

/** The result of a tool call; undefined if a person refused or interrupted it, as its line then has more fields. */
function answer(type: string): TranscriptLine | undefined {
  if (fields.number(CONTENT) !== 1 || fields.again(BLOCK) !== "tool_result") return undefined;
  if (!fields.isText(TOOL_USE_ID) || fields.has(DENIAL)) return undefined;
  if (fields.isTrue(INTERRUPTED) || fields.has(SEARCHES)) return undefined;
  if (fields.isText(ANSWER) && fields.bytes(ANSWER) <= REFUSED_BYTES) return undefined;
  const result: Block = { type: "tool_result", tool_use_id: fields.text(TOOL_USE_ID) };
  if (fields.isTrue(FAILED)) {
    if (!fields.isText(WORDS)) return undefined;
    const head = fields.headOf(WORDS, HEAD_BYTES);
    result.is_error = true;
    result.content = head.length < HEAD_CHARS ? fields.text(WORDS) : head;
  }
  return lineOf(type, { content: [result] });
}

/** Undefined if the time or the cost of the line has an unusual form. */
function lineOf(type: string, message: TranscriptLine["message"] & object): TranscriptLine | undefined {
  const timestamp = fields.time(TIMESTAMP);
  const costUSD = fields.isThere(COST) ? fields.number(COST) : undefined;
  if (Number.isNaN(timestamp) || Number.isNaN(costUSD)) return undefined;
  const { sessionId, requestSessionId, agentId, cwd, gitBranch, version, entrypoint } = readSessionContext();
  return {
    type,
    timestamp,
    sessionId,
    requestSessionId,
    agentId,
    cwd,
    gitBranch,
    version,
    entrypoint,
    isSidechain: fields.isTrue(SIDECHAIN),
    promptId: fields.again(PROMPT),
    requestId: fields.again(REQUEST),
    costUSD,
    message,
  };
}

/** Neighbouring lines mostly share their session, client version and folder. */
function readSessionContext(): TranscriptLine {
  const digest = fields.digest(SESSION_CONTEXT);
  if (digest !== sessionContext.digest)
    sessionContext = {
      digest,
      value: {
        sessionId: stringField(SESSION),
        requestSessionId: stringField(REQUEST_SESSION),
        agentId: stringField(AGENT),
        cwd: stringField(CWD),
        gitBranch: stringField(BRANCH),
        version: stringField(VERSION),
        entrypoint: stringField(ENTRYPOINT),
      },
    };
  return sessionContext.value;
}

function stringField(mark: number): string | undefined {
  return fields.isText(mark) ? fields.again(mark) : undefined;
}
