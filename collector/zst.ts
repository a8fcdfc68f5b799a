import { readSync, type Stats } from "node:fs";
import { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { joinToolCalls } from "../store/commit-tools.ts";
import { emptyBatch, LINE_LIMIT_BYTES, type TailResult } from "./file-batch.ts";
import { feedLines } from "./lines.ts";
import { takeReduced } from "./oversize.ts";
import { LineReducer } from "./reduce.ts";
import type { Source } from "./sources/source.ts";

const NEWLINE = 10;
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a compressed rollout as a whole: Codex writes it once and replaces it, never appends. A torn last
 * frame gives the lines before it; the file is read again when it changes.
 */
export async function readCompressed(
  source: Source,
  path: string,
  fd: number,
  stats: Stats,
): Promise<TailResult> {
  const batch = emptyBatch(source, path, stats, 0, "active");
  const parser = source.open(path, "", batch);
  let held = Buffer.alloc(0);
  let position = 0;
  const compressed = Readable.from(chunks(fd));
  const plain = compressed.pipe(createZstdDecompress());
  compressed.on("error", (error) => plain.destroy(error));
  let long: LineReducer | undefined;
  let longBytes = 0;
  try {
    for await (const piece of plain) {
      let chunk: Buffer = piece;
      if (long) {
        const end = chunk.indexOf(NEWLINE);
        const until = end < 0 ? chunk.length : end;
        long.push(chunk, 0, until);
        longBytes += until;
        if (end < 0) continue;
        takeReduced(batch, parser, long, { source, path, offset: position, length_bytes: longBytes });
        position += longBytes + 1;
        long = undefined;
        chunk = chunk.subarray(end + 1);
      }
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
      const { used, lines, restored } = feedLines(parser, held, 0, held.length, position);
      batch.lines += lines;
      if (restored > 0) batch.ignored.restored = (batch.ignored.restored ?? 0) + restored;
      position += used;
      held = held.subarray(used);
      if (held.length > LINE_LIMIT_BYTES) {
        long = new LineReducer();
        long.push(held, 0, held.length);
        longBytes = held.length;
        held = Buffer.alloc(0);
      }
    }
  } catch (error) {
    if (position === 0) return { kind: "failed", code: (error as { code?: string }).code ?? "zstd" };
  } finally {
    compressed.destroy();
    plain.destroy();
  }
  batch.cursor.parser_state = parser.state();
  batch.tool_calls = joinToolCalls(batch.tool_calls);
  batch.bytes = position;
  batch.cursor.offset = stats.size;
  return { kind: "read", batch, more: false };
}

/** Each read is over when it returns: one still under way when the caller closes `fd` would read another's file. */
function* chunks(fd: number): Generator<Buffer> {
  for (let at = 0; ; ) {
    const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
    const got = readSync(fd, bytes, 0, CHUNK_BYTES, at);
    if (got === 0) return;
    at += got;
    yield bytes.subarray(0, got);
  }
}
