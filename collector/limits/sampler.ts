import { messageOf } from "../../schema/errors.ts";
import type { CreditReading, FailureClass, SourceHealth } from "../../schema/rate-limits.ts";
import { isMonitored, type VendorName } from "../../schema/vendors.ts";
import { createComplaints } from "../complaints.ts";
import { sleepFor } from "../sleep.ts";
import { afterRateLimited, BACKOFF, type Backoff, backoffMs } from "./backoff.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { begin, end, isDue, postpone, type Slot, toSlot } from "./slot.ts";

/** One finished poll, for the counters. */
export type ProbeNote = {
  name: string;
  source: VendorName;
  origin: "command" | "app_server";
  account: string;
  failure: FailureClass | null;
  duration_ms: number;
};

export type SamplerOptions = {
  data_dir: string;
  hostname: string;
  /** Events of one cycle are written in this order. */
  probes: readonly Probe[];
  mode?: "parallel" | "sequential";
  now?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
  backoff?: Backoff;
  /** Warnings; each is logged once. */
  log?: (line: string) => void;
};

export type SamplerCounters = {
  cycles: number;
  /** Jumps of the clock: the machine slept. */
  wakes: number;
  binary_missing: number;
  /** Lines of the day file that a crash had torn. */
  torn_lines: number;
  recovered_events: number;
};

/** Timers stop while a machine sleeps, so the wall clock is checked this often. */
const TICK_MS = 5_000;
const MIN_TICK_MS = 50;
const JUMP_MS = 60_000;
/** A later source waits this long for an earlier one, so that events are usually in order. */
const ORDER_MS = 1_000;

const NOTHING_YET: SamplerCounters = {
  cycles: 0,
  wakes: 0,
  binary_missing: 0,
  torn_lines: 0,
  recovered_events: 0,
};

/** Polls every active source at its own cadence; one that hangs or fails never delays another. */
export function createSampler(options: SamplerOptions) {
  const { now = Date.now, log = () => {} } = options;
  const journal = openJournal(options.data_dir, options.hostname);
  const counters: SamplerCounters = { ...NOTHING_YET, torn_lines: journal.repaired };
  const slots = options.probes.map(toSlot);
  const stopping = new AbortController();
  const keeper = createKeeper(options, journal, counters);
  const cycle = createCycle(options, { slots, journal, keeper, signal: stopping.signal });
  let loop: Promise<void> | undefined;
  let recovery: Promise<void> | undefined;
  const complaints = createComplaints(log);

  /** Runs all due sources once, and resolves when the results are recorded. */
  async function tick(): Promise<void> {
    recovery ??= recover(journal, counters, now());
    await recovery.catch((error: unknown) => {
      recovery = undefined;
      throw error;
    });
    const longest = Math.max((options.backoff ?? BACKOFF).cap_ms, afterRateLimited(Number.MAX_SAFE_INTEGER));
    const due = slots.filter((slot) => isDue(slot, now(), longest));
    if (due.length === 0) return;
    counters.cycles++;
    await cycle(due);
    journal.save();
  }
  const complain = (error: unknown) => complaints.report(`limits: ${messageOf(error)}`);

  return {
    start(): void {
      if (slots.length > 0)
        loop ??= runLoop(options, slots, () => tick().catch(complain), counters, stopping.signal);
    },
    /** Ends the loop and every process that it started. */
    async stop(): Promise<void> {
      stopping.abort();
      await loop;
    },
    tick,
    health: (): SourceHealth[] => slots.map((s) => structuredClone(s.health)),
    credits: (): CreditReading[] => [...keeper.credits.values()],
    onProbe: (listener: (note: ProbeNote) => void): void => void keeper.listeners.push(listener),
    state: () => journal.state(),
    counters,
  };
}
export type Sampler = ReturnType<typeof createSampler>;

async function recover(journal: Journal, counters: SamplerCounters, now: number): Promise<void> {
  counters.recovered_events = await journal.recover(now);
}

/** Ticks whenever a source is due, until the signal; resolves when every tick has ended. */
async function runLoop(
  { now = Date.now, sleep = sleepFor }: SamplerOptions,
  slots: readonly Slot[],
  tick: () => Promise<void>,
  counters: SamplerCounters,
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    const ticked = tick();
    running.add(ticked);
    void ticked.finally(() => running.delete(ticked));
    const waiting = slots.filter((s) => !s.health.is_running);
    const next = Math.min(...waiting.map((s) => s.health.next_due_unix_ms ?? now()));
    const wait = Math.min(TICK_MS, Math.max(MIN_TICK_MS, next - now()));
    const before = now();
    await sleep(wait, signal);
    if (now() - before - wait <= JUMP_MS) continue;
    counters.wakes++;
    for (const { health } of waiting) health.next_due_unix_ms = now();
  }
  await Promise.all(running);
}

type Keeper = ReturnType<typeof createKeeper>;

/** Records the result of a probe, one event after the other, and updates the counters. */
function createKeeper(options: SamplerOptions, journal: Journal, counters: SamplerCounters) {
  const { now = Date.now, log = () => {} } = options;
  const credits = new Map<string, CreditReading>();
  const listeners: ((note: ProbeNote) => void)[] = [];
  let writing: Promise<unknown> = Promise.resolve();

  async function record({ probe }: Slot, result: ProbeResult & { ok: true }): Promise<ProbeResult> {
    const write = writing.then(() => journal.write(result.event, now(), result.credits));
    writing = write.catch(() => {});
    try {
      await write;
      for (const c of result.credits) credits.set(`${c.source}:${c.account}:${c.limit_id}`, c);
      return result;
    } catch (error) {
      const code = (error as { code?: string }).code ?? "refused";
      log(`limits: the answer of ${probe.name} could not be written (${code})`);
      return { ok: false, failure: "not_recorded" };
    }
  }
  function note(slot: Slot, result: ProbeResult, duration_ms: number): void {
    const { name, source, origin, account, program } = slot.probe;
    end(slot, result, duration_ms, now());
    const failure = result.ok ? null : result.failure;
    if (failure === "missing") {
      if (isMonitored(source)) counters.binary_missing++;
      if (!slot.is_warned) log(`limits: ${program} not found, so ${name} reports nothing`);
      slot.is_warned = true;
    }
    for (const listener of listeners) listener({ name, source, origin, account, failure, duration_ms });
  }
  return { credits, listeners, record, note };
}

type CycleParts = { slots: readonly Slot[]; journal: Journal; keeper: Keeper; signal: AbortSignal };

/** One round of the sources that are due. */
function createCycle(options: SamplerOptions, { slots, journal, keeper, signal }: CycleParts) {
  const { now = Date.now, random = Math.random, backoff = BACKOFF } = options;

  async function capture(slot: Slot, earlier: readonly Promise<boolean>[]): Promise<boolean> {
    const started = performance.now();
    let result = await slot.probe.run(now, signal);
    const duration_ms = performance.now() - started;
    await inOrder(earlier);
    if (result.ok) result = await keeper.record(slot, result);
    else if (signal.aborted) return false;
    keeper.note(slot, result, duration_ms);
    return result.ok;
  }

  /** Waits for those that began before, but not forever; leaves no timer behind. */
  async function inOrder(earlier: readonly Promise<boolean>[]): Promise<void> {
    if (earlier.length === 0) return;
    const waited = new AbortController();
    await Promise.race([Promise.all(earlier), sleepFor(ORDER_MS, waited.signal)]);
    waited.abort();
  }

  return async (due: readonly Slot[]): Promise<void> => {
    for (const slot of due) begin(slot, now());
    const captures: Promise<boolean>[] = [];
    for (const slot of due) {
      if (options.mode === "sequential") await Promise.all(captures);
      captures.push(capture(slot, [...captures]));
    }
    const isAnyGood = (await Promise.all(captures)).includes(true);
    const isAllBad = !isAnyGood && slots.every((s) => s.health.consecutive_failures > 0);
    if (isAnyGood) journal.failures(0);
    if (!isAllBad) return;
    const failures = journal.state().consecutive_failures + 1;
    journal.failures(failures);
    const extra = backoffMs(failures, backoff, random);
    for (const slot of due) postpone(slot, now() + slot.probe.cadence_ms + extra);
  };
}
