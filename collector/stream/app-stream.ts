import { type Auth, nextAuth, START, toAuthReport } from "./auth.ts";
import { FRAME_ERRORS, type Frame, type FrameError, type FrameId, readFrame } from "./frames.ts";
import { createRestarts } from "./restarts.ts";

const PROCESS_STATES = ["inactive", "starting", "running", "degraded", "crash_loop", "stopping"] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];
export type Handshake = "none" | "sent" | "initialized";
const RESTART_CAUSES = ["process_exit", "spawn_failed", "handshake_timeout"] as const;
export type RestartCause = (typeof RESTART_CAUSES)[number];

/** A running app-server: lines go in, lines come out, and it ends. */
export type StreamChild = { write(line: string): void; stop(): void; done: Promise<unknown> };
export type StreamOptions = {
  account: string;
  version: string;
  /** Throws where the program cannot be started. */
  start(onLine: (line: Uint8Array) => void): StreamChild;
  /** Of a notification that is none of the login's. */
  onNotification?(method: string, params: unknown): void;
  onChange?(): void;
  now?: () => number;
  cooldown_ms?: number;
  timeout_ms?: number;
};

export type StreamStatus = {
  account: string;
  process: ProcessState;
  handshake: Handshake;
  auth: Auth["state"];
  is_healthy: boolean;
  last_message_unix_ms: number | null;
  restarts: Record<RestartCause, number>;
  errors: Record<FrameError, number>;
  pending: number;
};

const COOLDOWN_MS = 500;
const TIMEOUT_MS = 30_000;
const MAX_PENDING = 256;
const METHOD_NOT_FOUND = -32601;

/**
 * A `codex app-server` that is kept: it is asked for nothing but its account and limits. It restarts by itself, with
 * handshake and login again, until it ends three times within a minute; the baseline does not depend on it.
 */
export function createAppStream(options: StreamOptions) {
  const now = options.now ?? Date.now;
  const restarts = createRestarts();
  const pending = new Map<FrameId, { method: string; timer: ReturnType<typeof setTimeout> }>();
  const causes: Record<RestartCause, number> = { process_exit: 0, spawn_failed: 0, handshake_timeout: 0 };
  const errors = Object.fromEntries(FRAME_ERRORS.map((kind) => [kind, 0])) as Record<FrameError, number>;
  let state: ProcessState = "inactive";
  let handshake: Handshake = "none";
  let auth: Auth = START;
  let child: StreamChild | undefined;
  let nextId = 1;
  let lastMessage: number | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function set(next: ProcessState): void {
    state = next;
    options.onChange?.();
  }

  function start(): void {
    if (state === "crash_loop" || child) return;
    clearTimeout(retry);
    reset();
    set("starting");
    try {
      const started = options.start((line) => onFrame(readFrame(line)));
      child = started;
      void started.done.then(() => child === started && ended("process_exit"));
      call("initialize", {
        clientInfo: { name: "hall-monitor", title: "hall-monitor", version: options.version },
      });
      handshake = "sent";
    } catch {
      ended("spawn_failed");
    }
  }

  /** Ids begin again, and earlier calls have no answer any more. */
  function reset(): void {
    for (const { timer } of pending.values()) clearTimeout(timer);
    pending.clear();
    nextId = 1;
    handshake = "none";
    auth = START;
  }

  function ended(cause: RestartCause): void {
    child = undefined;
    reset();
    if (state === "stopping" || state === "inactive") return void set("inactive");
    causes[cause]++;
    if (restarts.failed(now())) return void set("crash_loop");
    set("degraded");
    retry = setTimeout(start, options.cooldown_ms ?? COOLDOWN_MS);
  }

  function call(method: string, params: unknown): void {
    if (pending.size >= MAX_PENDING) return;
    const id = nextId++;
    const timer = setTimeout(() => expire(id), options.timeout_ms ?? TIMEOUT_MS);
    pending.set(id, { method, timer });
    child?.write(JSON.stringify({ id, method, params }));
  }

  function expire(id: FrameId): void {
    const method = pending.get(id)?.method;
    pending.delete(id);
    if (method === "initialize") {
      causes.handshake_timeout++;
      child?.stop();
    } else set("degraded");
  }

  function onFrame(frame: Frame): void {
    if (frame.kind === "bad") return void errors[frame.error]++;
    lastMessage = now();
    if (frame.kind === "reply") return void onReply(frame);
    if (frame.kind === "request") {
      errors.unknown_method++;
      const error = { code: METHOD_NOT_FOUND, message: "this client answers no requests" };
      return void child?.write(JSON.stringify({ id: frame.id, error }));
    }
    const report = toAuthReport(frame.method, frame.params);
    if (report) {
      auth = nextAuth(auth, report);
      set(auth.is_degraded ? "degraded" : "running");
    } else if (frame.method.startsWith("account/")) options.onNotification?.(frame.method, frame.params);
    else errors.unknown_method++;
  }

  function onReply({ id, result, error }: Extract<Frame, { kind: "reply" }>): void {
    const outstanding = pending.get(id);
    if (!outstanding) return void errors.unknown_id++;
    clearTimeout(outstanding.timer);
    pending.delete(id);
    if (outstanding.method === "initialize" && error === undefined) {
      handshake = "initialized";
      child?.write(JSON.stringify({ method: "initialized" }));
      call("account/read", { refreshToken: false });
      return void set("running");
    }
    if (error !== undefined) return void set("degraded");
    if (outstanding.method === "account/read") {
      const account = (result as { account?: unknown } | null)?.account;
      auth = nextAuth(auth, { kind: "account_read", has_account: account !== null && account !== undefined });
      if (auth.state === "authenticated") call("account/rateLimits/read", undefined);
      set("running");
    } else options.onNotification?.(outstanding.method, result);
  }

  const isHealthy = () =>
    state === "running" && handshake === "initialized" && auth.state === "authenticated";
  return {
    start,
    async stop(): Promise<void> {
      clearTimeout(retry);
      const running = child;
      set(running ? "stopping" : "inactive");
      running?.stop();
      await running?.done;
      reset();
      set("inactive");
    },
    /** The way out of a crash loop: the count of failures is reset. */
    resetLoop(): void {
      restarts.reset();
      if (state === "crash_loop") set("inactive");
    },
    poll: () => isHealthy() && call("account/rateLimits/read", undefined),
    status: (): StreamStatus => ({
      account: options.account,
      process: state,
      handshake,
      auth: auth.state,
      is_healthy: isHealthy(),
      last_message_unix_ms: lastMessage,
      restarts: { ...causes },
      errors: { ...errors },
      pending: pending.size,
    }),
  };
}
