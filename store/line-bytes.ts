import { closeSync, createReadStream, read } from "node:fs";
import { promisify } from "node:util";
import { createZstdDecompress } from "node:zlib";
import { openRegular } from "../hooks/regular.ts";

const NEWLINE = 10;
const CHUNK_BYTES = 1024 * 1024;

/** Lines in `bytes`, which hold until the next ones are asked for; `offset` is the place of `bytes` in the plain text. */
export type LineBytes = { bytes: Buffer; offset: number; lines: { start: number; end: number }[] };

/** Whole lines of a plain or sealed file, a chunk at a time, in one block of memory: archives grow to gigabytes. */
export async function* readLineBytes(path: string): AsyncGenerator<LineBytes> {
  const source = openSource(path);
  let block = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let held = 0;
  let offset = 0;
  try {
    for (let got = await source.read(block, held); got > 0; got = await source.read(block, held)) {
      const bytes = block.subarray(0, held + got);
      const lines: LineBytes["lines"] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE, held); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        if (end > start) lines.push({ start, end });
        start = end + 1;
      }
      if (lines.length > 0) yield { bytes, offset, lines };
      held = bytes.length - start;
      offset += start;
      if (held < block.length) block.copyWithin(0, start, bytes.length);
      else block = Buffer.concat([block], 2 * block.length);
    }
    if (held > 0) yield { bytes: block.subarray(0, held), offset, lines: [{ start: 0, end: held }] };
  } finally {
    source.close();
  }
}

/** The same as text, each line with its place. */
export async function* readLines(path: string): AsyncGenerator<{ text: string; offset: number }[]> {
  for await (const { bytes, offset, lines } of readLineBytes(path))
    yield lines.map(({ start, end }) => ({
      text: bytes.toString("utf8", start, end),
      offset: offset + start,
    }));
}

/** `read` fills `into` from a place on, and gives how many bytes it put there; 0 at the end. */
type ByteSource = { read(into: Buffer, at: number): Promise<number>; close(): void };

function openSource(path: string): ByteSource {
  const fd = openRegular(path, "theirs");
  if (path.endsWith(".zst")) return unpacked(fd, path);
  const readInto = promisify(read);
  return {
    read: async (into, at) => (await readInto(fd, into, at, into.length - at, null)).bytesRead,
    close: () => closeSync(fd),
  };
}

function unpacked(fd: number, path: string): ByteSource {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES, fd });
  const plain = file.pipe(createZstdDecompress());
  file.on("error", (error) => plain.destroy(error));
  const pieces: AsyncIterator<Buffer> = plain[Symbol.asyncIterator]();
  let piece: Buffer = Buffer.alloc(0);
  return {
    async read(into, at) {
      while (piece.length === 0) {
        const next = await pieces.next();
        if (next.done) return 0;
        piece = next.value;
      }
      const copied = piece.copy(into, at);
      piece = piece.subarray(copied);
      return copied;
    },
    close() {
      file.destroy();
      plain.destroy();
    },
  };
}
