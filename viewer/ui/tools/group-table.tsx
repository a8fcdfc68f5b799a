import type { ToolGroupBy } from "../../../schema/api-tool-routes.ts";
import { exact } from "../format.ts";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind } from "../route.ts";
import { afterAny, useResource } from "../use-resource.ts";
import { Cost, callsHref, Failed, FailedShare, Times, useCosts } from "./cells.tsx";

const FRESH = { every_ms: 10_000, after: afterAny };
const WORDS: Record<ToolGroupBy, { head: string; count: string; none: string; note: string }> = {
  mcp_server: {
    head: "MCP server",
    count: "Calls",
    none: "No MCP tool was called in this period",
    note: "Cost: requests that the client attributes to the server.",
  },
  skill: {
    head: "Skill",
    count: "Calls",
    none: "No skill was used in this period",
    note: "Cost: requests that the client attributes to the skill. Calls: uses of the tool Skill; a skill started with its slash command has none.",
  },
  agent_type: {
    head: "Sub-agent",
    count: "Runs",
    none: "No sub-agent ran in this period",
    note: "Times: the whole run where hooks report it, else the call that started it. Cost: requests of these sub-agents.",
  },
};

/** The tools with the calls behind a group. */
const toolOf: Record<ToolGroupBy, (name: string) => string | null> = {
  mcp_server: (name) => `mcp__${name}__*`,
  skill: () => "Skill",
  agent_type: () => null,
};

/** Calls and cost by MCP server, skill or type of sub-agent. */
export function GroupTable({ by }: { by: ToolGroupBy }) {
  const { source = "", project = "" } = behind.value.query;
  const query = { ...range.value.query, by, source: source as "", project };
  const { data, fault } = useResource("GET /api/tools/groups", { query }, FRESH);
  const costs = useCosts(by);
  const { head, count, none, note } = WORDS[by];
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={4} />;
  const known = new Set(data.groups.map((g) => g.name));
  const only = [...costs].filter(([name]) => name !== "" && !known.has(name));
  if (known.size === 0 && only.length === 0)
    return (
      <Empty title={none}>
        <p>Choose a longer period above.</p>
      </Empty>
    );
  return (
    <section class="card" aria-label={`By ${head}`}>
      <div class="table-wide">
        <table class="tools-table">
          <thead>
            <tr>
              {[head, count, "Failed", "Share failed", "p50", "p95", "Total time", "Cost"].map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody data-roving>
            {data.groups.map((group) => (
              <tr key={group.name}>
                <Name tool={toolOf[by](group.name)} name={group.name} />
                <td>{exact(group.calls)}</td>
                <td>
                  <FailedCalls tool={toolOf[by](group.name)} of={group} />
                </td>
                <FailedShare {...group} />
                <Times of={group} />
                <td>
                  <Cost of={costs.get(group.name)} />
                </td>
              </tr>
            ))}
            {only.map(([name, cost]) => (
              <tr key={name}>
                <Name tool={null} name={name} />
                {["calls", "failed", "share", "p50", "p95", "time"].map((cell) => (
                  <td key={cell} class="faint">
                    –
                  </td>
                ))}
                <td>
                  <Cost of={cost} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted tools-note">{note}</p>
    </section>
  );
}

function Name({ tool, name }: { tool: string | null; name: string }) {
  return (
    <th scope="row" class="clip">
      {tool === null ? (
        <bdi>{name || "not named"}</bdi>
      ) : (
        <a class="link" href={callsHref(tool, false)} data-row data-in-place>
          <bdi>{name || "not named"}</bdi>
        </a>
      )}
    </th>
  );
}

type Counted = { calls: number; failed: number };

function FailedCalls({ tool, of }: { tool: string | null; of: Counted }) {
  if (tool !== null) return <Failed name={tool} calls={of.calls} failed={of.failed} />;
  return <span class={of.failed > 0 ? "bad" : "faint"}>{exact(of.failed)}</span>;
}
