import { readSync, type Stats } from "node:fs";
import { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import type { FileBatch } from "../store/batch.ts";
import { joinToolCalls } from "../store/commit-tools.ts";
import { emptyBatch, LINE_LIMIT_BYTES, type TailResult } from "./file-batch.ts";
import { feedLines } from "./lines.ts";
import { takeReduced } from "./oversize.ts";
import { LineReducer } from "./reduce.ts";
import type { LineParser, Source } from "./sources/source.ts";

const NEWLINE = 10;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a compressed rollout as a whole: Codex writes it once and replaces it, never appends. Before a torn last frame
 * its lines are used; the file is read again when it changes.
 */
export async function readCompressed(
  source: Source,
  path: string,
  fd: number,
  stats: Stats,
): Promise<TailResult> {
  const batch = emptyBatch(source, path, stats, 0, "active");
  const parser = source.open(path, "", batch);
  const read = createPieceReader(source, batch, parser);
  const compressed = Readable.from(chunks(fd));
  const plain = compressed.pipe(createZstdDecompress());
  compressed.on("error", (error) => plain.destroy(error));
  try {
    for await (const piece of plain) read.add(piece);
  } catch (error) {
    if (read.bytes() === 0) return { kind: "failed", code: (error as { code?: string }).code ?? "zstd" };
  } finally {
    compressed.destroy();
    plain.destroy();
  }
  batch.cursor.parser_state = parser.state();
  batch.tool_calls = joinToolCalls(batch.tool_calls);
  batch.bytes = read.bytes();
  batch.cursor.offset = stats.size;
  return { kind: "read", batch, more: false };
}

/** Receives the text in pieces of any length, and passes whole lines to the parser. */
function createPieceReader(source: Source, batch: FileBatch, parser: LineParser) {
  let held = Buffer.alloc(0);
  let position = 0;
  const longLine = createLongLine(source, batch, parser);
  return {
    bytes: () => position,
    add(piece: Buffer): void {
      const taken = longLine.take(piece, position);
      if (taken === undefined) return;
      position += taken.used;
      const { rest } = taken;
      held = held.length === 0 ? Buffer.from(rest) : Buffer.concat([held, rest]);
      const { used, lines, restored } = feedLines(parser, held, 0, held.length, position);
      batch.lines += lines;
      if (restored > 0) batch.ignored.restored = (batch.ignored.restored ?? 0) + restored;
      position += used;
      held = held.subarray(used);
      if (held.length <= LINE_LIMIT_BYTES) return;
      longLine.begin(held);
      held = Buffer.alloc(0);
    },
  };
}

/** A line that is too long to buffer: it is reduced while it is read. */
function createLongLine(source: Source, batch: FileBatch, parser: LineParser) {
  const { path } = batch.cursor;
  let line: LineReducer | undefined;
  let length_bytes = 0;
  return {
    begin(held: Buffer): void {
      line = new LineReducer();
      line.push(held, 0, held.length);
      length_bytes = held.length;
    },
    /** The rest of this piece after the line, and the length of the line; undefined while it has no end. */
    take(piece: Buffer, offset: number): { used: number; rest: Buffer } | undefined {
      if (!line) return { used: 0, rest: piece };
      const end = piece.indexOf(NEWLINE);
      const until = end < 0 ? piece.length : end;
      line.push(piece, 0, until);
      length_bytes += until;
      if (end < 0) return undefined;
      takeReduced(batch, parser, line, { source, path, offset, length_bytes });
      line = undefined;
      return { used: length_bytes + 1, rest: piece.subarray(end + 1) };
    },
  };
}

/** Each read completes before it returns: a pending one could read another file once the caller closes `fd`. */
function* chunks(fd: number): Generator<Buffer> {
  for (let at = 0; ; ) {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = readSync(fd, bytes, 0, CHUNK_BYTES, at);
    if (got === 0) return;
    at += got;
    yield bytes.subarray(0, got);
  }
}
