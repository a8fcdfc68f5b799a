import { Clock } from "../../bytes.ts";
import { Scanner, scanned } from "../../scan/scan.ts";
import { type Block, SUMMARY_KEYS, type TranscriptLine } from "./lines.ts";

/** The marks of what is used of a line. */
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

const fields = new Scanner({
  type: TYPE,
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
  message: [
    MESSAGE,
    {
      id: ID,
      model: MODEL,
      stop_reason: STOP,
      usage: USAGE,
      content: [
        CONTENT,
        {
          type: BLOCK,
          id: BLOCK_ID,
          name: NAME,
          input: Object.fromEntries(SUMMARY_KEYS.map((key, i) => [key, SUMMARY + i])),
          tool_use_id: TOOL_USE_ID,
          is_error: FAILED,
        },
        "list",
      ],
    },
  ],
});

const WHOSE = [SESSION, REQUEST_SESSION, AGENT, CWD, BRANCH, VERSION, ENTRYPOINT].reduce(
  (bits, mark) => bits | (1 << mark),
  0,
);

/** The client's own word on a failed call, of which more is kept. */
const SYNTHETIC = "<synthetic>";
const QUOTED_TIME_BYTES = 26;
/** Kinds of which more is wanted than a response and an answer say. */
const WHOLE = new Set(["system", "custom-title", "ai-title"]);

const clock = new Clock();
/** What the line before said: most of it is said again. */
const last = { type: "", prompt: "", request: "", id: "", model: "", name: "" };
let usage: { digest: number; said: unknown } = { digest: 0, said: undefined };
let whose: { digest: number; said: TranscriptLine } = { digest: 0, said: {} };

/**
 * Reads the lines that make up a transcript without decoding what the model or a tool said in them. Undefined for
 * any line of which more is wanted, or whose fields are not of the usual kinds: it is then read whole.
 */
export function skim(bytes: Buffer, start: number, end: number): TranscriptLine | undefined {
  if (!fields.scan(bytes, start, end) || !fields.isText(TYPE)) return undefined;
  try {
    return lineSkimmed();
  } catch {
    // An escape that is none.
    return undefined;
  }
}

function lineSkimmed(): TranscriptLine | undefined {
  const type = fields.text(TYPE, last.type);
  last.type = type;
  if (type === "assistant") return response();
  if (type === "user") return answer();
  return WHOLE.has(type) || fields.isThere(PAYLOAD) ? undefined : { type };
}

function response(): TranscriptLine | undefined {
  if (!fields.isText(ID) || fields.isTrue(API_ERROR)) return undefined;
  const model = fields.text(MODEL, last.model);
  const content = blocks();
  if (model === SYNTHETIC || content === undefined) return undefined;
  last.model = model;
  last.id = fields.text(ID, last.id);
  const stop_reason = fields.has(STOP) ? "" : null;
  return lineOf({ id: last.id, model, stop_reason, usage: usageOf(), content });
}

/** Lines of one response repeat its usage: the same object is given again. */
function usageOf(): unknown {
  const digest = fields.digest(1 << USAGE);
  if (digest !== usage.digest) usage = { digest, said: fields.value(USAGE) };
  return usage.said;
}

/** Its calls of tools; undefined if there is more than one block, as only the last one is told of. */
function blocks(): Block[] | undefined {
  if (fields.number(CONTENT) !== 1) return fields.number(CONTENT) === 0 ? [] : undefined;
  const type = fields.text(BLOCK, "tool_use");
  if (type !== "tool_use") return type === "" ? undefined : [];
  last.name = fields.text(NAME, last.name);
  const input: Block = {};
  const key = SUMMARY_KEYS.findIndex((_, i) => fields.isText(SUMMARY + i) && fields.bytes(SUMMARY + i) > 2);
  if (key >= 0) input[SUMMARY_KEYS[key]!] = fields.text(SUMMARY + key);
  return [{ type, id: fields.text(BLOCK_ID), name: last.name, input }];
}

/** The answer of a tool that did its work; of any other its words are kept, too. */
function answer(): TranscriptLine | undefined {
  if (fields.number(CONTENT) !== 1 || fields.text(BLOCK, "tool_result") !== "tool_result") return undefined;
  if (!fields.isText(TOOL_USE_ID) || fields.isTrue(FAILED) || fields.has(DENIAL)) return undefined;
  if (fields.isText(ANSWER) || fields.isTrue(INTERRUPTED) || fields.has(SEARCHES)) return undefined;
  return lineOf({ content: [{ type: "tool_result", tool_use_id: fields.text(TOOL_USE_ID) }] });
}

/** The line that a message stands in. Undefined if its time or its cost is not as the clients write it. */
function lineOf(message: TranscriptLine["message"] & object): TranscriptLine | undefined {
  const timestamp = time();
  const costUSD = fields.isThere(COST) ? fields.number(COST) : undefined;
  if (timestamp === undefined || Number.isNaN(costUSD)) return undefined;
  last.prompt = fields.text(PROMPT, last.prompt);
  last.request = fields.text(REQUEST, last.request);
  const { sessionId, requestSessionId, agentId, cwd, gitBranch, version, entrypoint } = whoseLine();
  return {
    type: last.type,
    timestamp,
    sessionId,
    requestSessionId,
    agentId,
    cwd,
    gitBranch,
    version,
    entrypoint,
    isSidechain: fields.isTrue(SIDECHAIN),
    promptId: last.prompt,
    requestId: last.request,
    costUSD,
    message,
  };
}

/** Lines that stand together are mostly of one session, one client and one folder. */
function whoseLine(): TranscriptLine {
  const digest = fields.digest(WHOSE);
  if (digest !== whose.digest)
    whose = {
      digest,
      said: {
        sessionId: told(SESSION),
        requestSessionId: told(REQUEST_SESSION),
        agentId: told(AGENT),
        cwd: told(CWD),
        gitBranch: told(BRANCH),
        version: told(VERSION),
        entrypoint: told(ENTRYPOINT),
      },
    };
  return whose.said;
}

function told(mark: number): string | undefined {
  return fields.isText(mark) ? fields.text(mark) : undefined;
}

/** Only as the clients write it. */
function time(): number | undefined {
  if (fields.bytes(TIMESTAMP) !== QUOTED_TIME_BYTES) return undefined;
  const time = clock.at(scanned, fields.at(TIMESTAMP) + 1);
  return Number.isNaN(time) ? undefined : time;
}
