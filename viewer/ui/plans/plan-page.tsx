import { useEffect, useMemo } from "preact/hooks";
import type { PlanDetail } from "../../../schema/api-plans.ts";
import { pagePath } from "../../../schema/pages.ts";
import { now } from "../clock.ts";
import {
  dayAndTime,
  duration,
  exact,
  exactMoney,
  money,
  percent,
  plural,
  shortMoment,
  tokens,
} from "../format.ts";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { sessionHref } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { view_title } from "../view-title.ts";
import { Features } from "./features.tsx";
import { Findings } from "./findings.tsx";
import { Graph } from "./graph.tsx";
import { countsText, FRESH, Progress, State } from "./status.tsx";

/** One plan: how far it is, what depends on what, when each feature was worked on and what it cost. */
export function PlanPage({ name }: { name: string }) {
  const { data, fault } = useResource("GET /api/plans/:name", { params: { name } }, FRESH);
  return (
    <div class="plans-view">
      <a class="link back" href={pagePath("plans", {})}>
        ← All plans
      </a>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={8} />}
      {data && <Plan plan={data} />}
    </div>
  );
}

function Plan({ plan }: { plan: PlanDetail }) {
  const names = useMemo(() => [...new Set([plan.name, ...plan.aliases])], [plan]);
  useEffect(() => {
    view_title.value = plan.name;
    return () => {
      view_title.value = "";
    };
  }, [plan.name]);
  return (
    <>
      <div class="view-head plan-head">
        <h1>
          <bdi>{plan.name}</bdi>
        </h1>
        <p class="plan-facts">
          <State state={plan.state} />
          <bdi data-tip={plan.path}>{plan.project}</bdi>
          {names.length > 1 && (
            <span class="muted">
              formerly <bdi>{names.slice(1).join(", ")}</bdi>
            </span>
          )}
          {plan.session_key && (
            <a class="link" href={sessionHref(plan.session_key)}>
              Session that began it
            </a>
          )}
          <PullRequest url={plan.pr_url} />
        </p>
      </div>
      <Figures plan={plan} />
      {plan.feature_list.length === 0 ? (
        <Empty title="No features yet">
          <p>The manifest has no features. Linter findings are below.</p>
        </Empty>
      ) : (
        <>
          <Graph plan={plan} />
          <Features plan={plan} />
        </>
      )}
      <Findings plan={plan} />
    </>
  );
}

/** The address comes from a command's output, so it is a link only where it is one of the web. */
function PullRequest({ url }: { url: string | null }) {
  if (url === null) return null;
  if (!/^https?:\/\//.test(url)) return <bdi>{url}</bdi>;
  return (
    <a class="link" href={url} target="_blank" rel="noreferrer">
      Pull request <bdi>{/\/(\d+)$/.exec(url)?.[1] ?? ""}</bdi>
    </a>
  );
}

function Figures({ plan }: { plan: PlanDetail }) {
  const { totals, overhead, started_unix_ms: started, ended_unix_ms: ended } = plan;
  const moment = (ms: number | null) => shortMoment(ms, now.value, zone.value);
  return (
    <section class="strip plan-strip" aria-label="At a glance">
      <div class="figure">
        <span class="label">Progress</span>
        <span class="value">{plan.progress_percent === null ? "–" : `${plan.progress_percent} %`}</span>
        <span class="note">
          <Progress plan={plan} />
          {countsText(plan)}
        </span>
      </div>
      <div class="figure">
        <span class="label">Duration</span>
        <span class="value">{duration(plan.duration_ms) || "–"}</span>
        <span class="note" data-tip={dayAndTime(started, zone.value)}>
          {started === null
            ? "not started"
            : `${moment(started)} – ${ended === null ? "now" : moment(ended)}`}
        </span>
      </div>
      <Eta plan={plan} />
      <div class="figure">
        <span class="label">Cost</span>
        <span class="value">
          <Exact tip={exactMoney(totals.cost_nano_usd)}>{money(totals.cost_nano_usd)}</Exact>
        </span>
        <span class="note">
          {(overhead.cost_nano_usd ?? 0) > 0
            ? `${money(overhead.cost_nano_usd)} of it (${percent(overhead.cost_nano_usd ?? 0, totals.cost_nano_usd ?? 0)}) outside features`
            : totals.requests === 0
              ? "no request yet"
              : "all of it within features"}
          {totals.coverage.unpriced_tokens > 0 && (
            <span class="warn"> · + {tokens(totals.coverage.unpriced_tokens)} tokens unpriced</span>
          )}
        </span>
      </div>
      <div class="figure">
        <span class="label">Tokens</span>
        <span class="value">
          <Exact tip={exact(totals.total_tokens)}>{tokens(totals.total_tokens)}</Exact>
        </span>
        <span class="note">{plural(totals.requests, "request")}</span>
      </div>
    </section>
  );
}

const span = (low: string, high: string) => (low === high ? "" : `${low} to ${high}: `);

function Eta({ plan }: { plan: PlanDetail }) {
  const { eta } = plan;
  const moment = (ms: number) => shortMoment(ms, now.value, zone.value);
  return (
    <div class="figure">
      <span class="label">Done about</span>
      <span class="value">
        {eta ? <Exact tip={dayAndTime(eta.at_unix_ms, zone.value)}>{moment(eta.at_unix_ms)}</Exact> : "–"}
      </span>
      <span class="note">
        {eta
          ? `${span(moment(eta.low_unix_ms), moment(eta.high_unix_ms))}${eta.from}`
          : plan.state === "active"
            ? "needs three features with measured times"
            : "the plan has ended"}
      </span>
    </div>
  );
}
