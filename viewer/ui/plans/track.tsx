import type { PlanDetail } from "../../../schema/api-plans.ts";
import { DAY_MS } from "../../../schema/durations.ts";
import { now } from "../clock.ts";
import { dayAndTime, duration, shortMoment } from "../format.ts";
import { zone } from "../status.ts";
import {
  type Attempt,
  barOf,
  type Feature,
  isInferred,
  offsetOf,
  type Span,
  shareOf,
  ticksOf,
} from "./timeline.ts";

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

/** The times above the bars: days where the plan takes some, else hours. */
export function Axis({ span, plan }: { span: Span; plan: PlanDetail }) {
  const offset = offsetOf(span.from, zone.value);
  const label = (at: number) => {
    const isMidnight = (at + offset) % DAY_MS === 0;
    const text = shortMoment(at, isMidnight ? 0 : at, zone.value);
    return isMidnight ? text.replace(/ \d\d:\d\d$/, "") : text;
  };
  return (
    <span class="plan-axis">
      <span class="hidden">Attempts over time</span>
      {ticksOf(span, offset).map(({ at, share }) => (
        <span key={at} style={{ left: percent(share) }} aria-hidden="true">
          {label(at)}
        </span>
      ))}
      {plan.eta && (
        <s style={{ left: percent(shareOf(plan.eta.at_unix_ms, span)) }} data-tip="estimated end" />
      )}
    </span>
  );
}

type Props = { feature: Feature; span: Span; hues: Map<string, number>; plan: PlanDetail };

/** A bar for each attempt in the colour of its session; its ends are hatched where a time is inferred. */
export function Track({ feature, span, hues, plan }: Props) {
  return (
    <span class="plan-track" role="img" aria-label={attemptsText(feature.attempts)}>
      {plan.state === "active" && <u style={{ left: percent(shareOf(now.value, span)) }} />}
      {plan.eta && <s style={{ left: percent(shareOf(plan.eta.at_unix_ms, span)) }} />}
      {feature.attempts.map((a) => {
        const { left, width } = barOf(a, span, now.value);
        const hue = a.session_key === null ? 9 : (hues.get(a.session_key) ?? 9);
        return (
          <i
            key={a.attempt}
            class={`is-${a.outcome ?? "running"} ${isInferred(a) ? "is-inferred" : ""}`}
            style={{ left: percent(left), width: percent(width), "--hue": `var(--h${hue})` }}
            data-tip={attemptText(a)}
          />
        );
      })}
    </span>
  );
}

function attemptText(a: Attempt): string {
  const end = a.ended_unix_ms ?? now.value;
  const took = duration(Math.max(0, end - a.started_unix_ms));
  const start = dayAndTime(a.started_unix_ms, zone.value);
  const exactness = isInferred(a) ? ", with an inferred time" : "";
  return `Attempt ${a.attempt}: ${a.outcome ?? "in progress"}, from ${start}, ${took}${exactness}`;
}

const attemptsText = (attempts: Attempt[]) =>
  attempts.length === 0 ? "no attempt yet" : attempts.map(attemptText).join(". ");
