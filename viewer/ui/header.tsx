import { Expiring } from "./expiring.tsx";
import { exact, percent } from "./format.ts";
import { stream } from "./live.ts";
import { Notice } from "./notice.tsx";
import { backfilling, status } from "./status.ts";
import type { Connection } from "./stream/messages.ts";

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  gone: "Daemon gone",
  refused: "Not live",
};

export function Header() {
  return (
    <>
      <header class="top">
        <a class="brand" href="/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M10 23V9m0 7h12m0 7V9" />
          </svg>
          Hall Monitor
        </a>
        <span class={`pill is-${stream.value.connection}`} role="status">
          <i aria-hidden="true" />
          {WORDS[stream.value.connection]}
        </span>
        <span class="version">{status.value && `v${status.value.version}`}</span>
      </header>
      <Backfill />
      <Problems />
      <Expiring />
    </>
  );
}

function Backfill() {
  const progress = status.value?.backfill;
  const share = progress && progress.bytes_total > 0 ? progress.bytes_done / progress.bytes_total : 0;
  if (!backfilling.value || !progress) return null;
  return (
    <section class="backfill" aria-label="Reading history">
      <progress value={share} max={1} aria-label="History read" />
      <p>
        <strong>Reading history</strong>
        {progress.files_total > 0 && (
          <span>
            {exact(progress.files_done)} of {exact(progress.files_total)} files ·{" "}
            {percent(progress.bytes_done, progress.bytes_total)}
          </span>
        )}
        <span class="muted">Sums grow until it is done.</span>
      </p>
    </section>
  );
}

function Problems() {
  const { connection, fault } = stream.value;
  const isGone = connection === "gone";
  const problems = status.value?.problems ?? [];
  if (!isGone && !fault && problems.length === 0) return null;
  return (
    <div class="problems">
      {isGone && (
        <Notice
          fault={{
            title: "The daemon does not answer",
            detail: "What you see is as of the last answer. Hooks keep recording to the spool.",
            hint: "Run `hall-monitor start`; this page goes on by itself.",
          }}
        />
      )}
      {fault && <Notice fault={fault} />}
      {!isGone &&
        problems.map((problem) => (
          <Notice
            key={problem.code}
            fault={{ title: problem.detail, detail: "", ...(problem.hint && { hint: problem.hint }) }}
          />
        ))}
    </div>
  );
}
