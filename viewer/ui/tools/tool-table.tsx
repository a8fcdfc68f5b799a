import type { Tool, Tools } from "../../../schema/api-tools.ts";
import { duration, exact, percent, tokens } from "../format.ts";
import { range } from "../range.ts";
import { behind, setQuery, toPath } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { useResource } from "../use-resource.ts";
import { type Group, isSort, SORTS, type Sort, shortTool, type ToolLine, toRows } from "./groups.ts";
import { Trend } from "./trend.tsx";

export function ToolTable({ data }: { data: Tools }) {
  const { sort: asked, source = "", project = "" } = behind.value.query;
  const sort = isSort(asked) ? asked : "calls";
  const query = { ...range.value.query, source: source as "", project };
  const results = useResource("GET /api/tools/results", { query }).data?.tools;
  const sizes = new Map(results?.map((r) => [r.tool_name, r]));
  const names = data.buckets.map((b) =>
    data.period === "hour" ? b.bucket.slice(5, 16).replace("T", " ") : b.bucket,
  );
  const rows = toRows(data.tools, sort);
  const hasDecisions = data.tools.some((t) => t.decisions.length > 0);
  const hasSizes = results?.some((r) => r.results > 0) ?? false;
  const most = Math.max(1, ...data.tools.map((t) => t.calls));
  return (
    <section class="card" aria-label="Tools">
      <div class="table-wide">
        <table class="tools-table">
          <thead>
            <tr>
              <th scope="col">Tool</th>
              {(["calls", "failed", "rate", "p50", "p95", "time"] as const).map((name) => (
                <Head key={name} name={name} sort={sort} />
              ))}
              {hasSizes && <th scope="col">Result</th>}
              <th scope="col" class="is-text">
                By {data.period}
              </th>
              {hasDecisions && (
                <th scope="col" class="is-text">
                  Decided by
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) =>
              row.kind === "server" ? (
                <ServerRow
                  key={`server ${row.group.server}`}
                  {...{ names, hasSizes, hasDecisions }}
                  group={row.group}
                />
              ) : (
                <ToolRow
                  key={row.tool.tool_name}
                  {...{ row, names, most, hasSizes, hasDecisions }}
                  size={sizes.get(row.tool.tool_name)}
                />
              ),
            )}
          </tbody>
        </table>
      </div>
    </section>
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

/** The calls of a tool, or of all tools of a server, below the table. */
const callsHref = (tool: string, failed: boolean) =>
  toPath({ ...behind.value, query: { ...behind.value.query, tool, failed: failed ? "1" : "" } });

function Failed({ name, calls, failed }: { name: string; calls: number; failed: number }) {
  if (failed === 0) return <span class="faint">0</span>;
  return (
    <a
      class="link bad"
      href={callsHref(name, true)}
      data-in-place
      aria-label={`${exact(failed)} failed calls of ${calls}`}
    >
      {exact(failed)}
    </a>
  );
}

type Shown = { names: string[]; hasSizes: boolean; hasDecisions: boolean };

function ServerRow({ group, names, hasSizes, hasDecisions }: Shown & { group: Group }) {
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
      <td>{group.failed > 0 ? percent(group.failed, group.calls) : ""}</td>
      <td />
      <td />
      <td>{duration(group.duration_ms)}</td>
      {hasSizes && <td />}
      <td>
        <Trend series={series} names={names} />
      </td>
      {hasDecisions && <td />}
    </tr>
  );
}

type Size = { results: number; chars: number } | undefined;

function ToolRow(props: Shown & { row: ToolLine & { kind: "tool" }; most: number; size: Size }) {
  const { row, names, most, size, hasSizes, hasDecisions } = props;
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
      <td class={tool.failed > 0 ? "bad" : "faint"}>
        {tool.failed > 0 ? percent(tool.failed, tool.calls) : "0"}
      </td>
      <Times tool={tool} />
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

function Times({ tool }: { tool: Tool }) {
  const { p50_ms, p95_ms, timed_calls, calls, duration_ms } = tool;
  if (p50_ms === null)
    return (
      <>
        <td class="faint">–</td>
        <td class="faint">–</td>
        <td class="faint">–</td>
      </>
    );
  const tip = `${exact(timed_calls)} of ${exact(calls)} calls have a duration`;
  return (
    <>
      <td>{duration(p50_ms)}</td>
      <td>{duration(p95_ms)}</td>
      <td>
        <Exact tip={tip}>{duration(duration_ms)}</Exact>
      </td>
    </>
  );
}

/** What the model was given for a call, on average. */
function Mean({ size: { results, chars } }: { size: NonNullable<Size> }) {
  if (results === 0) return null;
  const tip = `${exact(chars)} characters in ${exact(results)} results that were recorded`;
  return <Exact tip={tip}>⌀ {tokens(Math.round(chars / results))} chars</Exact>;
}

const WORDS: Record<string, string> = {
  config: "settings",
  hook: "a hook",
  user_permanent: "you, for good",
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
