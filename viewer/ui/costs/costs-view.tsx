import type { Aggregations } from "../../../schema/api-shapes.ts";
import { projectName } from "../../../schema/projects.ts";
import { shortModel } from "../../event-labels.ts";
import { type Bar, Bars } from "../chart/bars.tsx";
import { COLOURS, REST } from "../chart/hues.ts";
import { clock, exactMoney, money, tokens } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { Exact } from "../shell/tip.tsx";
import { zone } from "../status.ts";
import { afterUsage, useResource } from "../use-resource.ts";
import { Ranked } from "./ranked.tsx";
import { Reconciliation } from "./reconciliation.tsx";
import { Waste } from "./waste.tsx";

/** With what draws a long list, which the first figures need not wait for. */
const RequestList = lazy(async () => (await import("./requests.tsx")).RequestList);

export const SPLITS = {
  model: "Model",
  project: "Project",
  session: "Session",
  source: "Agent",
  account: "Account",
  branch: "Branch",
  pr: "Pull request",
  agent_type: "Thread",
  skill: "Skill",
  mcp_server: "MCP server",
  effort: "Effort",
  plan: "Plan",
} as const;
export type Split = keyof typeof SPLITS;
const FRESH = { every_ms: 10_000, after: afterUsage };

/** What requests were made for is not kept by model. */
const BY_SESSION_OR_MODEL: ReadonlySet<Split> = new Set(["model", "project", "session", "source", "account"]);

export function splitOf(query: Record<string, string>): Split {
  return query.by !== undefined && query.by in SPLITS ? (query.by as Split) : "model";
}

/** A group as a person reads it; what was not named by the client has a name here. */
export function nameOf(by: Split, group: string, label: string | null): string {
  if (by === "session")
    return titleOf({ title: label, project: null, session_id: group.replace(/^\w+:/, "") });
  if (group === "") return by === "agent_type" ? "main thread" : `no ${SPLITS[by].toLowerCase()}`;
  if (by === "project") return projectName(group);
  return by === "model" ? shortModel(group) : (label ?? group);
}

export function CostsView() {
  const { query } = behind.value;
  const by = splitOf(query);
  const { source = "", project = "", account = "", model = "" } = query;
  const hasModel = model !== "" && BY_SESSION_OR_MODEL.has(by);
  const request = {
    metric: "cost",
    group_by: by,
    period: range.value.period,
    ...range.value.query,
    ...{ source: source as "", project, account, model: hasModel ? model : "" },
  } as const;
  const { data, fault, is_old } = useResource("GET /api/aggregations", { query: request }, FRESH);
  return (
    <div class={is_old ? "costs is-old" : "costs"}>
      <div class="view-head">
        <h1>Costs</h1>
        <Total data={data} />
      </div>
      <Filters by={by} />
      {model !== "" && !hasModel && (
        <p class="muted">
          By {SPLITS[by].toLowerCase()}, the model narrows the requests below and not the bars.
        </p>
      )}
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={8} />}
      {data && data.groups.length === 0 && (
        <Empty title="No requests in this period">
          <p>Choose more days, or remove a filter.</p>
        </Empty>
      )}
      {data && data.groups.length > 0 && (
        <>
          <section class="card" aria-labelledby="over-time">
            <h2 id="over-time">
              Cost by {range.value.period}, by {SPLITS[by].toLowerCase()}
            </h2>
            <Chart data={data} by={by} />
          </section>
          <Ranked data={data} by={by} />
        </>
      )}
      <Waste />
      <Reconciliation />
      <Requests />
    </div>
  );
}

function Requests() {
  const { source = "", project = "", account = "", model = "" } = behind.value.query;
  const query = { ...range.value.query, source: source as "", project, account, model };
  return (
    <section class="card" aria-labelledby="requests-title">
      <h2 id="requests-title">Requests</h2>
      <RequestList query={query} within="all" label="Requests of these days" />
    </section>
  );
}

function Total({ data }: { data: Aggregations | null }) {
  if (!data) return null;
  const unpriced = data.coverage?.unpriced_tokens ?? 0;
  return (
    <p class="total">
      <Exact tip={exactMoney(data.total)} class="value">
        {money(data.total)}
      </Exact>{" "}
      {unpriced > 0 ? (
        <span class="warn">+ {tokens(unpriced)} tokens without a known price</span>
      ) : (
        <span class="muted">every request priced</span>
      )}
    </p>
  );
}

const FILTERS = ["project", "model", "account"] as const;

function Filters({ by }: { by: Split }) {
  const { query } = behind.value;
  return (
    <div class="filters">
      <label>
        <span class="hidden">Split by</span>
        <select value={by} onChange={(e) => setQuery({ by: e.currentTarget.value })}>
          {Object.entries(SPLITS).map(([name, label]) => (
            <option key={name} value={name}>
              by {label.toLowerCase()}
            </option>
          ))}
        </select>
      </label>
      {FILTERS.filter((name) => query[name]).map((name) => (
        <button key={name} type="button" class="chip" onClick={() => setQuery({ [name]: "" })}>
          {name} <bdi>{nameOf(name, query[name]!, null)}</bdi> <span aria-hidden="true">×</span>
          <span class="hidden">remove this filter</span>
        </button>
      ))}
    </div>
  );
}

function Chart({ data, by }: { data: Aggregations; by: Split }) {
  const top = data.groups.filter((g) => (g.value ?? 0) > 0).slice(0, COLOURS);
  const names = new Map(top.map((g) => [g.group ?? "", nameOf(by, g.group ?? "", g.label)]));
  const hasRest = data.groups.filter((g) => (g.value ?? 0) > 0).length > top.length;
  return (
    <Bars
      label={`Cost by ${data.period} and ${SPLITS[by].toLowerCase()}`}
      bars={toBars(data, names)}
      names={[...new Set(names.values()), ...(hasRest ? [REST] : [])]}
    />
  );
}

function toBars(data: Aggregations, names: Map<string, string>): Bar[] {
  const parts = new Map<number, Map<string, number>>();
  for (const row of data.rows) {
    if (row.value === null) continue;
    const of = parts.get(row.bucket_unix_ms) ?? new Map<string, number>();
    parts.set(row.bucket_unix_ms, of);
    const name = names.get(row.group ?? "") ?? REST;
    of.set(name, (of.get(name) ?? 0) + row.value);
  }
  return data.buckets.map((bucket) => {
    const isHour = data.period === "hour";
    const label = isHour ? clock(bucket.bucket_unix_ms, zone.value).slice(0, 5) : bucket.bucket.slice(5);
    const title = isHour ? `${bucket.bucket.slice(0, 10)} ${label}` : bucket.bucket;
    return { key: bucket.bucket, label, title, parts: parts.get(bucket.bucket_unix_ms) ?? new Map() };
  });
}
