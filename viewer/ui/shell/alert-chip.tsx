import type { Alert } from "../../../schema/alerts.ts";
import { DELETING } from "../../../schema/vendors.ts";
import { now } from "../clock.ts";
import { dayAndTime, plural, shortMoment } from "../format.ts";
import { alerts } from "../limits-state.ts";
import { Prose } from "../notice.tsx";
import { sessionHref } from "../route.ts";
import { status, zone } from "../status.ts";
import { can_notify, notifies, toggleNotify } from "./notify.ts";
import { linkTo } from "./rail.tsx";

const RANK = { critical: 0, warning: 1 } as const;

/** Everything that needs attention, behind one chip of one size: nothing on the page moves when it changes. */
export function AlertChip() {
  const { active = [], is_dry_run } = alerts.value ?? {};
  const problems = status.value?.problems ?? [];
  const expiring = (status.value?.retention?.files_expiring ?? 0) > 0 ? 1 : 0;
  const count = active.length + problems.length + expiring;
  const isCritical = active.some((a) => a.severity === "critical");
  const inOrder = active.toSorted(
    (a, b) => RANK[a.severity] - RANK[b.severity] || b.fired_unix_ms - a.fired_unix_ms,
  );
  const tone = isCritical ? "is-critical" : count > 0 ? "is-warning" : "is-none";
  return (
    <>
      <button type="button" class={`alert-chip ${tone}`} popovertarget="alerts">
        <span aria-hidden="true">{isCritical ? "✕" : count > 0 ? "!" : "✓"}</span>{" "}
        {count > 0 ? plural(count, "alert") : "No alerts"}
      </button>
      <section id="alerts" class="panel" popover="auto" aria-label="Alerts">
        {count === 0 && <p class="muted">Nothing needs attention.</p>}
        <ul aria-live="polite">
          {inOrder.map((alert) => (
            <AlertRow key={alert.key} alert={alert} />
          ))}
          {problems.map((problem) => (
            <li key={problem.code} class="alert is-warning">
              <a href={linkTo("health")} onClick={close}>
                <strong>
                  <bdi>{problem.detail}</bdi>
                </strong>
                {problem.hint && (
                  <span class="muted">
                    <Prose text={problem.hint} />
                  </span>
                )}
              </a>
            </li>
          ))}
          {expiring > 0 && <Expiring />}
        </ul>
        {is_dry_run && <p class="muted">Dry run: no notification is sent.</p>}
        {can_notify && (
          <label class="notify">
            <input type="checkbox" checked={notifies.value} onChange={() => void toggleNotify()} />
            Browser notification when an agent waits
          </label>
        )}
      </section>
    </>
  );
}

/** Alerts of the other rules are about a limit. */
const EXPLAINED_IN: Partial<Record<Alert["rule"], Parameters<typeof linkTo>[0]>> = {
  budget: "costs",
  spend_rate: "costs",
  cost_unexplained: "costs",
  capture_degraded: "health",
};

const close = () => document.getElementById("alerts")?.hidePopover();

function AlertRow({ alert }: { alert: Alert }) {
  const href = alert.session_key
    ? sessionHref(alert.session_key)
    : linkTo(EXPLAINED_IN[alert.rule] ?? "limits");
  return (
    <li class={`alert is-${alert.severity}`}>
      <a href={href} onClick={close}>
        <strong>
          <bdi>{alert.title}</bdi>
        </strong>
        <span class="muted">
          <bdi>
            <Prose text={alert.detail} />
          </bdi>
        </span>
        <time class="faint" data-tip={dayAndTime(alert.fired_unix_ms, zone.value)}>
          since {shortMoment(alert.fired_unix_ms, now.value, zone.value)}
        </time>
      </a>
    </li>
  );
}

const MEGABYTE = 1_000_000;
const days = (n: number) => plural(n, "day");
const volume = (bytes: number) =>
  bytes < MEGABYTE ? "less than a megabyte" : `about ${Math.round(bytes / MEGABYTE)} MB`;

/** An agent may silently delete its old transcripts; this warns while there is time to keep them. */
function Expiring() {
  const found = status.value?.retention;
  if (!found) return null;
  const { files_expiring, oldest_age_days, days_until_sweep, cleanup_period_days, bytes_per_day } = found;
  return (
    <li class="alert is-warning" data-alert="expiring">
      <a href={linkTo("health")} onClick={close}>
        <strong>
          {DELETING?.label} is about to delete {plural(files_expiring, DELETING?.file_origin ?? "file")}
        </strong>
        <span class="muted">
          The oldest is {days(oldest_age_days)} old and will be deleted{" "}
          {days_until_sweep === 0 ? "at its next start" : `in ${days(days_until_sweep)}`}: it keeps{" "}
          {days(cleanup_period_days)}. Tokens and cost stay here.
        </span>
        <span class="muted">
          <Prose
            text={`To keep the conversations, ${DELETING?.keeps_files_by}; a day takes ${volume(bytes_per_day)}.`}
          />
        </span>
      </a>
    </li>
  );
}
