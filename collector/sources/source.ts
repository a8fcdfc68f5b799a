import type { SourceName } from "../../schema/events.ts";
import type { FileBatch } from "../../store/batch.ts";

/**
 * Reads whole lines of one file, in order. Pure except for its batch: no I/O, no clock,
 * and it never throws; a line it cannot use becomes a reject.
 */
export type LineParser = {
  /** `bytes[start, end)` is the line without its newline (a CR may remain); `offset` is its place in the file. */
  line(bytes: Buffer, start: number, end: number, offset: number): void;
  /** State for the next line, as JSON; empty if nothing. */
  state(): string;
};

/** One vendor's files. */
export type Source = {
  name: SourceName | "spool";
  /** Whether a path below a root, with `/` between its parts, is one of this source's files. */
  accepts(relativePath: string): boolean;
  /** Files that are one JSON value without a newline: read as a whole, again whenever they change. */
  isDocument?(path: string): boolean;
  open(path: string, parserState: string, into: FileBatch): LineParser;
};
