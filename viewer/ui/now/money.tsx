import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { COST_LABELS } from "../../../schema/usage-kinds.ts";
import { FEW, kindsOf, type TopGroup, topOf } from "../../first-requests.ts";
import { exactMoney, money } from "../format.ts";
import { behind, sessionHref } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import { afterUsage, useResource } from "../use-resource.ts";

const FRESH = { every_ms: 15_000, after: afterUsage };

/** Link to the costs of that day, with the split and the project of the list. */
function costsOf(day: string, by: string, project = ""): string {
  const { source = "" } = behind.value.query;
  const days = day === today.value ? { range: "today" } : { from: day, to: day };
  return pagePath("costs", {}, { by, ...days, source, project });
}

/** Splits without a list here: links to Costs. */
const SPLIT_LINKS = [
  ["prompt", "prompts"],
  ["tool", "tools"],
  ["model", "models"],
] as const;

/** Links to the most expensive of the month. */
const MONTH_LINKS = [
  ["project", "by project"],
  ["session", "by session"],
  ["branch", "by branch"],
] as const;

/** Cost of a day: by project, by session, by agent. */
export function Money({ day }: { day: string }) {
  return (
    <section class="card money" aria-labelledby="money-title">
      <h2 id="money-title">
        Where the money went
        <span class="head-links">
          {SPLIT_LINKS.map(([by, label]) => (
            <a key={by} href={costsOf(day, by)}>
              {label}
            </a>
          ))}
          <span class="muted">30 days:</span>
          {MONTH_LINKS.map(([by, label]) => (
            <a
              key={by}
              href={pagePath("costs", {}, { by, range: "30d", source: behind.value.query.source ?? "" })}
            >
              {label}
            </a>
          ))}
        </span>
      </h2>
      <div class="tops">
        <Top day={day} by="project" title="Projects" />
        <Top day={day} by="session" title="Sessions" />
        <Top day={day} by="agent_type" title="Threads" />
        <Kinds day={day} />
      </div>
    </section>
  );
}

const UNNAMED: Record<TopGroup, string> = {
  project: "no project",
  session: "unknown session",
  agent_type: "main thread",
};

function Top({ day, by, title }: { day: string; by: TopGroup; title: string }) {
  const { source = "" } = behind.value.query;
  const request = topOf(by, { day, time_zone: zone.value, source: source as "" });
  const { data } = useResource("GET /api/aggregations", request, FRESH);
  const groups = (data?.groups ?? []).filter((g) => (g.value ?? 0) > 0);
  const highest = groups[0]?.value ?? 1;
  return (
    <div class="top-list">
      <h3>
        <a href={costsOf(day, by)}>{title}</a>
      </h3>
      {data && groups.length === 0 && <p class="muted">nothing priced</p>}
      <ol data-roving>
        {groups.map(({ group, label, value }) => {
          const key = group ?? "";
          const name = by === "project" ? projectName(key) : by === "session" ? titleOfKey(key, label) : key;
          const href =
            by === "session"
              ? sessionHref(key)
              : by === "project"
                ? costsOf(day, "model", key)
                : costsOf(day, by);
          return (
            <li key={key} style={{ "--share": `${((value ?? 0) / highest) * 100}%` }}>
              <a href={href} class="clip">
                <bdi>{key === "" ? UNNAMED[by] : name}</bdi>
              </a>
              <b data-tip={exactMoney(value)}>{money(value)}</b>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Cost by kind of token. */
function Kinds({ day }: { day: string }) {
  const { source = "" } = behind.value.query;
  const request = kindsOf({ day, time_zone: zone.value, source: source as "" });
  const { data } = useResource("GET /api/costs/kinds", request, FRESH);
  const kinds = (data?.kinds ?? [])
    .filter((k) => (k.cost_nano_usd ?? 0) > 0)
    .sort((a, b) => (b.cost_nano_usd ?? 0) - (a.cost_nano_usd ?? 0))
    .slice(0, FEW);
  const highest = kinds[0]?.cost_nano_usd ?? 1;
  return (
    <div class="top-list">
      <h3>Tokens</h3>
      <ol data-roving>
        {kinds.map(({ kind, cost_nano_usd }) => (
          <li key={kind} style={{ "--share": `${((cost_nano_usd ?? 0) / highest) * 100}%` }}>
            <a href={costsOf(day, "kind")} class="clip">
              {COST_LABELS[kind]}
            </a>
            <b data-tip={exactMoney(cost_nano_usd)}>{money(cost_nano_usd)}</b>
          </li>
        ))}
      </ol>
    </div>
  );
}
