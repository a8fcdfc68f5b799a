const NEWLINE = 0x0a;
const READ_LIMIT_MS = 1000;
const READ_LIMIT_BYTES = 64 * 1024 * 1024;

/** Never waits for the end of input: a client may keep its end open for as long as the session lives. */
export function readPayload(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    // A timer that is left running keeps a process alive that has nothing more to do.
    const finish = () => {
      clearTimeout(timer);
      resolve(withoutNewline(Buffer.concat(chunks)));
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (chunk.at(-1) === NEWLINE || bytes >= READ_LIMIT_BYTES) finish();
    };
    const timer = setTimeout(finish, READ_LIMIT_MS);
    // Node cannot exit while a thread of its own waits in read(2), so it reads its stream.
    if (typeof Bun === "undefined") process.stdin.on("data", take).on("end", finish).on("error", finish);
    else void readOn(take).then(finish, finish);
  });
}

/** Bun's own stream is there at once; its process.stdin takes 10 ms to load, fs.read a thread pool. */
async function readOn(take: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of Bun.stdin.stream())
    take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}

function withoutNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}
