import type { VendorName } from "../../schema/vendors.ts";
import type { FileBatch } from "../../store/batch.ts";
import { createClaudeParser } from "../sources/claude/parser.ts";
import { createRolloutParser } from "../sources/codex/source.ts";
import type { LineParser } from "../sources/source.ts";
import { skimTranscript } from "./claude.ts";
import { skimRollout } from "./codex.ts";
import { inputBuffer } from "./field-reader.ts";

/**
 * How lines of history are read: by the parsers of all lines, with a skimmer in front that finds the wanted fields
 * in the bytes. A line that it does not understand goes the plain way, so rows are the same.
 */
export type FastPath = {
  /** Where files are read into: what lies here is searched without being copied. */
  buffer: Buffer;
  /** An agent without a skimmer is not here. */
  open: Partial<Record<VendorName, (path: string, parserState: string, into: FileBatch) => LineParser>>;
};

export const fastPath = {
  buffer: inputBuffer,
  open: {
    claude: (path, state, into) => createClaudeParser(path, state, into, skimTranscript),
    codex: (path, state, into) => createRolloutParser(path, state, into, skimRollout),
  },
} satisfies FastPath;
