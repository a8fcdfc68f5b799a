/**
 * `codex app-server`, one query per process: initialize, initialized, account/rateLimits/read, end of input. No other
 * method is called: a thread or a turn would change the user's files or spend tokens. The client reads its own login;
 * this process never opens it. The client may refresh an expired token, hence this source is opt-in.
 */
import type { FailureClass } from "../../../schema/rate-limits.ts";
import { VENDORS } from "../../../schema/vendors.ts";
import { type Child, startChild, toFailure } from "../../limits/child.ts";
import { PROBE_BYTES, type Probe, type ProbeLimits, type ProbeResult } from "../../limits/probe.ts";
import { type Json, object } from "../../limits/reading.ts";
import {
  type Limits,
  mergeUpdate,
  readLimits,
  toCredits,
  toFailureClass,
  toWindows,
} from "./app-server-answer.ts";

export type AppServerOptions = ProbeLimits & {
  /** The program and its arguments before `app-server`. */
  command: readonly string[];
  account: string;
  /** The account's own folder; absent = the client's default. */
  account_home?: string;
  cadence_ms: number;
  env: Record<string, string>;
  version: string;
  random?: () => number;
};

const INITIALIZE_ID = 1;
const FIRST_READ_ID = 2;
const MOST_READS = 3;
const RETRY_MS = 250;
/** After the end of its input the client exits within some 20 ms. */
const LEAVE_MS = 1_000;

export function createAppServerProbe(options: AppServerOptions): Probe {
  const { account, cadence_ms } = options;
  return {
    name: account === "default" ? "codex_app_server" : `codex_app_server:${account}`,
    source: "codex",
    origin: "app_server",
    account,
    cadence_ms,
    program: options.command[0] ?? "codex",
    run: (now, signal) => queryServer(options, now, signal),
  };
}

type Talk = {
  limits: Limits | undefined;
  failure: FailureClass | undefined;
  reads: number;
  strangeLines: number;
};

async function queryServer(
  options: AppServerOptions,
  now: () => number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const talk: Talk = { limits: undefined, failure: undefined, reads: 0, strangeLines: 0 };
  const child: Child = startChild({
    command: [...options.command, "app-server"],
    env: {
      ...options.env,
      ...(options.account_home !== undefined && { [VENDORS.codex.home_variable]: options.account_home }),
    },
    timeout_ms: options.timeout_ms,
    kill_after_ms: options.kill_after_ms,
    ...PROBE_BYTES,
    signal,
    onLine: (line) => onLine(line, talk, child, options),
  });
  const clientInfo = { name: "hall-monitor", title: "hall-monitor", version: options.version };
  send(child, { method: "initialize", id: INITIALIZE_ID, params: { clientInfo } });
  const end = await child.done;
  if (talk.failure) return { ok: false, failure: talk.failure };
  if (!talk.limits) {
    const isGarbage = talk.strangeLines > 0 && end !== "flood";
    return { ok: false, failure: isGarbage ? "garbage" : end === "failed" ? "exited" : toFailure(end) };
  }
  const time_unix_ms = now();
  const event = {
    source_tool: "codex" as const,
    time_unix_ms,
    hostname: "",
    account: options.account,
    origin: "app_server" as const,
    windows: toWindows(talk.limits),
  };
  return { ok: true, event, credits: toCredits(talk.limits, options.account, time_unix_ms) };
}

function send(child: Child, message: Json): void {
  child.write(JSON.stringify(message));
}

function onLine(line: string, talk: Talk, child: Child, options: AppServerOptions): void {
  const message = parse(line);
  if (!message) return void talk.strangeLines++;
  if (message.method === "account/rateLimits/updated") {
    if (talk.limits) mergeUpdate(talk.limits, message.params);
    return;
  }
  // Other notifications arrive between the answers; requests of the server are not answered.
  if (message.method !== undefined || talk.limits || talk.failure) return;
  if (message.id === INITIALIZE_ID && talk.reads === 0) onInitialized(message, talk, child);
  else if (message.id === FIRST_READ_ID + talk.reads - 1) onAnswer(message, talk, child, options);
}

function onInitialized(message: Json, talk: Talk, child: Child): void {
  if (message.error === undefined) {
    send(child, { method: "initialized" });
    read(talk, child);
  } else {
    talk.failure = toFailureClass(message.error);
    leave(child);
  }
}

function read(talk: Talk, child: Child): void {
  send(child, { method: "account/rateLimits/read", id: FIRST_READ_ID + talk.reads });
  talk.reads++;
}

function onAnswer(message: Json, talk: Talk, child: Child, { random = Math.random }: AppServerOptions): void {
  const failure = message.error === undefined ? undefined : toFailureClass(message.error);
  if (failure === "overloaded" && talk.reads < MOST_READS)
    return void setTimeout(() => read(talk, child), RETRY_MS * talk.reads * (1 + random()));
  if (failure === undefined) talk.limits = readLimits(message.result);
  if (!talk.limits) talk.failure = failure ?? "garbage";
  leave(child);
}

function leave(child: Child): void {
  child.endInput();
  const stop = setTimeout(child.stop, LEAVE_MS);
  void child.done.then(() => clearTimeout(stop));
}

function parse(line: string): Json | undefined {
  try {
    return object(JSON.parse(line));
  } catch {
    return undefined;
  }
}
