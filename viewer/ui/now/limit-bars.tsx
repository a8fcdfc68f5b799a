import { computed } from "@preact/signals";
import type { LimitWindow } from "../../../schema/api-limits.ts";
import { pagePath } from "../../../schema/pages.ts";
import { vendorNamed } from "../../../schema/vendors.ts";
import { now } from "../clock.ts";
import { dayAndTime } from "../format.ts";
import {
  countdown,
  elapsedOf,
  isOld,
  isOver,
  outlook,
  provenance,
  shownValue,
  toneOf,
} from "../limits-labels.ts";
import { keyOf, limits, unreported, windows } from "../limits-state.ts";
import { Notice, Prose } from "../notice.tsx";
import { behind } from "../route.ts";
import { linkTo } from "../shell/rail.tsx";
import { zone } from "../status.ts";

const NAMES: Record<string, string> = { "5h": "5 h", weekly: "week", monthly: "month" };
const HINT = "No rate-limit samples yet. The Limits view shows how each agent reports them.";

/** Claude 5 h, Codex week, Codex spare · week, Claude week opus. */
export function windowName(w: Pick<LimitWindow, "source" | "account" | "limit_id" | "window">): string {
  const [base = "", ...rest] = w.window.split("_");
  const id = w.limit_id === w.source ? [] : [w.limit_id];
  const account = w.account === "default" ? [] : [w.account, "·"];
  return [
    vendorNamed(w.source)?.short_label ?? w.source,
    ...account,
    ...id,
    NAMES[base] ?? base,
    ...rest,
  ].join(" ");
}

/** By the names that their bars would have. */
export const unreportedNames = computed(() =>
  unreported.value
    .map((dial) => windowName({ ...dial, account: "default", limit_id: dial.source }))
    .join(", "),
);

export function LimitBars() {
  const { data, fault } = limits.value;
  const missing = unreportedNames.value;
  return (
    <section class="card limit-bars" aria-labelledby="limits-title">
      <h2 id="limits-title">
        Limits
        {windows.value.length > 0 && missing !== "" && (
          <span class="faint clip" data-tip={missing}>
            not reported: {missing}
          </span>
        )}
        <a href={linkTo("limits")}>history →</a>
      </h2>
      {!data && fault && <Notice fault={fault} />}
      {data && windows.value.length === 0 && (
        <p class="muted">
          <Prose text={HINT} />
        </p>
      )}
      <ul>
        {windows.value.slice(0, 6).map((w) => (
          <LimitBar key={keyOf(w)} window={w} />
        ))}
      </ul>
    </section>
  );
}

/** Link to the curve of a window; on Limits the chosen days are kept. */
function hrefOf(w: LimitWindow): string {
  const { page, query } = behind.value;
  const { source = "" } = query;
  return pagePath("limits", {}, { ...(page === "limits" ? query : { source }), window: keyOf(w) });
}

/** The bar is the used share; the mark is even use at this time. */
export function LimitBar({ window: w }: { window: LimitWindow }) {
  const at = now.value;
  const tone = toneOf(w, at);
  const elapsed = elapsedOf(w, at);
  const course = outlook(w, at, zone.value);
  const isBad = course.startsWith("runs out") || course === "used up";
  const isStale = isOld(w, at) && !isOver(w, at);
  return (
    <li
      class={`limit is-${tone}${isStale ? " is-stale" : ""}`}
      data-limit={`${w.source} ${w.account} ${w.window}`}
    >
      <span class="limit-name">
        <a href={hrefOf(w)} data-row>
          <bdi>{windowName(w)}</bdi>
        </a>
      </span>
      <span class="limit-bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, tone === "none" ? 0 : (w.used_percent ?? 0))}%` }} />
        {elapsed !== undefined && tone !== "none" && <u style={{ left: `${elapsed * 100}%` }} />}
      </span>
      <b class="limit-value" data-tip={`${w.used_percent ?? 0} % used`}>
        {shownValue(w, at)}
      </b>
      <span class="limit-course facts">
        {course && <span class={isBad ? "bad" : ""}>{course}</span>}
        {w.resets_at_unix_ms !== null && countdown(w, at) && (
          <span data-tip={`resets ${dayAndTime(w.resets_at_unix_ms, zone.value)}`}>{countdown(w, at)}</span>
        )}
        <span
          class={isStale ? "warn" : "faint"}
          data-tip={`sampled ${dayAndTime(w.time_unix_ms, zone.value)}`}
        >
          {isStale && "⚠ "}
          {provenance(w, at)}
        </span>
      </span>
    </li>
  );
}
