import type { FileBatch, RequestObservation, SessionObservation } from "../../../store/batch.ts";
import type { Answers, OpenAnswer } from "./answers.ts";
import type { TranscriptLine } from "./lines.ts";

/** Everything the handlers of one line may put things into. */
export type Context = {
  path: string;
  into: FileBatch;
  /** Where the line in hand begins. */
  offset: number;
  /** Observations of this batch by key: the lines of one response are together, so most collapse here. */
  requests: Map<string, RequestObservation>;
  /** The one that the last line belonged to. */
  last: RequestObservation | undefined;
  /** Which answers the lines of proxies belong to. */
  answers: Answers;
  /** And its usage by that count. */
  usage: unknown;
  session(line: TranscriptLine): SessionObservation;
  agentId(line: TranscriptLine): string;
  /** What must outlive this read: it is stored with the cursor. */
  memory: Omit<Memory, "searches" | "answers">;
  /** Web searches that were asked for and not answered yet, by `tool_use_id`. */
  searches: Map<string, PendingSearch>;
  /** Time of the line, else of the last line that had one; 0 before any line had. */
  time(line: TranscriptLine): number;
  /** Sessions with a line that has no time: they have been alive all the same. */
  undated: Set<SessionObservation>;
  /** The line's own, if it can be one. */
  ownTime(line: TranscriptLine): number | undefined;
  /** Bit of QUALITY_FLAGS for what takes its time from elsewhere. */
  timeFlag: number;
};

/** Kept between two reads of a file. */
export type Memory = {
  time_unix_ms: number;
  /** The prompt that the lines from here on answer. */
  prompt_id: string;
  searches: Record<string, PendingSearch>;
  answers?: Record<string, OpenAnswer>;
};
/** `counted` is what the response itself reported. */
export type PendingSearch = { request_key: string; response_id: string; model: string; counted: number };
