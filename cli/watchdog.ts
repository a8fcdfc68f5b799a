import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Beat, REST_MS } from "../collector/beat.ts";

const SOCKET = "daemon.sock";
const BEAT_MS = 1000;
/** Several signs in the time that a hang may take. */
const BEATS = 4;
/** What the shortest of the systems takes as the name of a socket. */
const MAX_SOCKET_BYTES = 100;
/** Beside this file in the sources, beside the bundle in a build. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./watchdog-worker.ts" : "./watchdog-worker.js",
  import.meta.url,
);

export type WatchdogOrders = {
  /** The first number grows while the main thread goes on. */
  beats: SharedArrayBuffer;
  token: string;
  /** Null where the data directory's path is too long for one. */
  socket: string | null;
  /** A main thread that does nothing for so long ends with its process. */
  stall_ms: number;
  /** What takes its place then; null where the person or a supervisor who started it is to see its end. */
  restart: { command: string[]; cwd: string } | null;
};
export type WatchdogState = { pid: number; hung_ms: number };

export function controlSocket(dataDir: string): string | null {
  const path = join(dataDir, SOCKET);
  return Buffer.byteLength(path) > MAX_SOCKET_BYTES ? null : path;
}

type Watched = Omit<WatchdogOrders, "beats" | "socket"> & { data_dir: string; beat: Beat; onStop(): void };

/** To be called by the holder of the lock, so that a socket of this name is an older daemon's. */
export function startWatchdog({ data_dir, beat, onStop, ...orders }: Watched): () => void {
  const beats = new SharedArrayBuffer(4);
  const count = new Int32Array(beats);
  const end = beat.every({
    every_ms: Math.min(BEAT_MS, orders.stall_ms / BEATS),
    rest_ms: Math.min(REST_MS, orders.stall_ms / BEATS),
    run: () => void Atomics.add(count, 0, 1),
  });
  const socket = controlSocket(data_dir);
  if (socket !== null) rmSync(socket, { force: true, recursive: true });
  const worker = new Worker(WORKER);
  worker.onmessage = onStop;
  worker.postMessage({ ...orders, beats, socket } satisfies WatchdogOrders);
  return () => {
    end();
    worker.terminate();
    if (socket !== null) rmSync(socket, { force: true, recursive: true });
  };
}
