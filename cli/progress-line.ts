import type { DaemonStatus } from "../schema/status.ts";
import { counted } from "./format.ts";

const WIDTH = 30;
const EVERY_MS = 100;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs `end` at a signal, before the process ends by it: the prompt of the shell follows what is printed last. Returns
 * how to stop.
 */
function beforeSignal(end: () => void): () => void {
  const take = (signal: NodeJS.Signals) => {
    stop();
    end();
    // Another listener ends the process itself.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const stop = () => {
    for (const signal of SIGNALS) process.off(signal, take);
  };
  for (const signal of SIGNALS) process.on(signal, take);
  return stop;
}

/** One line on the terminal with the progress of reading history; silent without a terminal. */
export function progressLine(out: { isTTY?: boolean; write(text: string): unknown }, enabled: boolean) {
  let shows = enabled && out.isTTY === true;
  let last = Number.NEGATIVE_INFINITY;
  let isOpen = false;
  let stopWaiting = () => {};
  function open(): void {
    isOpen = true;
    stopWaiting = beforeSignal(() => {
      shows = false;
      out.write("\n");
    });
  }
  function write(b: DaemonStatus["backfill"]): void {
    const share = b.bytes_total === 0 ? 1 : b.bytes_done / b.bytes_total;
    const bar = "█".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, "░");
    out.write(
      `\r${bar} ${Math.floor(share * 100)} %  ${b.files_done}/${counted(b.files_total, "file")}, ${megabytes(b.bytes_done)} of ${megabytes(b.bytes_total)}\x1b[K`,
    );
  }
  function finish(b: DaemonStatus["backfill"]): void {
    write(b);
    out.write("\n");
    isOpen = false;
    stopWaiting();
  }
  return {
    /** Finished with the history: what a daemon stores after it has no line. */
    show(b: DaemonStatus["backfill"]): void {
      if (!shows || (b.done && !isOpen)) return;
      if (b.done) {
        finish(b);
        return;
      }
      if (performance.now() - last < EVERY_MS) return;
      last = performance.now();
      if (!isOpen) open();
      write(b);
    },
    /** The result, also of what was too short for a line. */
    end(b: DaemonStatus["backfill"]): void {
      if (shows && b.files_total > 0 && (isOpen || last === Number.NEGATIVE_INFINITY)) finish(b);
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Shows on a terminal, after a second, that a result is being computed; removed when it is ready. */
export async function withWait<T>(
  out: { isTTY?: boolean; write(text: string): unknown },
  what: string,
  answer: Promise<T>,
): Promise<T> {
  if (out.isTTY !== true) return answer;
  let seconds = 0;
  const timer = setInterval(() => out.write(`\r${what}, ${++seconds} s\x1b[K`), 1000);
  const clear = () => {
    clearInterval(timer);
    if (seconds > 0) out.write("\r\x1b[K");
  };
  const stopWaiting = beforeSignal(clear);
  try {
    return await answer;
  } finally {
    stopWaiting();
    clear();
  }
}
