import type { Delivery, RecentAlert } from "../../schema/alerts.ts";
import { type AlertQueries, markDelivered } from "../../store/alerts.ts";
import type { Store } from "../../store/store.ts";
import { sleepFor } from "../sleep.ts";

/** `is_final`: a retry would have the same result. */
export type Sent = { ok: true } | { ok: false; failure: string; is_final: boolean };

export type Receiver = {
  name: Delivery["name"];
  /** Older notices are no longer delivered. */
  max_age_ms: number;
  send(notice: RecentAlert, signal: AbortSignal): Promise<Sent>;
};

export type DeliveryParts = {
  queries: Pick<AlertQueries, "after" | "delivered">;
  store: Pick<Store, "setMeta" | "lastSeq">;
  now?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * Delivers stored notices to one receiver, in order, from the last one delivered: those from the time when it or this
 * program was not running are delivered later. A notice may be delivered twice after a crash; its id is then the same.
 */
export function createDelivery(receiver: Receiver, parts: DeliveryParts) {
  const { queries, store, now = Date.now, sleep = sleepFor } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const { state, attempt } = createAttempts(receiver, now, signal);
  // A new receiver does not receive old notices.
  if (queries.delivered(receiver.name) === undefined) markDelivered(store, receiver.name, store.lastSeq());
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !signal.aborted; ) {
      const [notice] = queries.after(queries.delivered(receiver.name) ?? 0, 1);
      if (!notice) return;
      if (await attempt(notice)) {
        markDelivered(store, receiver.name, notice.seq);
        wait = FIRST_WAIT_MS;
        continue;
      }
      await sleep(wait, signal);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
  }

  return {
    /**
     * Starts to deliver new notices, unless it is already doing so. If the store cannot be read, the next call retries.
     */
    wake(): Promise<void> {
      running ??= run()
        .catch(() => {
          state.last_failure = "store";
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    status: (): Delivery => ({ ...state }),
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}

/** Sends one notice at a time and counts the result. */
function createAttempts(receiver: Receiver, now: () => number, signal: AbortSignal) {
  const state: Delivery = {
    name: receiver.name,
    delivered: 0,
    failed_attempts: 0,
    given_up: 0,
    last_success_unix_ms: null,
    last_failure: null,
  };
  return {
    state,
    /** True if it was delivered or given up. */
    async attempt(notice: RecentAlert): Promise<boolean> {
      if (notice.is_dry_run) return true;
      if (now() - notice.time_unix_ms > receiver.max_age_ms) {
        state.given_up++;
        return true;
      }
      const sent = await receiver.send(notice, signal);
      if (sent.ok) {
        state.delivered++;
        state.last_success_unix_ms = now();
        return true;
      }
      if (signal.aborted) return false;
      state.failed_attempts++;
      state.last_failure = sent.failure;
      if (sent.is_final) state.given_up++;
      return sent.is_final;
    },
  };
}
