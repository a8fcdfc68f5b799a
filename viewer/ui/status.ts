import { computed, signal } from "@preact/signals";
import type { DaemonStatus } from "../../schema/status.ts";
import { callRoute, type Fault } from "./request.ts";

export const status = signal<DaemonStatus | null>(null);
export const status_fault = signal<Fault | null>(null);
export const zone = computed(() => status.value?.time_zone ?? "UTC");
/** Before the first scan the amount to read is unknown. */
export const backfilling = computed(
  () => status.value !== null && (!status.value.backfill.done || status.value.state === "starting"),
);

const POLL_MS = 2000;
/** Milliseconds. The first heartbeat of a stream comes right after the page requested the status. */
const FRESH_MS = 5000;
let requested_ms = Number.NEGATIVE_INFINITY;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Repeats itself while history is being read; after that a heartbeat of the stream requests the status. */
export async function refreshStatus(): Promise<void> {
  clearTimeout(timer);
  requested_ms = performance.now();
  const result = await callRoute("GET /api/status");
  status_fault.value = result.ok ? null : result.fault;
  if (result.ok) status.value = result.answer.data;
  clearTimeout(timer);
  if (backfilling.value) timer = setTimeout(refreshStatus, POLL_MS);
}

/** At a heartbeat: unless the status is fresh. */
export async function keepStatus(): Promise<void> {
  if (status_fault.peek() !== null || performance.now() - requested_ms > FRESH_MS) await refreshStatus();
}
