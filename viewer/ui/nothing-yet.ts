import { computed, effect, signal } from "@preact/signals";
import { agents } from "./agents.ts";
import { arrivals } from "./feed.ts";
import { limits } from "./limits-state.ts";
import { two_days } from "./spend.ts";
import { backfilling, status, status_fault } from "./status.ts";

const has_arrived = signal(false);

/** From the first event of the stream on there is something to show. */
export function startNothingYet(): void {
  effect(() => {
    if (arrivals.value.length > 0) has_arrived.value = true;
  });
}

/** Whether nothing has been recorded yet: then first steps are shown instead of views of zeros. */
export const nothing_yet = computed(
  () =>
    !has_arrived.value &&
    status_fault.value === null &&
    status.value?.last_seq === 0 &&
    two_days.value.data?.first_record_unix_ms === null &&
    agents.value.data?.length === 0 &&
    limits.value.data?.windows.length === 0 &&
    !backfilling.value,
);
