import { exact, percent } from "../format.ts";
import { stream } from "../live.ts";
import { Notice } from "../notice.tsx";
import { backfilling, status, status_fault } from "../status.ts";

/** Temporary states of the whole page, in a corner: nothing moves when they appear or disappear. */
export function Toasts() {
  const { connection, fault } = stream.value;
  const refused = status_fault.value;
  return (
    <div class="toasts">
      {connection === "gone" && <Notice fault={GONE} />}
      {fault && <Notice fault={fault} />}
      {refused && refused.status !== 0 && <Notice fault={refused} />}
      <Backfill />
    </div>
  );
}

const GONE = {
  title: "The daemon is not responding",
  detail: "This page shows the last known state. Hooks keep recording to the spool.",
  hint: "Run `hall-monitor start`; this page reconnects automatically.",
};

function Backfill() {
  const progress = status.value?.backfill;
  const share = progress && progress.bytes_total > 0 ? progress.bytes_done / progress.bytes_total : 0;
  if (!backfilling.value || !progress) return null;
  return (
    <section class="backfill" aria-label="Reading history">
      <strong>Reading history</strong>
      <progress value={share} max={1} aria-label="History read" />
      <p class="muted">
        {progress.files_total > 0 && (
          <span>
            {exact(progress.files_done)} of {exact(progress.files_total)} files ·{" "}
            {percent(progress.bytes_done, progress.bytes_total)}
          </span>
        )}{" "}
        Totals grow until it finishes.
      </p>
    </section>
  );
}
