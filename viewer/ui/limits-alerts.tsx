import { now } from "./clock.ts";
import { dayAndTime, shortMoment } from "./format.ts";
import { alerts } from "./limits.ts";
import { zone } from "./status.ts";

const RANK = { critical: 0, warning: 1 } as const;

/** What needs a look now; nothing at all while nothing does. */
export function AlertBanner() {
  const { active = [], is_dry_run } = alerts.value ?? {};
  if (active.length === 0) return null;
  const inOrder = active.toSorted(
    (a, b) => RANK[a.severity] - RANK[b.severity] || b.fired_unix_ms - a.fired_unix_ms,
  );
  return (
    <section class="alerts" aria-label="Alerts" aria-live="polite">
      <ul>
        {inOrder.map((alert) => (
          <li key={alert.key} class={`alert is-${alert.severity}`}>
            <strong>{alert.title}</strong>
            <span class="muted">{alert.detail}</span>
            <time title={dayAndTime(alert.fired_unix_ms, zone.value)}>
              since {shortMoment(alert.fired_unix_ms, now.value, zone.value)}
            </time>
          </li>
        ))}
      </ul>
      {is_dry_run && <p class="limits-hint">Dry run: nobody outside is told.</p>}
    </section>
  );
}
