import type { ComponentChildren } from "preact";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { listed } from "../../../schema/text.ts";
import { tokensUnder } from "../../../schema/usage.ts";
import { shortModel } from "../../event-labels.ts";
import { Heads } from "../chart/table-box.tsx";
import { duration, exact, exactMoney, money, percent, tokens } from "../format.ts";
import { setQuery } from "../route.ts";
import { exportCommand } from "../sessions/resume.tsx";
import { agentName, agentTask } from "./agent-name.ts";
import { CacheMisses } from "./cache-misses.tsx";

export function Aside({ session }: { session: SessionDetail }) {
  return (
    <aside class="session-aside" aria-label="Sums">
      <Agents session={session} />
      <Tools session={session} />
      <Cache session={session} />
      <Origin session={session} />
    </aside>
  );
}

function Tally(props: { by: string; heads: readonly string[]; children: ComponentChildren }) {
  return (
    <div class="scroll-box" tabIndex={0} role="region" aria-labelledby={props.by}>
      <table class="tally">
        <Heads of={props.heads} />
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

type AgentCostRow = { id: string; name: string; title: string; own: number | null; total: number | null };

/** Own cost, and with all that it started; agents that claim to have started each other are counted once. */
function agentRows({ agent_list, main }: Pick<SessionDetail, "agent_list" | "main">): AgentCostRow[] {
  const own = new Map([["", main.cost_nano_usd]]);
  const children = new Map<string, string[]>();
  for (const agent of agent_list) {
    own.set(agent.agent_id, agent.totals.cost_nano_usd);
    const parent = agent.parent_agent_id ?? "";
    children.set(parent, [...(children.get(parent) ?? []), agent.agent_id]);
  }
  const total = (id: string, seen = new Set<string>()): number | null => {
    if (seen.has(id)) return null;
    seen.add(id);
    const parts = [own.get(id) ?? null, ...(children.get(id) ?? []).map((child) => total(child, seen))];
    const priced = parts.filter((part) => part !== null);
    return priced.length > 0 ? priced.reduce((a, b) => a + b, 0) : null;
  };
  const row = (id: string, name: string, title: string): AgentCostRow => ({
    id,
    name,
    title,
    own: own.get(id) ?? null,
    total: total(id),
  });
  const agents = agent_list.map((a) => row(a.agent_id, agentName(a), agentTask(a)));
  return [row("", "Main thread", ""), ...agents.sort((a, b) => (b.total ?? 0) - (a.total ?? 0))];
}

function Agents({ session }: { session: SessionDetail }) {
  if (session.agent_list.length === 0) return null;
  return (
    <section class="card">
      <h2 id="agents-title">Agents</h2>
      <Tally by="agents-title" heads={["Agent", "Own", "With its agents"]}>
        {agentRows(session).map((row) => (
          <tr key={row.id}>
            <th scope="row">
              <button
                type="button"
                class="link clip"
                onClick={() => setQuery({ agent: row.id || "main", tab: "" })}
              >
                <bdi dir="auto">{row.name}</bdi>{" "}
                <bdi dir="auto" class="muted">
                  {row.title}
                </bdi>
              </button>
            </th>
            <td data-tip={exactMoney(row.own)}>{money(row.own)}</td>
            <td data-tip={exactMoney(row.total)}>{money(row.total)}</td>
          </tr>
        ))}
      </Tally>
    </section>
  );
}

function Tools({ session }: { session: SessionDetail }) {
  if (session.tools.length === 0) return null;
  return (
    <section class="card">
      <h2 id="tools-title">Tools</h2>
      <Tally by="tools-title" heads={["Tool", "Calls", "Failed", "p50", "p95"]}>
        {session.tools.map((tool) => (
          <tr key={tool.tool_name}>
            <th scope="row">
              <bdi dir="auto" class="clip">
                {tool.tool_name || "unknown"}
              </bdi>
            </th>
            <td>{exact(tool.calls)}</td>
            <td
              class={tool.failed > 0 ? "bad" : "faint"}
              data-tip={`${exact(tool.failed)} of ${exact(tool.calls)}`}
            >
              {tool.failed > 0 ? percent(tool.failed, tool.calls) : "0 %"}
            </td>
            <td>{duration(tool.p50_ms) || "–"}</td>
            <td>{duration(tool.p95_ms) || "–"}</td>
          </tr>
        ))}
      </Tally>
    </section>
  );
}

function Cache({ session }: { session: SessionDetail }) {
  const { totals } = session;
  const { input_tokens } = totals;
  const read = tokensUnder("Cache read", totals);
  if (input_tokens === 0) return null;
  return (
    <section class="card">
      <h2>Cache</h2>
      <dl class="record">
        <dt>From cache</dt>
        <dd>
          {tokens(read)} of {tokens(input_tokens)}, {percent(read, input_tokens)}
        </dd>
        <dt>Into cache</dt>
        <dd>{tokens(tokensUnder("Cache write", totals))}</dd>
        <dt>New</dt>
        <dd>{tokens(tokensUnder("Input", totals))}</dd>
      </dl>
      <CacheMisses session={session} />
    </section>
  );
}

function Origin({ session }: { session: SessionDetail }) {
  const facts: [string, string | null][] = [
    ["Session", session.session_id],
    ["Models", listed(session.models.map(shortModel)) || null],
    ["Client", session.client_version],
    ["Folder", session.project_path],
    ["File", session.transcript_path],
  ];
  return (
    <section class="card">
      <h2>Record</h2>
      <dl class="record">
        {facts.map(
          ([name, value]) =>
            value && [
              <dt key={name}>{name}</dt>,
              <dd key={`${name} is`}>
                <bdi dir="auto">{value}</bdi>
              </dd>,
            ],
        )}
      </dl>
      <p class="muted">
        Export: <code>{exportCommand(session)}</code>
      </p>
    </section>
  );
}
