import { useSignal } from "@preact/signals";
import type { PlanDetail } from "../../../schema/api-plans.ts";
import { huesOf } from "../chart/hues.ts";
import { TableBox } from "../chart/table-box.tsx";
import { now } from "../clock.ts";
import { duration, exact, exactMoney, money, plural, tokens } from "../format.ts";
import { route, setQuery } from "../route.ts";
import { zone } from "../status.ts";
import { FeatureDetails } from "./feature-details.tsx";
import { SessionName } from "./session-name.tsx";
import { Status } from "./status.tsx";
import { type Feature, type Span, spanOf } from "./timeline.ts";
import { Axis, Track } from "./track.tsx";

const FEW = 150;
const COLUMNS = 6;
type Shared = { span: Span | undefined; hues: Map<string, number>; features: Feature[] };

/** Features by layer: status, attempts over time, duration, tokens, cost; what belongs to none comes last. */
export function Features({ plan }: { plan: PlanDetail }) {
  const showsAll = useSignal(false);
  const all = plan.feature_list;
  const shown = showsAll.value ? all : all.slice(0, FEW);
  const layers = Map.groupBy(shown, (f) => f.layer);
  const sessions = all.flatMap((f) => f.attempts.flatMap((a) => a.session_key ?? []));
  const shared: Shared = { span: spanOf(plan, now.value), hues: huesOf(sessions), features: all };
  return (
    <section class="card" aria-labelledby="features-title">
      <h2 id="features-title">Features by layer, over time</h2>
      <Sessions hues={shared.hues} />
      <TableBox label="Features">
        <table class="features">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Status</th>
              <th scope="col" class="cell-track">
                {shared.span ? <Axis span={shared.span} plan={plan} /> : "Attempts"}
              </th>
              <th scope="col">Time</th>
              <th scope="col" class="cell-tokens">
                Tokens
              </th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          {[...layers]
            .toSorted(([a], [b]) => a - b)
            .map(([layer, features]) => (
              <Layer key={layer} layer={layer} features={features} shared={shared} plan={plan} />
            ))}
          <Rest plan={plan} />
        </table>
      </TableBox>
      {all.length > shown.length && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            showsAll.value = true;
          }}
        >
          Show {plural(all.length - shown.length, "more feature")}
        </button>
      )}
      <p class="muted">{ruleText(plan.split)}</p>
    </section>
  );
}

const RULES: Record<keyof PlanDetail["split"], string> = {
  agent: "by the sub-agent's task",
  only_one_in_progress: "to the only feature in progress",
  equal_parts: "in equal parts to those in progress",
  overhead: "outside features",
};
function ruleText(split: PlanDetail["split"]): string {
  const used = Object.entries(RULES).filter(([rule]) => (split[rule as keyof typeof RULES] ?? 0) > 0);
  if (used.length === 0) return "No requests in this plan yet.";
  const parts = used.map(([rule, words]) => `${exact(split[rule as keyof typeof RULES] ?? 0)} ${words}`);
  return `Requests were assigned: ${parts.join(", ")}.`;
}

/** Which colour of the bars is which session. */
function Sessions({ hues }: { hues: Map<string, number> }) {
  if (hues.size === 0) return null;
  return (
    <ul class="plan-sessions" aria-label="Sessions that worked on it">
      {[...hues].slice(0, 12).map(([key, hue]) => (
        <li key={key}>
          <i class="swatch" style={{ background: `var(--h${hue})` }} aria-hidden="true" />
          <SessionName id={key} />
        </li>
      ))}
      {hues.size > 12 && <li class="muted">and {hues.size - 12} more</li>}
    </ul>
  );
}

type LayerProps = { layer: number; features: Feature[]; shared: Shared; plan: PlanDetail };

function Layer({ layer, features, shared, plan }: LayerProps) {
  const done = features.filter((f) => f.status === "completed").length;
  const cost = features.reduce((sum, f) => sum + (f.totals.cost_nano_usd ?? 0), 0);
  return (
    <tbody>
      <tr class="layer-head">
        <th scope="rowgroup" colSpan={COLUMNS - 1}>
          Layer {layer}{" "}
          <span class="muted">
            {layer === 0 ? "depends on nothing" : `depends on layer ${layer - 1}`} · {done} of{" "}
            {plural(features.length, "feature")} completed
          </span>
        </th>
        <td>{money(cost)}</td>
      </tr>
      {features.map((f) => (
        <FeatureRow key={f.feature_id} feature={f} shared={shared} plan={plan} />
      ))}
    </tbody>
  );
}

function FeatureRow({ feature: f, shared, plan }: { feature: Feature; shared: Shared; plan: PlanDetail }) {
  const isOpen = route.value.query.feature === f.feature_id;
  const running = f.attempts.find((a) => a.ended_unix_ms === null);
  const time = running ? now.value - running.started_unix_ms : f.duration_ms;
  const id = `feature-${f.feature_id}`;
  return (
    <>
      <tr id={id} class={`feature-row ${isOpen ? "is-open" : ""}`}>
        <th scope="row">
          <button
            type="button"
            class="feature-name"
            aria-expanded={isOpen}
            data-row
            onClick={() => setQuery({ feature: isOpen ? "" : f.feature_id })}
          >
            <bdi class="mono">{f.feature_id}</bdi> <bdi class="feature-what">{f.description}</bdi>
          </button>
        </th>
        <td>
          <Status status={f.status} />
          {f.attempt > 1 && <span class="muted"> × {f.attempt}</span>}
        </td>
        <td class="cell-track">
          {shared.span && <Track feature={f} span={shared.span} hues={shared.hues} plan={plan} />}
        </td>
        <td>{time === null ? <span class="muted">–</span> : duration(Math.max(0, time))}</td>
        <td class="cell-tokens" data-tip={exact(f.totals.total_tokens)}>
          {f.totals.requests === 0 ? <span class="muted">–</span> : tokens(f.totals.total_tokens)}
        </td>
        <td data-tip={f.totals.requests === 0 ? "no request" : exactMoney(f.totals.cost_nano_usd)}>
          {f.totals.requests === 0 ? <span class="muted">–</span> : money(f.totals.cost_nano_usd)}
        </td>
      </tr>
      {isOpen && (
        <tr class="feature-more">
          <td colSpan={COLUMNS}>
            <FeatureDetails feature={f} features={shared.features} zone={zone.value} />
          </td>
        </tr>
      )}
    </>
  );
}

/** The sums, so that the parts can be checked: features and what is outside of them are the whole plan. */
function Rest({ plan }: { plan: PlanDetail }) {
  const rows = [
    ["Outside features", "while none was in progress", plan.overhead],
    ["Whole plan", "", plan.totals],
  ] as const;
  return (
    <tfoot>
      {rows.map(([name, why, totals]) => (
        <tr key={name}>
          <th scope="row" colSpan={4}>
            {name} <span class="muted">{why}</span>
          </th>
          <td class="cell-tokens" data-tip={exact(totals.total_tokens)}>
            {tokens(totals.total_tokens)}
          </td>
          <td data-tip={exactMoney(totals.cost_nano_usd)}>{money(totals.cost_nano_usd)}</td>
        </tr>
      ))}
    </tfoot>
  );
}
