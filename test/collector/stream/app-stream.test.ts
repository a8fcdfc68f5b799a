import { describe, expect, test } from "bun:test";
import { createAppStream, type StreamChild } from "../../../collector/stream/app-stream.ts";
import { nextAuth, START, toAuthReport } from "../../../collector/stream/auth.ts";
import { readFrame } from "../../../collector/stream/frames.ts";
import { createRestarts } from "../../../collector/stream/restarts.ts";

const bytes = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** An app-server controlled by the test: what it sends and when it ends. */
function server(now: () => number = Date.now) {
  const sent: Record<string, unknown>[] = [];
  const starts: { send(value: unknown): void; end(): void }[] = [];
  const stream = createAppStream({
    account: "default",
    version: "1",
    now,
    cooldown_ms: 0,
    start(onLine): StreamChild {
      const { promise, resolve } = Promise.withResolvers<void>();
      starts.push({ send: (value) => onLine(bytes(value)), end: resolve });
      return { write: (line) => void sent.push(JSON.parse(line)), stop: resolve, done: promise };
    },
  });
  const untilStart = async (n: number) => {
    while (starts.length < n) await new Promise((go) => setTimeout(go, 1));
  };
  /** Answers the handshake and the question for the account. */
  const greet = (account: unknown = { type: "chatgpt" }) => {
    const at = starts.at(-1)!;
    at.send({ id: 1, result: {} });
    at.send({ id: 2, result: { account } });
  };
  return { stream, sent, starts, untilStart, greet };
}

describe("a kept app-server", () => {
  test("D-07 a completed login authenticates no account; the account's update does", () => {
    const done = nextAuth(
      { state: "authenticating", is_degraded: false },
      { kind: "login_completed", success: true },
    );
    expect(done).toEqual({ state: "authenticating", is_degraded: false });
    for (const mode of ["chatgpt", "apikey", "chatgptAuthTokens"])
      expect(
        nextAuth(done, toAuthReport("account/updated", { authMode: mode, planType: "pro" })!).state,
      ).toBe("authenticated");
  });

  test("D-08 failed, null, none, unknown and logout, each with its state", () => {
    const after = (method: string, params: unknown) => nextAuth(START, toAuthReport(method, params)!);
    expect(after("account/login/completed", { success: false, loginId: null })).toEqual({
      state: "needs_login",
      is_degraded: true,
    });
    for (const mode of [null, "none", undefined])
      expect(after("account/updated", { authMode: mode })).toEqual({
        state: "needs_login",
        is_degraded: false,
      });
    expect(after("account/updated", { authMode: "telepathy" })).toEqual({
      state: "needs_login",
      is_degraded: true,
    });
    expect(after("account/logout/completed", {}).state).toBe("logged_out");
  });

  test("D-09 failures at 0, 30 and 60 s are a loop, at 0, 30 and 61 s not", () => {
    const at = (...seconds: number[]) => {
      const restarts = createRestarts();
      return seconds.map((s) => restarts.failed(s * 1000)).at(-1);
    };
    expect(at(0, 30, 60)).toBe(true);
    expect(at(0, 30, 61)).toBe(false);
  });

  test("D-10 D-11 it comes back with a new handshake and login, and stops at the third end until it is reset", async () => {
    let time = 0;
    const { stream, sent, starts, untilStart, greet } = server(() => time);
    stream.start();
    greet();
    expect(stream.status()).toMatchObject({ process: "running", auth: "authenticated", is_healthy: true });
    expect(sent.map((m) => m.method)).toEqual([
      "initialize",
      "initialized",
      "account/read",
      "account/rateLimits/read",
    ]);
    starts[0]!.end();
    await untilStart(2);
    expect(stream.status()).toMatchObject({
      handshake: "sent",
      auth: "needs_login",
      pending: 1,
      is_healthy: false,
    });
    expect(sent.at(-1)).toMatchObject({ id: 1, method: "initialize" });
    greet();
    expect(stream.status().is_healthy).toBe(true);
    time = 30_000;
    starts[1]!.end();
    await untilStart(3);
    time = 60_000;
    starts[2]!.end();
    while (stream.status().process !== "crash_loop") await Promise.resolve();
    stream.start();
    expect(starts).toHaveLength(3);
    stream.resetLoop();
    stream.start();
    expect(starts).toHaveLength(4);
    expect(stream.status().restarts.process_exit).toBe(3);
    await stream.stop();
  });

  test("D-16 every kind of bad frame is counted by its kind, and the child goes on", async () => {
    const { stream, starts, greet } = server();
    stream.start();
    greet();
    const deep = `{"method":"x","params":${"[".repeat(40)}${"]".repeat(40)}}`;
    const child = starts[0]!;
    for (const frame of [
      "not json",
      deep,
      { id: 1, method: "x", result: 1 },
      {},
      { method: "" },
      { id: 99, result: 1 },
      "x".repeat(1024 * 1024 + 1),
      { id: "s-1", result: {} },
    ])
      child.send(frame);
    expect(stream.status()).toMatchObject({
      process: "running",
      errors: { schema_mismatch: 1, protocol_violation: 3, missing_fields: 1, unknown_id: 2, oversize: 1 },
    });
    expect(readFrame(Uint8Array.of(0x7b, 0xff, 0x7d))).toEqual({ kind: "bad", error: "schema_mismatch" });
    await stream.stop();
  });

  test("D-17 an unknown notification or field is counted and degrades nothing", async () => {
    const { stream, starts, greet } = server();
    stream.start();
    greet();
    starts[0]!.send({ method: "thread/somethingNew", params: { a: 1 } });
    starts[0]!.send({
      method: "account/updated",
      params: { authMode: "chatgpt", planType: "pro", more: [] },
    });
    expect(stream.status()).toMatchObject({
      process: "running",
      is_healthy: true,
      errors: { unknown_method: 1 },
    });
    await stream.stop();
  });

  test("D-18 a question of the server is answered with -32601 and its own id", async () => {
    const { stream, starts, sent, greet } = server();
    stream.start();
    greet();
    starts[0]!.send({ id: "ask-1", method: "item/permission/request", params: {} });
    expect(sent.at(-1)).toMatchObject({ id: "ask-1", error: { code: -32601 } });
    await stream.stop();
  });

  test("D-12 stopped, it stays stopped", async () => {
    const { stream, starts, greet } = server();
    stream.start();
    greet();
    await stream.stop();
    expect(stream.status()).toMatchObject({ process: "inactive", handshake: "none", pending: 0 });
    expect(starts).toHaveLength(1);
  });
});
