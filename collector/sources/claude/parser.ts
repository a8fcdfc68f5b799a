import { readTime, type TimeGate, timeGate } from "../../../schema/gate.ts";
import { isCommandText } from "../../../schema/prompts.ts";
import type { RejectReason } from "../../../schema/row-values.ts";
import { cutText, parseJson, toId } from "../../../schema/text.ts";
import { flagBit } from "../../../schema/usage.ts";
import type { FileBatch, SessionObservation } from "../../../store/batch.ts";
import { ascii, utf8 } from "../../text.ts";
import { hasRecord, RECOVERED, recoverRecords } from "../recover.ts";
import type { LineParser } from "../source.ts";
import { dateUndated } from "../undated.ts";
import { createAnswers } from "./answers.ts";
import { assistantLine } from "./assistant.ts";
import type { Context, Memory } from "./context.ts";
import { readCostState } from "./cost-state.ts";
import { ignore } from "./ignored.ts";
import { idOf, type TranscriptLine, textOf } from "./lines.ts";
import { systemLine } from "./system.ts";
import { userLine } from "./user.ts";

const TIME_INFERRED = flagBit("time_inferred");

/** An unreadable state only loses the names of open searches. */
function loadMemory(stored: string): Memory {
  const fresh = { time_unix_ms: 0, prompt_id: "", searches: {} };
  if (stored === "") return fresh;
  try {
    const saved: unknown = JSON.parse(stored);
    return saved !== null && typeof saved === "object" && !Array.isArray(saved)
      ? { ...fresh, ...saved }
      : fresh;
  } catch {
    return fresh;
  }
}

/** Parses a line without decoding all of it; undefined if it must be decoded. */
type Skim = (bytes: Buffer, start: number, end: number) => TranscriptLine | undefined;

export function createClaudeParser(
  path: string,
  parserState: string,
  into: FileBatch,
  skim?: Skim,
): LineParser {
  const gate = timeGate(into.cursor.mtime_unix_ms);
  const context = createContext(path, parserState, into, gate);
  const { memory, searches, answers, undated } = context;
  const reject: RejectLine = (offset, length_bytes, reason, detail) => {
    into.rejects.push({ source: "claude", path, offset, length_bytes, reason, detail: cutText(detail, 200) });
  };

  return {
    state() {
      if (memory.time_unix_ms === 0) dateUndated(into, gate.file_unix_ms);
      for (const session of undated) session.time_unix_ms ??= memory.time_unix_ms || gate.file_unix_ms;
      if (memory.time_unix_ms === 0 && memory.prompt_id === "" && searches.size === 0) return "";
      return JSON.stringify({
        ...memory,
        searches: Object.fromEntries(searches),
        answers: answers.state(),
      } satisfies Memory);
    },
    line(bytes, start, end, offset) {
      const length = end - start;
      context.offset = offset;
      const skimmed = skim?.(bytes, start, end);
      if (skimmed) return handle(context, skimmed, offset, reject, length);
      let value: unknown;
      try {
        value = parseJson(decode(bytes, start, end));
      } catch {
        return recover(context, reject, bytes, start, end, offset);
      }
      // A list of records, as some exporters write it, contains complete records.
      if (hasRecord(value, isTranscriptLine)) return recover(context, reject, bytes, start, end, offset);
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return reject(offset, length, "unknown_shape", `a ${typeof value} instead of an object`);
      handle(context, value as TranscriptLine, offset, reject, length);
    },
  };
}

function createContext(path: string, state: string, into: FileBatch, gate: TimeGate): Context {
  const fileAgent = toId(/\/agent-([^/]+)\.jsonl$/.exec(path)?.[1] ?? "");
  const { searches, answers, ...memory } = loadMemory(state);
  const context: Context = {
    path,
    into,
    offset: 0,
    requests: new Map(),
    last: undefined,
    usage: undefined,
    answers: createAnswers(answers),
    memory,
    searches: new Map(Object.entries(searches)),
    agentId: (line) => idOf(line.agentId) || fileAgent,
    timeFlag: 0,
    undated: new Set(),
    ownTime: (line) => gate.pass(readTime(line.timestamp)),
    time(line) {
      const time = context.ownTime(line);
      context.timeFlag = time === undefined ? TIME_INFERRED : 0;
      if (time === undefined) return memory.time_unix_ms;
      if (memory.time_unix_ms === 0) dateUndated(into, time);
      memory.time_unix_ms = time;
      return time;
    },
    session: createSessions(path, fileAgent, into),
  };
  return context;
}

/** The session of a line, else of the file; each is observed once. */
function createSessions(path: string, fileAgent: string, into: FileBatch): Context["session"] {
  const sessions = new Map<string, SessionObservation>();
  const fileSession = sessionOfPath(path);
  let current: SessionObservation | undefined;

  function open(id: string): SessionObservation {
    const session: SessionObservation = { source: "claude", session_id: id };
    if (fileAgent) into.agents.push({ source: "claude", session_id: id, agent_id: fileAgent });
    else session.transcript_path = path;
    sessions.set(id, session);
    into.sessions.push(session);
    return session;
  }
  return (line) => {
    const id = idOf(line.sessionId) || fileSession;
    if (current?.session_id !== id) current = sessions.get(id) ?? open(id);
    return current;
  };
}

/** Only damaged parts are lost: complete records beside them are parsed like any other. */
function recover(
  context: Context,
  reject: RejectLine,
  bytes: Buffer,
  start: number,
  end: number,
  offset: number,
): void {
  const { records, lost } = recoverRecords(bytes, start, end, isTranscriptLine);
  for (const record of records) {
    const at = offset + record.start - start;
    context.offset = at;
    const value = parseJson(utf8(bytes, record.start, record.end)) as TranscriptLine;
    handle(context, value, at, reject, record.end - record.start);
    ignore(context.into, RECOVERED);
  }
  if (!lost) return;
  const reason = lost.is_nul ? "nul_bytes" : records.length > 0 ? "torn_record" : "invalid_json";
  const detail = lost.is_nul
    ? `${lost.bytes} NUL bytes`
    : ascii(bytes, lost.start, Math.min(end, lost.start + 80));
  reject(offset + lost.start - start, lost.bytes, reason, detail);
}

type RejectLine = (offset: number, length: number, reason: RejectReason, detail: string) => void;

function handle(
  context: Context,
  line: TranscriptLine,
  offset: number,
  reject: RejectLine,
  length: number,
): void {
  switch (line.type) {
    case "assistant":
      observeSession(context, line);
      if (!assistantLine(context, line, offset))
        reject(offset, length, "unknown_shape", "assistant line without message id or usage");
      return;
    case "user":
      observeSession(context, line);
      userLine(context, line);
      return;
    case "system":
      observeSession(context, line);
      systemLine(context, line);
      return;
    case "custom-title":
      context.session(line).title = titleOf(line.customTitle);
      return;
    case "ai-title":
      context.session(line).title ??= titleOf(line.aiTitle);
      return;
    case "worktree-state":
      worktreeState(context, line);
      ignore(context.into, "worktree-state");
      return;
    case "cost-state":
      costState(context, line, (detail) => reject(offset, length, "unknown_shape", detail));
      return;
    default:
      if (isOfRollout(line)) reject(offset, length, "wrong_source", `a Codex line: ${textOf(line.type)}`);
      else ignore(context.into, textOf(line.type) || "untyped");
  }
}

/** The client's own figures, which some versions do not write. */
function costState(context: Context, line: TranscriptLine, reject: (detail: string) => void): void {
  const { totalCostUSD, startTime, totalDuration, modelUsage } = line;
  if ([totalCostUSD, startTime, totalDuration, modelUsage].includes(undefined))
    ignore(context.into, "cost-state");
  else {
    const total = readCostState(line, context.session(line).session_id, context.time(line));
    if (!total) return void reject("cost-state with an invalid figure");
    context.into.client_totals ??= [];
    context.into.client_totals.push(total);
  }
}

const ROLLOUT_KINDS = new Set(["session_meta", "turn_context", "event_msg", "response_item", "compacted"]);

/** A Codex rollout below a Claude root: none of it is attributed to Claude. */
function isOfRollout(line: TranscriptLine): boolean {
  return ROLLOUT_KINDS.has(textOf(line.type)) && typeof line.payload === "object";
}

function titleOf(value: unknown): string {
  const title = cutText(textOf(value), 200);
  return isCommandText(title) ? "" : title;
}

/** A worktree created by a hook may be anywhere: the client records the path of its repository. */
function worktreeState(context: Context, line: TranscriptLine): void {
  const { originalCwd } = (line.worktreeSession ?? {}) as { originalCwd?: unknown };
  if (typeof originalCwd === "string" && originalCwd)
    context.session(line).project_path = cutText(originalCwd, LONGEST_PATH);
}

const LONGEST_PATH = 4096;

function observeSession(context: Context, line: TranscriptLine): void {
  const session = context.session(line);
  const parent = idOf(line.requestSessionId);
  const isInherited =
    parent !== "" && parent !== session.session_id && line.type === "assistant" && !context.agentId(line);
  if (isInherited) inherit(context, session, parent);
  const time = context.ownTime(line);
  if (time === undefined) context.undated.add(session);
  else {
    // Inherited lines are older than the fork; its own part begins with a later message.
    if (!isInherited && (session.relation !== "fork" || line.type !== "system"))
      session.time_unix_ms ??= time;
    session.last_unix_ms = Math.max(session.last_unix_ms ?? 0, time);
  }
  if (!session.project_path && typeof line.cwd === "string")
    session.project_path = cutText(line.cwd, LONGEST_PATH);
  if (!session.git_branch && typeof line.gitBranch === "string" && line.gitBranch)
    session.git_branch = idOf(line.gitBranch);
  if (typeof line.version === "string") session.client_version = idOf(line.version);
  if (!session.entrypoint && typeof line.entrypoint === "string") session.entrypoint = idOf(line.entrypoint);
}

/** A fork's file begins with its parent's lines under its own name: neither their time nor their prompts are its own. */
function inherit({ into }: Context, session: SessionObservation, parent: string): void {
  session.parent_session_id = parent;
  session.relation = "fork";
  delete session.time_unix_ms;
  into.turns = into.turns.filter((turn) => turn.session_id !== session.session_id);
}

/** A content block or a nested message has none of these fields. */
function isTranscriptLine(value: TranscriptLine): boolean {
  return typeof value.type === "string" && ("sessionId" in value || "uuid" in value || "timestamp" in value);
}

function decode(bytes: Buffer, start: number, end: number): string {
  const isMarked = bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
  return utf8(bytes, isMarked ? start + 3 : start, end);
}

export function sessionOfPath(path: string): string {
  const parts = path.split("/");
  const below = parts.lastIndexOf("subagents");
  return below > 0 ? (parts[below - 1] ?? "") : (parts.at(-1) ?? "").replace(/\.jsonl$/, "");
}
