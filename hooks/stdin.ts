import * as fs from "node:fs";

const NEWLINE = 0x0a;
const READ_LIMIT_MS = 1000;
const READ_LIMIT_BYTES = 64 * 1024 * 1024;

/** Never waits for the end of input: a client may keep its end open for as long as the session lives. */
export function readPayload(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const finish = () => resolve(withoutNewline(Buffer.concat(chunks)));
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.at(-1) === NEWLINE || bytes >= READ_LIMIT_BYTES) finish();
    };
    setTimeout(finish, READ_LIMIT_MS);
    // Node cannot exit while a thread of its own waits in read(2); under Bun a stream costs 10 ms to load.
    if (typeof Bun === "undefined") process.stdin.on("data", take).on("end", finish).on("error", finish);
    else readOn(Buffer.allocUnsafe(64 * 1024), take, finish);
  });
}

function readOn(scratch: Buffer, take: (chunk: Buffer) => void, finish: () => void): void {
  const next = () =>
    fs.read(0, scratch, 0, scratch.length, null, (error, got) => {
      if (error?.code === "EAGAIN") return void setTimeout(next, 1);
      if (error || got === 0) return finish();
      take(Buffer.from(scratch.subarray(0, got)));
      next();
    });
  next();
}

function withoutNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}
