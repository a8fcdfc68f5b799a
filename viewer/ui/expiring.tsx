import { exact, plural } from "./format.ts";
import { Prose } from "./notice.tsx";
import { status } from "./status.ts";

const MEGABYTE = 1_000_000;
const days = (n: number) => plural(n, "day");
const volume = (bytes: number) =>
  bytes < MEGABYTE ? "less than a megabyte" : `about ${exact(Math.round(bytes / MEGABYTE))} MB`;

/** Claude Code deletes old transcripts without a word; this says so while there is time to keep them. */
export function Expiring() {
  const found = status.value?.retention;
  if (!found || found.files_expiring === 0) return null;
  const { files_expiring, oldest_age_days, days_until_sweep, cleanup_period_days, bytes_per_day } = found;
  return (
    <div class="problems">
      <div class="notice is-mild" role="note">
        <strong>Claude Code is about to delete {plural(files_expiring, "transcript")}</strong>
        <p>
          The oldest is {days(oldest_age_days)} old and goes{" "}
          {days_until_sweep === 0 ? "at its next start" : `in ${days(days_until_sweep)}`}: it keeps{" "}
          {days(cleanup_period_days)}. Tokens and cost stay here.
        </p>
        <p class="hint">
          <Prose
            text={`To keep the conversations raise \`cleanupPeriodDays\` in Claude's settings.json; a day takes ${volume(bytes_per_day)}.`}
          />
        </p>
      </div>
    </div>
  );
}
