import type { VendorName } from "../../schema/vendors.ts";
import type { FileBatch } from "../../store/batch.ts";
import { createClaudeParser } from "../sources/claude/parser.ts";
import { createRolloutParser } from "../sources/codex/source.ts";
import type { LineParser } from "../sources/source.ts";
import { skimTranscript } from "./claude.ts";
import { skimRollout } from "./codex.ts";
import { inputBuffer } from "./field-reader.ts";

/**
 * Reads lines of history by the same parsers as live lines, with a skimmer in front that finds the needed fields in the
 * bytes. A line that the skimmer does not understand takes the plain path, so the rows are the same.
 */
export type FastPath = {
  /** Files are read into this memory, which is searched without copying. */
  buffer: Buffer;
  /** Absent for an agent without a skimmer. */
  open: Partial<Record<VendorName, (path: string, parserState: string, into: FileBatch) => LineParser>>;
};

export const fastPath = {
  buffer: inputBuffer,
  open: {
    claude: (path, state, into) => createClaudeParser(path, state, into, skimTranscript),
    codex: (path, state, into) => createRolloutParser(path, state, into, skimRollout),
  },
} satisfies FastPath;
