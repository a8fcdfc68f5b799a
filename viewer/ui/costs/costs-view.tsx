import { useMemo } from "preact/hooks";
import type { Aggregations } from "../../../schema/api-shapes.ts";
import { knowsModel } from "../../../schema/groups.ts";
import { projectName } from "../../../schema/projects.ts";
import { type Bar, Bars } from "../chart/bars.tsx";
import { COLOURS, REST } from "../chart/hues.ts";
import { clock, dayBefore, exactMoney, longDay, money, shortDate, tokens } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { zone } from "../status.ts";
import { adopt } from "../style.ts";
import rules from "../styles/costs.css" with { type: "text" };
import { afterUsage, useResource } from "../use-resource.ts";
import { Ranked } from "./ranked.tsx";
import { Reconciliation } from "./reconciliation.tsx";
import { choose, chosenOf, groupNames, nameOf, SPLITS, type Split, splitOf } from "./splits.ts";
import { Waste } from "./waste.tsx";

adopt(rules);

/** Loaded separately with the code of long lists, so that the first figures do not wait for it. */
const RequestList = lazy(async () => (await import("./requests.tsx")).RequestList);
const CacheTab = lazy(async () => (await import("./cache-tab.tsx")).CacheTab);
const FRESH = { every_ms: 10_000, after: afterUsage };
const TABS = { "": "Spend", cache: "Cache" } as const;

export function CostsView() {
  const { tab = "" } = behind.value.query;
  return tab === "cache" ? (
    <div class="costs">
      <Head />
      <Filters by={null} />
      <CacheTab />
    </div>
  ) : (
    <Spend />
  );
}

function Head({ data }: { data?: Aggregations | null }) {
  const { tab = "" } = behind.value.query;
  const shown = tab === "cache" ? "cache" : "";
  return (
    <div class="view-head costs-head">
      <h1>Costs</h1>
      {data && hasRequests(data) && <Total data={data} />}
      <fieldset class="segments" aria-label="Parts of costs">
        {Object.entries(TABS).map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={shown === name}
            onClick={() => setQuery({ tab: name, miss_reason: "", missed: "" })}
          >
            {label}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function Spend() {
  const { query } = behind.value;
  const by = splitOf(query);
  const { source = "", project = "", account = "", model = "" } = query;
  const hasModel = model !== "" && knowsModel(by);
  const request = {
    metric: "cost",
    group_by: by,
    period: range.value.period,
    ...range.value.query,
    source: source as "",
    project,
    account,
    model: hasModel ? model : "",
  } as const;
  const { data, fault, is_old } = useResource("GET /api/aggregations", { query: request }, FRESH);
  return (
    <div class={is_old ? "costs is-old" : "costs"}>
      <Head data={data} />
      <Filters by={by} />
      {model !== "" && !hasModel && (
        <p class="muted">
          In the split by {SPLITS[by].toLowerCase()}, the model filters the requests below, but not the bars.
        </p>
      )}
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={8} />}
      {data && data.groups.length === 0 && <None of={data} by={by} />}
      {data && data.groups.length > 0 && <Groups data={data} by={by} />}
      <Waste />
      <Reconciliation />
      <Requests split={data} by={by} />
    </div>
  );
}

function hasRequests({ coverage }: Aggregations): boolean {
  const { priced_requests = 0, unpriced_requests = 0 } = coverage ?? {};
  return priced_requests + unpriced_requests > 0;
}

function None({ of, by }: { of: Aggregations; by: Split }) {
  if (hasRequests(of))
    return (
      <Empty title={`No request here has a ${SPLITS[by].toLowerCase()}`}>
        <p>Choose another split. The requests are listed below.</p>
      </Empty>
    );
  return (
    <Empty title="No requests in this period">
      <p>Choose a longer period or remove a filter.</p>
    </Empty>
  );
}

function Requests({ split, by }: { split: Aggregations | null; by: Split }) {
  const { source = "", project = "", account = "", model = "" } = behind.value.query;
  const chosen = chosenOf(behind.value.query);
  const query = {
    ...range.value.query,
    source: source as "",
    project,
    account,
    model,
    ...(chosen && { group_by: chosen.of, group: chosen.group }),
  };
  const label =
    chosen && (chosen.of === by ? split?.groups.find((g) => (g.group ?? "") === chosen.group)?.label : null);
  return (
    <section class="card" aria-labelledby="requests-title">
      <h2 id="requests-title" tabIndex={-1}>
        <span>
          Requests
          {chosen && (
            <>
              {" of "}
              {SPLITS[chosen.of].toLowerCase()}{" "}
              <button type="button" class="chip" onClick={() => setQuery({ of: "", group: "" })}>
                <bdi dir="auto">{nameOf(chosen.of, chosen.group, label ?? null)}</bdi>{" "}
                <span aria-hidden="true">×</span>
                <span class="hidden">show the requests of all</span>
              </button>
            </>
          )}
        </span>
      </h2>
      <RequestList query={query} within="all" label="Requests of these days" />
    </section>
  );
}

function Total({ data }: { data: Aggregations }) {
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

function Filters({ by }: { by: Split | null }) {
  const { query } = behind.value;
  const given = FILTERS.filter((name) => query[name]);
  if (by === null && given.length === 0) return null;
  return (
    <div class="filters">
      {by !== null && (
        <label>
          <span class="hidden">Split by</span>
          <select value={by} onChange={(e) => setQuery({ by: e.currentTarget.value })}>
            {Object.entries(SPLITS).map(([name, label]) => (
              <option key={name} value={name}>
                by {name === "pr" || name === "mcp_server" ? label : label.toLowerCase()}
              </option>
            ))}
          </select>
        </label>
      )}
      {given.map((name) => (
        <button key={name} type="button" class="chip" onClick={() => setQuery({ [name]: "" })}>
          {name} <bdi>{name === "project" ? projectName(query[name]!) : query[name]}</bdi>{" "}
          <span aria-hidden="true">×</span>
          <span class="hidden">remove this filter</span>
        </button>
      ))}
    </div>
  );
}

/** The groups over time, and ranked, with the same names in both. */
function Groups({ data, by }: { data: Aggregations; by: Split }) {
  const names = useMemo(() => groupNames(by, data.groups), [by, data.groups]);
  return (
    <>
      <section class="card" aria-labelledby="over-time">
        <h2 id="over-time">
          Cost by {range.value.period}, by {SPLITS[by].toLowerCase()}
        </h2>
        <Chart data={data} by={by} all={names} />
      </section>
      <Ranked key={by} data={data} by={by} names={names} />
    </>
  );
}

function Chart({ data, by, all }: { data: Aggregations; by: Split; all: Map<string, string> }) {
  const priced = data.groups.filter((g) => (g.value ?? 0) > 0);
  const top = priced.slice(0, COLOURS);
  const names = new Map(top.map(({ group }) => [group ?? "", all.get(group ?? "") ?? ""]));
  const hasRest = (data.others.value ?? 0) > 0 || priced.length > top.length;
  return (
    <Bars
      label={`Cost by ${data.period} and ${SPLITS[by].toLowerCase()}`}
      bars={toBars(data, names)}
      names={[...names.values(), ...(hasRest ? [REST] : [])]}
      onPick={(name) => choose(by, [...names].find(([, own]) => own === name)?.[0] ?? "")}
      onBar={data.period === "hour" ? undefined : (bucket) => narrow(bucket, data.period)}
    />
  );
}

/** A bar sets the days of the view. */
function narrow(bucket: string, period: Aggregations["period"]): void {
  const from = bucket.slice(0, 10).padEnd(10, "-01");
  const next = new Date(`${from}T00:00:00Z`);
  if (period === "month") next.setUTCMonth(next.getUTCMonth() + 1);
  else next.setUTCDate(next.getUTCDate() + (period === "week" ? 7 : 1));
  setQuery({ range: "", from, to: dayBefore(next.toISOString().slice(0, 10), 1) });
}

function toBars(data: Aggregations, names: Map<string, string>): Bar[] {
  const parts = new Map<number, Map<string, number>>();
  const rest = data.others.rows.map((row) => ({ ...row, group: null, isRest: true }));
  for (const row of [...data.rows.map((r) => ({ ...r, isRest: false })), ...rest]) {
    if (row.value === null) continue;
    const of = parts.get(row.bucket_unix_ms) ?? new Map<string, number>();
    parts.set(row.bucket_unix_ms, of);
    const name = (row.isRest ? undefined : names.get(row.group ?? "")) ?? REST;
    of.set(name, (of.get(name) ?? 0) + row.value);
  }
  return data.buckets.map(({ bucket, bucket_unix_ms }) => ({
    key: bucket,
    ...namesOf(bucket, bucket_unix_ms, data.period),
    parts: parts.get(bucket_unix_ms) ?? new Map(),
  }));
}

/** A bucket on the axis, and in full. */
function namesOf(
  bucket: string,
  at: number,
  period: Aggregations["period"],
): { label: string; title: string } {
  if (period === "month") return { label: bucket, title: bucket };
  const day = bucket.slice(0, 10);
  if (period !== "hour") return { label: shortDate(day), title: longDay(day) };
  const time = clock(at, zone.value).slice(0, 5);
  return { label: time, title: `${shortDate(day)} ${time}` };
}
