import type { FileBatch, RequestObservation, SessionObservation } from "../../../store/batch.ts";
import type { Answers, OpenAnswer } from "./answers.ts";
import type { TranscriptLine } from "./lines.ts";

/** Context of the handlers of one line. */
export type Context = {
  path: string;
  into: FileBatch;
  /** Offset of the current line. */
  offset: number;
  /** Observations of this batch by key: the lines of one response are adjacent, so most are merged here. */
  requests: Map<string, RequestObservation>;
  /** The observation of the last line. */
  last: RequestObservation | undefined;
  /** Responses of lines from proxies. */
  answers: Answers;
  /** Its usage by that count. */
  usage: unknown;
  session(line: TranscriptLine): SessionObservation;
  agentId(line: TranscriptLine): string;
  /** State between reads: it is stored with the cursor. */
  memory: Omit<Memory, "searches" | "answers">;
  /** Web searches without a result yet, by `tool_use_id`. */
  searches: Map<string, PendingSearch>;
  /** Time of the line, else of the last line that had one; 0 before any line had. */
  time(line: TranscriptLine): number;
  /** Sessions with a line that has no time: they were active nevertheless. */
  undated: Set<SessionObservation>;
  /** The line's own time, if plausible. */
  ownTime(line: TranscriptLine): number | undefined;
  /** Bit of QUALITY_FLAGS if the time comes from elsewhere. */
  timeFlag: number;
};

/** Kept between two reads of a file. */
export type Memory = {
  time_unix_ms: number;
  /** The prompt to which the following lines belong. */
  prompt_id: string;
  searches: Record<string, PendingSearch>;
  answers?: Record<string, OpenAnswer>;
};
/** `counted` is the number that the response itself reported. */
export type PendingSearch = { request_key: string; response_id: string; model: string; counted: number };
