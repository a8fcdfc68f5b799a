import * as fs from "node:fs";

const NEWLINE = 0x0a;
const SILENCE_MS = 1000;
/** With what follows still within the five seconds that a client grants. */
const BUSY_SILENCE_MS = 3500;
const BUSY_STEP_MS = 50;
const READ_LIMIT_BYTES = 64 * 1024 * 1024;

/** `is_silent`: nothing came, of a writer that is still there. */
export type Sent = { payload: Buffer; is_silent: boolean };

/**
 * Never waits for the end of input: a client may keep its end open for as long as the session lives. It ends with a
 * newline at the end of a chunk, or a second of silence; a writer that a busy machine keeps from writing has longer.
 */
export function readPayload(): Promise<Sent> {
  const begin = performance.now();
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    // A pending timer would keep an idle process alive.
    const finish = (is_silent: boolean) => {
      clearTimeout(timer);
      resolve({ payload: withoutNewline(Buffer.concat(chunks)), is_silent });
    };
    const end = () => finish(false);
    const check = async () => {
      const before = bytes;
      const isLate = performance.now() - begin >= BUSY_SILENCE_MS || !(await isMachineBusy());
      if (bytes !== before) return;
      if (isLate) finish(bytes === 0);
      else timer = setTimeout(check, BUSY_STEP_MS);
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      clearTimeout(timer);
      if (chunk.at(-1) === NEWLINE || bytes >= READ_LIMIT_BYTES) end();
      else timer = setTimeout(check, Math.min(SILENCE_MS, BUSY_SILENCE_MS - (performance.now() - begin)));
    };
    let timer = setTimeout(check, SILENCE_MS);
    // Node cannot exit while a thread of its own waits in read(2), so it reads its stream.
    if (typeof Bun === "undefined") process.stdin.on("data", take).on("end", end).on("error", end);
    else void readOn(take).then(end, end);
  });
}

/** More tasks want a processor than there are. */
async function isMachineBusy(): Promise<boolean> {
  const os = await import("node:os");
  return runningTasks(os.loadavg()[0]!) > os.availableParallelism();
}

/** The load of the last minute where the system does not count the tasks of this moment. */
function runningTasks(load: number): number {
  try {
    return Number(/ (\d+)\//.exec(fs.readFileSync("/proc/loadavg", "latin1"))![1]);
  } catch {
    return load;
  }
}

/** Bun's own stream is built in; its process.stdin takes 10 ms to load, fs.read a thread pool. */
async function readOn(take: (chunk: Buffer) => void): Promise<void> {
  for await (const chunk of Bun.stdin.stream())
    take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}

function withoutNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}
