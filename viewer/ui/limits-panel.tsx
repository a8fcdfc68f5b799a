import type { LimitSource, Limits, LimitWindow } from "../../schema/api-limits.ts";
import { now } from "./clock.ts";
import { ago, dayAndTime, plural } from "./format.ts";
import { limits, others } from "./limits.ts";
import { Dial } from "./limits-dial.tsx";
import { countdown, isOld, outlook, provenance, shownValue, toneOf } from "./limits-words.ts";
import { Notice, Prose } from "./notice.tsx";
import { zone } from "./status.ts";

const HINT =
  "No agent has told of its limits yet. `hall-monitor statusline --help` says how Claude Code does; Codex does by itself.";

export function LimitsPanel() {
  const { data, fault } = limits.value;
  if (!data)
    return fault ? <Notice fault={fault} /> : <section class="limits is-loading" aria-hidden="true" />;
  return (
    <section class="limits" aria-labelledby="limits-title">
      <h2 id="limits-title">Limits</h2>
      {data.windows.length === 0 && (
        <p class="limits-hint">
          <Prose text={HINT} />
        </p>
      )}
      <ul class="dials">
        {data.dials.map((dial) => (
          <Dial key={dial.dial} dial={dial} />
        ))}
      </ul>
      {others.value.length > 0 && (
        <ul class="windows" aria-label="Other windows">
          {others.value.map((w) => (
            <OtherWindow key={`${w.source}:${w.account}:${w.limit_id}:${w.window}`} window={w} />
          ))}
        </ul>
      )}
      <Credits credits={data.credits} />
      <Sources sources={data.sources} />
    </section>
  );
}

function OtherWindow({ window: w }: { window: LimitWindow }) {
  const at = now.value;
  const name = [w.limit_id === w.source ? "" : w.limit_id, w.window.replaceAll("_", " ")]
    .filter(Boolean)
    .join(" ");
  return (
    <li class={`window is-${toneOf(w, at)}${isOld(w, at) ? " is-stale" : ""}`}>
      <span class="window-name clip" title={`${w.source}, ${w.account}, ${w.limit_id}, ${w.window}`}>
        {w.source === "codex" ? "Codex" : "Claude"} {w.account !== "default" && `${w.account} · `}
        {name}
      </span>
      <svg class="window-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width={100} height={4} />
        <rect class="fill" width={Math.min(100, w.used_percent ?? 0)} height={4} />
      </svg>
      <b>{shownValue(w, at)}</b>
      <span class="muted">{outlook(w, at, zone.value)}</span>
      <span class="muted">{countdown(w, at)}</span>
      <span class="faint" title={dayAndTime(w.time_unix_ms, zone.value)}>
        {provenance(w, at)}
      </span>
    </li>
  );
}

function Credits({ credits }: { credits: Limits["credits"] }) {
  const told = credits.filter((c) => c.is_unlimited || c.has_credits || (c.balance ?? 0) > 0);
  if (told.length === 0) return null;
  return (
    <p class="limits-hint credits">
      {told.map((c) => (
        <span key={`${c.source}:${c.account}:${c.limit_id}`} title={dayAndTime(c.time_unix_ms, zone.value)}>
          Credits{c.account !== "default" && ` of ${c.account}`}
          {c.limit_id !== c.source && ` for ${c.limit_id}`}:{" "}
          {c.is_unlimited ? "unlimited" : (c.balance ?? "not told")}
        </span>
      ))}
    </p>
  );
}

function Sources({ sources }: { sources: LimitSource[] }) {
  if (sources.length === 0) return null;
  const failing = sources.filter((s) => s.consecutive_failures > 0).length;
  return (
    <details class="limit-sources">
      <summary>
        {plural(sources.length, "source")} asked actively
        {failing > 0 && <span class="bad"> · {failing} failing</span>}
      </summary>
      <ul>
        {sources.map((s) => (
          <li key={s.name}>
            <span class="mono">{s.name}</span>
            <span>
              {s.success_ratio === null ? "not asked yet" : `${Math.floor(s.success_ratio * 100)} % answered`}
            </span>
            <span>
              {s.last_success_unix_ms === null
                ? "no value yet"
                : `value ${ago(s.last_success_unix_ms, now.value)}`}
            </span>
            <span class={s.consecutive_failures > 0 ? "bad" : "faint"}>
              {s.last_failure_class === null
                ? "no failure"
                : `${s.consecutive_failures > 0 ? "fails" : "failed before"}: ${s.last_failure_class.replaceAll("_", " ")}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
