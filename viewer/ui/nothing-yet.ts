import { computed } from "@preact/signals";
import { agents } from "./agents.ts";
import { limits } from "./limits-state.ts";
import { two_days } from "./spend.ts";
import { backfilling } from "./status.ts";

/** Whether nothing at all was recorded so far: what is shown then is how data comes, not views of zeros. */
export const nothing_yet = computed(
  () =>
    two_days.value.data?.first_record_unix_ms === null &&
    agents.value.data?.length === 0 &&
    limits.value.data?.windows.length === 0 &&
    !backfilling.value,
);
