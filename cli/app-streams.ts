import { spawn } from "node:child_process";
import { join } from "node:path";
import { readLimits } from "../collector/limits/settings.ts";
import { LIMIT_SOURCES } from "../collector/limits/vendors.ts";
import { createAppStream, type StreamChild, type StreamStatus } from "../collector/stream/app-stream.ts";
import { MAX_FRAME_BYTES } from "../collector/stream/frames.ts";
import type { Config } from "../schema/config.ts";
import { VENDOR_NAMES, VENDORS } from "../schema/vendors.ts";
import { VERSION } from "./version.ts";

const POLL_MS = 60_000;
const NEWLINE = 0x0a;

/** An app-server for each account of config.json that has `stream: true`; none by default. */
export function openAppStreams(config: Config) {
  const limits = readLimits(join(config.data_dir, "config.json"));
  const servers = VENDOR_NAMES.flatMap((name) => {
    const { server } = LIMIT_SOURCES[name];
    return server === null ? [] : [{ server, home_variable: VENDORS[name].home_variable }];
  });
  const streams = servers.flatMap(({ server, home_variable }) =>
    server
      .accounts(limits)
      .filter((account) => account.has_stream)
      .map(({ alias, home }) => {
        const env = { ...config.limits.child_env, [home_variable]: home };
        return createAppStream({
          account: alias,
          version: VERSION,
          start: (onLine) => startServer(server.program(limits), env, onLine),
        });
      }),
  );
  let poll: ReturnType<typeof setInterval> | undefined;
  return {
    start(): void {
      for (const stream of streams) stream.start();
      if (streams.length > 0) poll ??= setInterval(() => streams.forEach((s) => void s.poll()), POLL_MS);
    },
    async stop(): Promise<void> {
      clearInterval(poll);
      poll = undefined;
      await Promise.all(streams.map((stream) => stream.stop()));
    },
    reset(): void {
      for (const stream of streams) {
        stream.resetLoop();
        stream.start();
      }
    },
    status: (): StreamStatus[] => streams.map((stream) => stream.status()),
  };
}

/** Its stderr is discarded unread: it may contain tokens. */
function startServer(
  program: string,
  env: Record<string, string>,
  onLine: (line: Uint8Array) => void,
): StreamChild {
  const child = spawn(program, ["app-server"], { env, stdio: ["pipe", "pipe", "ignore"] });
  const { promise: done, resolve } = Promise.withResolvers<void>();
  child.on("error", () => resolve());
  child.on("exit", () => resolve());
  child.stdin.on("error", () => {});
  let pending = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let at = pending.indexOf(NEWLINE); at >= 0; at = pending.indexOf(NEWLINE)) {
      if (at > 0) onLine(pending.subarray(0, at));
      pending = pending.subarray(at + 1);
    }
    if (pending.length <= MAX_FRAME_BYTES) return;
    // A frame without an end: it is counted, and a new one begins.
    onLine(pending);
    pending = Buffer.alloc(0);
  });
  return {
    write: (line) => void child.stdin.write(`${line}\n`),
    stop: () => void child.kill("SIGTERM"),
    done,
  };
}
