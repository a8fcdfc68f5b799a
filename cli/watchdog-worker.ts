/**
 * A thread of the daemon that goes on when the main one hangs in a call to the system. Over a socket in the data
 * directory it proves which process this is, reports for how long it hangs, and ends it, which needs no process number.
 */

import { chmodSync } from "node:fs";
import { messageOf } from "../schema/errors.ts";
import { isBearer } from "../viewer/access/access.ts";
import { CHALLENGE_HEADER, PROOF_HEADER, toProof } from "../viewer/proof.ts";
import type { WatchdogOrders, WatchdogState } from "./watchdog.ts";

declare const self: {
  onmessage: ((event: MessageEvent<WatchdogOrders>) => void) | null;
  postMessage(message: "stop"): void;
};

/** This many checks in the time that a hang may take, as each wakes a thread; a request over the socket makes one more. */
const CHECKS = 8;
const LONGEST_CHECK_MS = 5_000;
/** Once the end was requested. */
const ENDING_CHECK_MS = 500;
/** A check that comes this late was delayed by a machine that slept: the main thread slept as long. */
const SLEPT_MS = 5_000;
/** How long the main thread has to end by itself after the request. */
const GRACE_MS = 10_000;

self.onmessage = ({ data }) => watch(data);

function watch(orders: WatchdogOrders): void {
  const hang = createHangMeter(new Int32Array(orders.beats));
  let stopAfter = Number.POSITIVE_INFINITY;
  let timer: ReturnType<typeof setInterval> | undefined;

  function checkEvery(ms: number): void {
    clearInterval(timer);
    hang.checkedEvery(ms);
    timer = setInterval(check, ms);
  }

  function check(): void {
    const hung_ms = hang.measure();
    if (hung_ms > Math.min(orders.stall_ms, stopAfter)) end(hung_ms, stopAfter === Number.POSITIVE_INFINITY);
  }

  function end(hung_ms: number, isStalled: boolean): void {
    if (isStalled) {
      console.error(
        `hall-monitor: the daemon was unresponsive for ${Math.round(hung_ms / 1000)} s and was stopped`,
      );
      if (orders.restart) startAgain(orders.restart);
    }
    // Whatever the main thread waits for, this ends it; files are the queue, so nothing is lost.
    process.kill(process.pid, "SIGKILL");
  }

  checkEvery(Math.min(LONGEST_CHECK_MS, orders.stall_ms / CHECKS));
  if (orders.socket === null) return;
  try {
    serve(
      orders.socket,
      orders.token,
      () => ({ pid: process.pid, hung_ms: Math.round(hang.measure()) }),
      () => {
        stopAfter = GRACE_MS;
        checkEvery(ENDING_CHECK_MS);
        self.postMessage("stop");
      },
    );
  } catch (error) {
    // A file system without sockets: the page's port and the lock remain.
    console.error(`hall-monitor: ${orders.socket}: ${messageOf(error)}`);
  }
}

/** For how long the main thread has given no sign, as far as this thread was awake meanwhile. */
function createHangMeter(beats: Int32Array) {
  let seen = Atomics.load(beats, 0);
  let checked = performance.now();
  let hung_ms = 0;
  let check_ms = 0;
  return {
    checkedEvery(ms: number): void {
      check_ms = ms;
    },
    measure(): number {
      const now = performance.now();
      const passed = now - checked;
      checked = now;
      const beat = Atomics.load(beats, 0);
      if (beat !== seen || passed > check_ms + SLEPT_MS) hung_ms = 0;
      else hung_ms += passed;
      seen = beat;
      return hung_ms;
    },
  };
}

function serve(path: string, token: string, state: () => WatchdogState, stop: () => void): void {
  Bun.serve({
    unix: path,
    fetch(request) {
      const proof = toProof(token, request.headers.get(CHALLENGE_HEADER) ?? undefined);
      const headers = proof === undefined ? {} : { [PROOF_HEADER]: proof };
      if (request.method === "POST" && isBearer(request.headers.get("authorization") ?? undefined, token))
        stop();
      return Response.json(state(), { headers });
    },
  });
  chmodSync(path, 0o600);
}

/** After this process: the next one needs its lock. */
function startAgain({ command, cwd }: NonNullable<WatchdogOrders["restart"]>): void {
  Bun.spawn(["/bin/sh", "-c", 'sleep 1; exec "$@"', "sh", ...command], {
    cwd,
    detached: true,
    stdio: ["ignore", "ignore", "ignore"],
  }).unref();
}
