import { pagePath } from "../../schema/pages.ts";
import { now } from "./clock.ts";
import { duration, exactMoney, money, plural, shortMoment } from "./format.ts";
import { Empty, Notice, Skeleton } from "./notice.tsx";
import { route } from "./route.ts";
import { zone } from "./status.ts";
import { afterAny, useResource } from "./use-resource.ts";

const FRESH = { every_ms: 5000, after: afterAny };

export function PlansView() {
  const name = route.value.page === "plan" ? route.value.params.name : undefined;
  return name === undefined ? <List /> : <One name={name} key={name} />;
}

function List() {
  const { data, fault } = useResource("GET /api/plans", { query: { limit: 100 } }, FRESH);
  return (
    <div class="plans-view">
      <div class="view-head">
        <h1>Plans</h1>
      </div>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={5} />}
      {data?.length === 0 && (
        <Empty title="No plans">
          <p>A folder with a manifest of features, in a project that an agent works in, appears here.</p>
        </Empty>
      )}
      {data && data.length > 0 && (
        <section class="card" aria-label="Plans">
          <ul class="plans">
            {data.map((plan) => (
              <li key={plan.plan_key}>
                <a href={pagePath("plan", { name: plan.plan_key })} data-row>
                  <bdi class="clip">
                    <b>{plan.name}</b>
                  </bdi>
                  <bdi class="muted clip">{plan.project}</bdi>
                  <span>{plan.state}</span>
                  <span class="muted">
                    {plan.counts.completed ?? 0} of {plural(plan.features, "feature")}
                    {(plan.counts.failed ?? 0) > 0 && <span class="bad">, {plan.counts.failed} failed</span>}
                  </span>
                  <span class="agent-cost" data-tip={exactMoney(plan.totals.cost_nano_usd)}>
                    {money(plan.totals.cost_nano_usd)}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function One({ name }: { name: string }) {
  const { data, fault } = useResource("GET /api/plans/:name", { params: { name } }, FRESH);
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={6} />;
  return (
    <div class="plans-view">
      <a class="link" href={pagePath("plans", {})}>
        ← All plans
      </a>
      <div class="view-head">
        <h1>
          <bdi>{data.name}</bdi>
        </h1>
        <p class="muted">
          {data.state} · <bdi>{data.project}</bdi> · {money(data.totals.cost_nano_usd)}
        </p>
      </div>
      <section class="card" aria-label="Features">
        <ul class="plans">
          {data.feature_list.map((f) => (
            <li key={f.feature_id}>
              <span class="plan-row">
                <bdi class="mono">{f.feature_id}</bdi>
                <bdi class="clip">{f.description}</bdi>
                <span>{f.status.replaceAll("_", " ")}</span>
                <span class="muted">
                  {duration(f.duration_ms)}{" "}
                  {shortMoment(f.attempts[0]?.started_unix_ms ?? null, now.value, zone.value)}
                </span>
                <span class="agent-cost">{money(f.totals.cost_nano_usd)}</span>
              </span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
