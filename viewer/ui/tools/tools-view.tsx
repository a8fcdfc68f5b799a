import { projectName } from "../../../schema/projects.ts";
import { exact, plural } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { adopt } from "../style.ts";
import rules from "../styles/tools.css" with { type: "text" };
import { afterAny, useResource } from "../use-resource.ts";
import { ToolTable } from "./tool-table.tsx";

adopt(rules);

/** Content below the table or behind a choice, loaded separately. */
const GroupTable = lazy(async () => (await import("./group-table.tsx")).GroupTable);
const Calls = lazy(async () => (await import("./calls.tsx")).Calls);
const CallsDrawer = lazy(async () => (await import("./calls-drawer.tsx")).CallsDrawer);
const FRESH = { every_ms: 10_000, after: afterAny };

const GROUPS = { "": "Tools", mcp_server: "MCP servers", skill: "Skills", agent_type: "Sub-agents" } as const;
type Group = keyof typeof GROUPS;
const isGroup = (by: string): by is Group => Object.hasOwn(GROUPS, by);

/** Calls, failures, durations and decisions of each tool, with the calls themselves. */
export function ToolsView() {
  const { source = "", project = "", tool = "", by: asked = "" } = behind.value.query;
  const by = isGroup(asked) ? asked : "";
  const query = { ...range.value.query, source: source as "", project };
  const { data, fault, is_old } = useResource("GET /api/tools", { query }, FRESH);
  const sum = (of: "calls" | "failed") => data?.tools.reduce((total, tool) => total + tool[of], 0) ?? 0;
  return (
    <div class={is_old ? "tools-view is-old" : "tools-view"}>
      <div class="view-head">
        <h1>Tools</h1>
        {data && (
          <p class="muted" role="status">
            {plural(sum("calls"), "call")}, {exact(sum("failed"))} failed
          </p>
        )}
      </div>
      <div class="filters">
        <div class="chips">
          {(Object.keys(GROUPS) as Group[]).map((name) => (
            <button
              key={name}
              type="button"
              class="quiet"
              aria-pressed={by === name}
              onClick={() => setQuery({ by: name })}
            >
              {GROUPS[name]}
            </button>
          ))}
        </div>
        <Project />
      </div>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={8} />}
      {data?.tools.length === 0 && (
        <Empty title="No tool calls in this period">
          <p>Choose a longer period above{project ? ", or remove the project" : ""}.</p>
        </Empty>
      )}
      {data && data.tools.length > 0 && (
        <>
          {by === "" ? <ToolTable data={data} /> : <GroupTable key={by} by={by} />}
          {tool === "" ? <Calls /> : <CallsDrawer />}
        </>
      )}
    </div>
  );
}

function Project() {
  const { source = "", project = "" } = behind.value.query;
  const query = {
    metric: "count" as const,
    group_by: "project" as const,
    period: range.value.period,
    ...range.value.query,
    source: source as "",
  };
  const { data } = useResource("GET /api/aggregations", { query });
  const names = new Set(data?.groups.map((g) => projectName(g.group ?? "")).filter((name) => name !== ""));
  if (project !== "") names.add(projectName(project));
  return (
    <label>
      <span class="hidden">Project</span>
      <select
        value={project === "" ? "" : projectName(project)}
        onChange={(e) => setQuery({ project: e.currentTarget.value })}
      >
        <option value="">All projects</option>
        {[...names].sort().map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
