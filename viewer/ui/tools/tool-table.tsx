import type { Tool, ToolGroup, Tools } from "../../../schema/api-tools.ts";
import { duration, exact, tokens } from "../format.ts";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { useResource } from "../use-resource.ts";
import { type CellCost, Cost, callsHref, Failed, FailedShare, Times, useCosts } from "./cells.tsx";
import { type Group, isSort, SORTS, type Sort, shortTool, type ToolLine, toRows } from "./groups.ts";
import { Trend } from "./trend.tsx";

export function ToolTable({ data }: { data: Tools }) {
  const { sort: asked, source = "", project = "" } = behind.value.query;
  const sort = isSort(asked) ? asked : "calls";
  const query = { ...range.value.query, source: source as "", project };
  const results = useResource("GET /api/tools/results", { query }).data?.tools;
  const sizes = new Map(results?.map((r) => [r.tool_name, r]));
  const names = bucketNames(data);
  const costs = useCosts("tool");
  const hasServers = data.tools.some((t) => t.mcp_server !== null);
  const servers = useResource("GET /api/tools/groups", { query: { ...query, by: "mcp_server" } });
  const timesOf = new Map(hasServers ? servers.data?.groups.map((g) => [g.name, g]) : []);
  const rows = toRows(data.tools, sort, costs);
  const hasDecisions = data.tools.some((t) => t.decisions.length > 0);
  const hasSizes = results?.some((r) => r.results > 0) ?? false;
  const most = Math.max(1, ...data.tools.map((t) => t.calls));
  return (
    <section class="card" aria-label="Tools">
      <div class="table-wide">
        <table class="tools-table">
          <Heads period={data.period} sort={sort} hasSizes={hasSizes} hasDecisions={hasDecisions} />
          <tbody data-roving>
            {rows.map((row) =>
              row.kind === "server" ? (
                <ServerRow
                  key={`server ${row.group.server}`}
                  names={names}
                  hasSizes={hasSizes}
                  hasDecisions={hasDecisions}
                  group={row.group}
                  times={timesOf.get(row.group.server)}
                />
              ) : (
                <ToolRow
                  key={row.tool.tool_name}
                  row={row}
                  names={names}
                  most={most}
                  hasSizes={hasSizes}
                  hasDecisions={hasDecisions}
                  size={sizes.get(row.tool.tool_name)}
                  cost={costs.get(row.tool.tool_name)}
                />
              ),
            )}
          </tbody>
        </table>
      </div>
      <p class="muted tools-note">
        Turns: the cost of all turns that used the tool. A turn with two tools counts for both, so the figures
        overlap and add up to more than the total.
      </p>
    </section>
  );
}

const bucketNames = ({ buckets, period }: Tools) =>
  buckets.map(({ bucket }) => (period === "hour" ? bucket.slice(5, 16).replace("T", " ") : bucket));

function Heads(props: { period: string; sort: Sort; hasSizes: boolean; hasDecisions: boolean }) {
  return (
    <thead>
      <tr>
        <th scope="col">Tool</th>
        {(["calls", "failed", "rate", "p50", "p95", "time", "cost"] as const).map((name) => (
          <Head key={name} name={name} sort={props.sort} />
        ))}
        {props.hasSizes && <th scope="col">Result</th>}
        <th scope="col" class="is-text">
          By {props.period}
        </th>
        {props.hasDecisions && (
          <th scope="col" class="is-text">
            Decided by
          </th>
        )}
      </tr>
    </thead>
  );
}

function Head({ name, sort }: { name: Sort; sort: Sort }) {
  const isIt = sort === name;
  return (
    <th scope="col" aria-sort={isIt ? "descending" : undefined}>
      <button type="button" class="link" onClick={() => setQuery({ sort: name === "calls" ? "" : name })}>
        {SORTS[name]}
        {isIt && <span aria-hidden="true"> ↓</span>}
      </button>
    </th>
  );
}

type Shown = { names: string[]; hasSizes: boolean; hasDecisions: boolean };

type ServerProps = Shown & { group: Group; times: ToolGroup | undefined };

function ServerRow({ group, times, names, hasSizes, hasDecisions }: ServerProps) {
  const series = names.map((_, i): [number, number] => [
    group.tools.reduce((sum, t) => sum + (t.series[i]?.[0] ?? 0), 0),
    group.tools.reduce((sum, t) => sum + (t.series[i]?.[1] ?? 0), 0),
  ]);
  const all = `mcp__${group.server}__*`;
  return (
    <tr class="is-server">
      <th scope="row" class="clip">
        <a class="link" href={callsHref(all, false)} data-row data-in-place>
          <span class="badge">MCP</span> <bdi>{group.server}</bdi>
        </a>
      </th>
      <td>{exact(group.calls)}</td>
      <td>
        <Failed name={all} calls={group.calls} failed={group.failed} />
      </td>
      <FailedShare {...group} />
      <td>{duration(times?.p50_ms ?? null)}</td>
      <td>{duration(times?.p95_ms ?? null)}</td>
      <td>{duration(group.duration_ms)}</td>
      <td />
      {hasSizes && <td />}
      <td>
        <Trend series={series} names={names} />
      </td>
      {hasDecisions && <td />}
    </tr>
  );
}

type Size = { results: number; chars: number } | undefined;

function ToolRow(
  props: Shown & { row: ToolLine & { kind: "tool" }; most: number; size: Size; cost: CellCost },
) {
  const { row, names, most, size, cost, hasSizes, hasDecisions } = props;
  const { tool } = row;
  const name = tool.tool_name === "" ? "not named" : shortTool(tool);
  const isChosen = behind.value.query.tool === tool.tool_name && tool.tool_name !== "";
  return (
    <tr class={row.isInner ? "is-inner" : ""} aria-current={isChosen ? "true" : undefined}>
      <th scope="row" class="clip">
        {tool.tool_name === "" ? (
          <span class="muted">{name}</span>
        ) : (
          <a class="link" href={callsHref(tool.tool_name, false)} data-row data-in-place>
            <bdi>{name}</bdi>
          </a>
        )}
      </th>
      <td class="share">
        <i style={{ "--share": tool.calls / most }} aria-hidden="true" />
        <span>{exact(tool.calls)}</span>
      </td>
      <td>
        <Failed name={tool.tool_name} calls={tool.calls} failed={tool.failed} />
      </td>
      <FailedShare {...tool} />
      <Times of={tool} />
      <td>
        <Cost of={cost} />
      </td>
      {hasSizes && <td>{size && <Mean size={size} />}</td>}
      <td>
        <Trend series={tool.series} names={names} />
      </td>
      {hasDecisions && (
        <td class="deciders">
          <Deciders tool={tool} />
        </td>
      )}
    </tr>
  );
}

/** Average size of a call's result for the model. */
function Mean({ size: { results, chars } }: { size: NonNullable<Size> }) {
  if (results === 0) return null;
  const tip = `${exact(chars)} characters in ${exact(results)} recorded results`;
  return <Exact tip={tip}>⌀ {tokens(Math.round(chars / results))} chars</Exact>;
}

const WORDS: Record<string, string> = {
  config: "settings",
  hook: "a hook",
  user_permanent: "you, always",
  user_temporary: "you, once",
  user_abort: "you, stopped",
  user_reject: "you",
  user: "you",
};

function Deciders({ tool }: { tool: Tool }) {
  return (
    <>
      {tool.decisions.map(({ decision, decided_by, calls }) => (
        <span key={`${decision} ${decided_by}`} class={/reject|den|abort/.test(decision) ? "bad" : ""}>
          <bdi>
            {decision.replaceAll("_", " ")} · {WORDS[decided_by] ?? decided_by.replaceAll("_", " ")}
          </bdi>{" "}
          {exact(calls)}
        </span>
      ))}
    </>
  );
}
