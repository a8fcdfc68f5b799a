import type { Plan } from "../../../schema/api-plans.ts";
import { pagePath } from "../../../schema/pages.ts";
import { now } from "../clock.ts";
import { dayAndTime, duration, exactMoney, money, shortMoment } from "../format.ts";
import { Empty, Notice, Prose, Skeleton } from "../notice.tsx";
import { route, setQuery } from "../route.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { countsText, FRESH, Progress, State } from "./status.tsx";

const FILTERS = { "": "All", active: "Active", completed: "Completed", failed: "Failed", deleted: "Deleted" };
const MOST = 200;
const HINT =
  "A plan is a folder below `dev/active` with a `manifest.jsonl` of features, or such a file at the top of a project that an agent worked in. `HALL_PLAN_ROOTS` names further projects.";

/** Every plan with its progress, its time and its cost; what changed last comes first. */
export function PlanList() {
  const { state = "" } = route.value.query;
  const query = { state: state as "", limit: MOST };
  const { data, fault, next_cursor, is_old } = useResource("GET /api/plans", { query }, FRESH);
  return (
    <div class={`plans-view ${is_old ? "is-old" : ""}`}>
      <div class="view-head">
        <h1>Plans</h1>
        <fieldset class="segments" aria-label="State">
          {Object.entries(FILTERS).map(([name, label]) => (
            <button
              key={name}
              type="button"
              aria-pressed={state === name}
              onClick={() => setQuery({ state: name })}
            >
              {label}
            </button>
          ))}
        </fieldset>
      </div>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={5} />}
      {data?.length === 0 && (
        <Empty title={state === "" ? "No plans" : `No ${state} plans`}>
          <p>{state === "" ? <Prose text={HINT} /> : "Choose another state above."}</p>
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul class="card plan-list">
          {data.map((plan) => (
            <PlanRow key={plan.plan_key} plan={plan} />
          ))}
        </ul>
      )}
      {next_cursor && (
        <p class="muted">
          The {MOST} plans that changed last are shown. <Prose text="`hall-monitor plans list` has all." />
        </p>
      )}
    </div>
  );
}

function PlanRow({ plan }: { plan: Plan }) {
  const { started_unix_ms: started, eta, totals } = plan;
  return (
    <li>
      <a class="plan-row" href={pagePath("plan", { name: plan.plan_key })} data-row>
        <span class="plan-name">
          <b class="clip">
            <bdi>{plan.name}</bdi>
          </b>
          <span class="muted clip">
            <bdi>{plan.project}</bdi>
          </span>
        </span>
        <State state={plan.state} />
        <span class="plan-part">
          <Progress plan={plan} />
          <span class="muted">{countsText(plan)}</span>
        </span>
        <span class="plan-when">
          <span data-tip={dayAndTime(started, zone.value)}>
            {started === null ? "not started" : shortMoment(started, now.value, zone.value)}
          </span>
          <span class="muted">
            {eta
              ? `done about ${shortMoment(eta.at_unix_ms, now.value, zone.value)}`
              : duration(plan.duration_ms)}
          </span>
        </span>
        <span class="plan-cost" data-tip={exactMoney(totals.cost_nano_usd)}>
          {money(totals.cost_nano_usd)}
        </span>
      </a>
    </li>
  );
}
