import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { FailureClass } from "../../schema/rate-limits.ts";

/** How the child ended. `stopped` = it was ended because its output was complete. */
export type ChildEnd = "exited" | "failed" | "stopped" | "timeout" | "flood" | "missing";

export type ChildOptions = {
  command: readonly string[];
  env: Record<string, string>;
  cwd?: string;
  timeout_ms: number;
  /** Time between TERM and KILL. */
  kill_after_ms: number;
  max_line_bytes: number;
  max_bytes: number;
  signal: AbortSignal;
  onLine(line: string): void;
};

export type Child = {
  write(line: string): void;
  /** Closes its input, on which a well-behaved server exits. */
  endInput(): void;
  stop(): void;
  done: Promise<ChildEnd>;
};

const NEWLINE = 0x0a;
/** A grandchild may keep the pipe of an exited child open. */
const DRAIN_MS = 200;

/**
 * One process of its own group, bounded in time and bytes. Never rejects, and when `done` resolves the group has ended.
 * Its stderr is discarded unread: it may contain tokens.
 */
export function startChild(options: ChildOptions): Child {
  const { promise: done, resolve } = Promise.withResolvers<ChildEnd>();
  const child = spawnGroup(options);
  if (!child) {
    resolve("missing");
    return { write: () => {}, endInput: () => {}, stop: () => {}, done };
  }
  let end: ChildEnd | undefined;
  let killer: ReturnType<typeof setTimeout> | undefined;
  const finish = (why: ChildEnd) => {
    if (end !== undefined) return;
    end = why;
    signal(child, "SIGTERM");
    killer = setTimeout(() => signal(child, "SIGKILL"), options.kill_after_ms);
  };
  const undo = finishWhenOver(options, finish);
  function settle(code: number | null): void {
    undo();
    clearTimeout(killer);
    child?.stdout.destroy();
    resolve(end ?? (code === 0 ? "exited" : "failed"));
  }
  child.stdin.on("error", () => {});
  readLines(child, options, () => finish("flood"));
  child.on("error", () => {
    if (child.pid === undefined) end = "missing";
    settle(null);
  });
  child.on("exit", (code) => {
    // Processes of the group that ignored the TERM.
    if (end !== undefined) signal(child, "SIGKILL");
    void outputRead(child).then(() => settle(code));
  });
  return {
    write: (line) => void child.stdin.write(`${line}\n`),
    endInput: () => void child.stdin.end(),
    stop: () => finish("stopped"),
    done,
  };
}

function spawnGroup({ command, env, cwd }: ChildOptions): ChildProcessWithoutNullStreams | undefined {
  const [file = "", ...args] = command;
  try {
    return spawn(file, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      stdio: ["pipe", "pipe", "ignore"],
      detached: process.platform !== "win32",
    }) as unknown as ChildProcessWithoutNullStreams;
  } catch {
    return undefined;
  }
}

/** A timeout or the caller can end it; the returned function cancels both. */
function finishWhenOver({ timeout_ms, signal }: ChildOptions, finish: (why: ChildEnd) => void): () => void {
  const deadline = setTimeout(() => finish("timeout"), timeout_ms);
  const onAbort = () => finish("stopped");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => {
    clearTimeout(deadline);
    signal.removeEventListener("abort", onAbort);
  };
}

async function outputRead({ stdout }: ChildProcessWithoutNullStreams): Promise<void> {
  if (stdout.readableEnded) return;
  await Promise.race([new Promise((go) => stdout.once("end", go)), Bun.sleep(DRAIN_MS)]);
}

function readLines(child: ChildProcessWithoutNullStreams, options: ChildOptions, onFlood: () => void): void {
  let pending: Buffer = Buffer.alloc(0);
  let total = 0;
  let isFlooded = false;
  child.stdout.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (isFlooded) return;
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let at = pending.indexOf(NEWLINE); at >= 0; at = pending.indexOf(NEWLINE)) {
      const line = pending.subarray(0, at);
      pending = pending.subarray(at + 1);
      if (line.length <= options.max_line_bytes && line.length > 0) options.onLine(line.toString("utf8"));
    }
    if (pending.length <= options.max_line_bytes && total <= options.max_bytes) return;
    isFlooded = true;
    pending = Buffer.alloc(0);
    onFlood();
  });
  child.stdout.on("end", () => {
    if (!isFlooded && pending.length > 0) options.onLine(pending.toString("utf8"));
  });
}

/** The whole group: a shell's child would outlive its shell. */
function signal(child: ChildProcessWithoutNullStreams, name: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, name);
  } catch {
    // It has already exited.
  }
}

export function toFailure(end: ChildEnd): FailureClass {
  if (end === "exited" || end === "stopped") return "exited";
  return end;
}
