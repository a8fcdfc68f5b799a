import { type Auth, nextAuth, START, toAuthReport } from "./auth.ts";
import { FRAME_ERRORS, type Frame, type FrameError, type FrameId, readFrame } from "./frames.ts";
import { createRestarts } from "./restarts.ts";

const PROCESS_STATES = ["inactive", "starting", "running", "degraded", "crash_loop", "stopping"] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];
export type Handshake = "none" | "sent" | "initialized";
const RESTART_CAUSES = ["process_exit", "spawn_failed", "handshake_timeout"] as const;
export type RestartCause = (typeof RESTART_CAUSES)[number];

/** A running app-server: lines in, lines out, and its exit. */
export type StreamChild = { write(line: string): void; stop(): void; done: Promise<unknown> };
export type StreamOptions = {
  account: string;
  version: string;
  /** Throws where the program cannot be started. */
  start(onLine: (line: Uint8Array) => void): StreamChild;
  /** Called for a notification that is not about the login. */
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

const isHealthy = ({ state, handshake, auth }: Condition) =>
  state === "running" && handshake === "initialized" && auth.state === "authenticated";

/** State of the process and of its login. */
type Condition = { state: ProcessState; handshake: Handshake; auth: Auth; last_message: number | null };

/**
 * A `codex app-server` that is kept running and only queried for its account and limits. It is restarted, with a new
 * handshake and login, until it ends three times within a minute; polling does not depend on it.
 */
export function createAppStream(options: StreamOptions) {
  const causes: Record<RestartCause, number> = { process_exit: 0, spawn_failed: 0, handshake_timeout: 0 };
  const is: Condition = { state: "inactive", handshake: "none", auth: START, last_message: null };
  const set = (next: ProcessState): void => {
    is.state = next;
    options.onChange?.();
  };
  const write = (message: object) => runner.write(message);
  const calls = createCalls(write, options.timeout_ms ?? TIMEOUT_MS, (method) => {
    if (method !== "initialize") return set("degraded");
    causes.handshake_timeout++;
    runner.halt();
  });
  const talk = createTalk(options, { is, set, calls, write });
  const restarts = createRestarts();
  const runner = createRunner(options, { is, set, causes, restarts, calls, talk });

  return {
    start: runner.start,
    stop: runner.stop,
    /** Ends a crash loop: resets the count of failures. */
    resetLoop(): void {
      restarts.reset();
      if (is.state === "crash_loop") set("inactive");
    },
    poll: () => isHealthy(is) && calls.call("account/rateLimits/read", undefined),
    status: () => toStatus(options.account, is, causes, talk.errors, calls.count()),
  };
}

type RunnerParts = {
  is: Condition;
  set(next: ProcessState): void;
  causes: Record<RestartCause, number>;
  restarts: ReturnType<typeof createRestarts>;
  calls: Calls;
  talk: ReturnType<typeof createTalk>;
};

/** The process: started, restarted when it ends, and left stopped when it ends too often. */
function createRunner(options: StreamOptions, { is, set, causes, restarts, calls, talk }: RunnerParts) {
  const { now = Date.now, cooldown_ms = COOLDOWN_MS } = options;
  let child: StreamChild | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    if (is.state === "crash_loop" || child) return;
    clearTimeout(retry);
    reset();
    set("starting");
    try {
      const started = options.start((line) => talk.onFrame(readFrame(line)));
      child = started;
      void started.done.then(() => child === started && ended("process_exit"));
      talk.greet();
    } catch {
      ended("spawn_failed");
    }
  }
  /** Ids restart, and earlier calls no longer have an answer. */
  function reset(): void {
    calls.reset();
    Object.assign(is, { handshake: "none", auth: START } satisfies Partial<Condition>);
  }
  function ended(cause: RestartCause): void {
    child = undefined;
    reset();
    if (is.state === "stopping" || is.state === "inactive") return void set("inactive");
    causes[cause]++;
    if (restarts.failed(now())) return void set("crash_loop");
    set("degraded");
    retry = setTimeout(start, cooldown_ms);
  }
  async function stop(): Promise<void> {
    clearTimeout(retry);
    const running = child;
    set(running ? "stopping" : "inactive");
    running?.stop();
    await running?.done;
    reset();
    set("inactive");
  }
  const write = (message: object) => child?.write(JSON.stringify(message));
  return { start, stop, write, halt: () => child?.stop() };
}

function toStatus(
  account: string,
  is: Condition,
  restarts: StreamStatus["restarts"],
  errors: StreamStatus["errors"],
  pending: number,
): StreamStatus {
  return {
    account,
    process: is.state,
    handshake: is.handshake,
    auth: is.auth.state,
    is_healthy: isHealthy(is),
    last_message_unix_ms: is.last_message,
    restarts: { ...restarts },
    errors: { ...errors },
    pending,
  };
}

type Calls = ReturnType<typeof createCalls>;

/** Calls by their ids, each until its answer or its timeout. */
function createCalls(
  write: (message: object) => void,
  timeout_ms: number,
  onExpired: (method: string) => void,
) {
  const pending = new Map<FrameId, { method: string; timer: ReturnType<typeof setTimeout> }>();
  let nextId = 1;

  function take(id: FrameId): string | undefined {
    const found = pending.get(id);
    clearTimeout(found?.timer);
    pending.delete(id);
    return found?.method;
  }
  return {
    call(method: string, params: unknown): void {
      if (pending.size >= MAX_PENDING) return;
      const id = nextId++;
      const timer = setTimeout(() => {
        take(id);
        onExpired(method);
      }, timeout_ms);
      pending.set(id, { method, timer });
      write({ id, method, params });
    },
    /** The method that this is the answer to; undefined for an unknown id. */
    take,
    reset(): void {
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
      nextId = 1;
    },
    count: () => pending.size,
  };
}

type TalkParts = Pick<RunnerParts, "is" | "set" | "calls"> & { write(message: object): void };

/** The conversation: handshake, login, and notifications. */
function createTalk(options: StreamOptions, { is, set, calls, write }: TalkParts) {
  const { now = Date.now } = options;
  const errors = Object.fromEntries(FRAME_ERRORS.map((kind) => [kind, 0])) as Record<FrameError, number>;

  function onReply({ id, result, error }: Extract<Frame, { kind: "reply" }>): void {
    const method = calls.take(id);
    if (method === undefined) return void errors.unknown_id++;
    if (error !== undefined) return void set("degraded");
    if (method === "initialize") {
      is.handshake = "initialized";
      write({ method: "initialized" });
      calls.call("account/read", { refreshToken: false });
      set("running");
    } else if (method === "account/read") {
      is.auth = nextAuth(is.auth, { kind: "account_read", has_account: hasAccount(result) });
      if (is.auth.state === "authenticated") calls.call("account/rateLimits/read", undefined);
      set("running");
    } else options.onNotification?.(method, result);
  }

  function onNotification({ method, params }: Extract<Frame, { kind: "notification" }>): void {
    const report = toAuthReport(method, params);
    if (report) {
      is.auth = nextAuth(is.auth, report);
      set(is.auth.is_degraded ? "degraded" : "running");
    } else if (method.startsWith("account/")) options.onNotification?.(method, params);
    else errors.unknown_method++;
  }

  return {
    errors,
    greet(): void {
      const clientInfo = { name: "hall-monitor", title: "hall-monitor", version: options.version };
      calls.call("initialize", { clientInfo });
      is.handshake = "sent";
    },
    onFrame(frame: Frame): void {
      if (frame.kind === "bad") return void errors[frame.error]++;
      is.last_message = now();
      if (frame.kind === "reply") onReply(frame);
      else if (frame.kind === "notification") onNotification(frame);
      else {
        errors.unknown_method++;
        const error = { code: METHOD_NOT_FOUND, message: "this client answers no requests" };
        write({ id: frame.id, error });
      }
    },
  };
}

function hasAccount(result: unknown): boolean {
  return (result as { account?: unknown } | null)?.account != null;
}
