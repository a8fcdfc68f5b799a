import type { SessionDetail } from "../../schema/api-shapes.ts";
import { pagePath } from "../../schema/pages.ts";
import { listed } from "../../schema/text.ts";
import { uncertainNotes } from "../../schema/uncertain.ts";
import { now } from "./clock.ts";
import { ago, dayAndTime, duration, exact, exactMoney, money, percent, plural, tokens } from "./format.ts";
import { Notice, Skeleton } from "./notice.tsx";
import { overview } from "./route.ts";
import { detail, fault } from "./session.ts";
import { titleOf } from "./session-title.ts";
import { zone } from "./status.ts";
import { Timeline } from "./timeline.tsx";

export function SessionPage() {
  const session = detail.value;
  return (
    <article class="session">
      <a class="back" href={overview.value}>
        ← All sessions
      </a>
      {fault.value && <Notice fault={fault.value} />}
      {session ? (
        <>
          <Head session={session} />
          <Facts session={session} />
          <div class="session-body">
            <Timeline session={session} />
            <aside>
              <Agents session={session} />
              <Tools session={session} />
              <Origin session={session} />
            </aside>
          </div>
        </>
      ) : (
        !fault.value && <Skeleton lines={10} />
      )}
    </article>
  );
}

function Head({ session }: { session: SessionDetail }) {
  const live = pagePath("events", {}, { session: session.session_key });
  return (
    <header class="session-head">
      <h1>{titleOf(session)}</h1>
      <p class="session-facts">
        <span class={`badge is-${session.source}`}>{session.source}</span>
        <span>
          <i class={`state is-${session.state}`} aria-hidden="true" /> {session.state}
        </span>
        {session.project && <span title={session.project_path ?? ""}>{session.project}</span>}
        {session.git_branch && <span class="mono">{session.git_branch}</span>}
        <span title={`started ${dayAndTime(session.started_unix_ms, zone.value)}`}>
          {dayAndTime(session.started_unix_ms, zone.value)}
        </span>
        <span class="muted">last activity {ago(session.last_unix_ms, now.value)}</span>
        <a href={live}>its events</a>
      </p>
    </header>
  );
}

function Facts({ session }: { session: SessionDetail }) {
  const { totals } = session;
  const { unpriced_requests, unpriced_tokens, priced_tokens_percent } = totals.coverage;
  const notes = uncertainNotes(totals.coverage);
  return (
    <dl class="facts">
      <Fact label="Cost" title={exactMoney(totals.cost_nano_usd)} value={money(totals.cost_nano_usd)} isMain>
        {totals.requests === 0 && "no response yet"}
        {unpriced_requests > 0 && (
          <span class="warn" title={`${priced_tokens_percent} % of the tokens have a price`}>
            + {tokens(unpriced_tokens)} tokens unpriced
          </span>
        )}
        {notes.length > 0 && (
          <span class="warn" title={notes.join("; ")}>
            {" "}
            uncertain
          </span>
        )}
      </Fact>
      <Fact label="Tokens" title={exact(totals.total_tokens)} value={tokens(totals.total_tokens)}>
        {tokens(totals.input_tokens)} in · {tokens(totals.output_tokens)} out
      </Fact>
      <Fact
        label="From cache"
        title={`${exact(totals.cache_read_input_tokens)} of ${exact(totals.input_tokens)} input tokens`}
        value={percent(totals.cache_read_input_tokens, totals.input_tokens)}
      >
        of input
      </Fact>
      <Fact label="Requests" title="" value={exact(totals.requests)}>
        {plural(session.turns, "turn")}
      </Fact>
      {session.hooks && (
        <Fact
          label="Hooks"
          title="tool calls and failed turns of the transcript against the hooks that were recorded"
          value={exact(session.hooks.events)}
        >
          {session.hooks.missing === 0 ? (
            "complete"
          ) : (
            <span class="warn">{exact(session.hooks.missing)} missing</span>
          )}
        </Fact>
      )}
      <Fact label="Tools" title="" value={exact(session.tool_calls)}>
        {session.failed_tool_calls > 0 ? `${exact(session.failed_tool_calls)} failed` : "none failed"}
      </Fact>
    </dl>
  );
}

function Fact(props: {
  label: string;
  value: string;
  title: string;
  isMain?: boolean;
  children: preact.ComponentChildren;
}) {
  return (
    <div class={props.isMain ? "figure is-main" : "figure"}>
      <dt class="label">{props.label}</dt>
      <dd class="value" title={props.title}>
        {props.value}
      </dd>
      <dd class="note">{props.children || "\u00a0"}</dd>
    </div>
  );
}

function Agents({ session }: { session: SessionDetail }) {
  if (session.agent_list.length === 0) return null;
  const rows = [
    { key: "", name: "Main thread", title: "", totals: session.main },
    ...session.agent_list.map((agent) => ({
      key: agent.agent_id,
      name: agent.agent_type || agent.agent_id.slice(0, 8),
      title: agent.description ?? "",
      totals: agent.totals,
    })),
  ];
  return (
    <section>
      <h2>Agents</h2>
      <ul class="tally">
        {rows.map((row) => (
          <li key={row.key}>
            <span class="clip" title={row.title}>
              {row.name} {row.title && <span class="muted">{row.title}</span>}
            </span>
            <span title={exact(row.totals.total_tokens)}>{tokens(row.totals.total_tokens)}</span>
            <span title={exactMoney(row.totals.cost_nano_usd)}>{money(row.totals.cost_nano_usd)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tools({ session }: { session: SessionDetail }) {
  if (session.tools.length === 0) return null;
  return (
    <section>
      <h2>Tools</h2>
      <ul class="tally">
        {session.tools.map((tool) => (
          <li key={tool.tool_name}>
            <span class="clip" title={tool.tool_name}>
              {tool.tool_name || "unknown"}
            </span>
            <span>
              {exact(tool.calls)} ×{tool.failed > 0 && <b class="bad"> {exact(tool.failed)} failed</b>}
            </span>
            <span>{duration(tool.duration_ms)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Origin({ session }: { session: SessionDetail }) {
  return (
    <section>
      <h2>Record</h2>
      <dl class="record">
        <dt>Session</dt>
        <dd class="mono">{session.session_id}</dd>
        {session.models.length > 0 && <dt>Models</dt>}
        {session.models.length > 0 && <dd>{listed(session.models)}</dd>}
        {session.client_version && <dt>Client</dt>}
        {session.client_version && <dd>{session.client_version}</dd>}
        {session.project_path && <dt>Folder</dt>}
        {session.project_path && <dd class="mono">{session.project_path}</dd>}
        {session.transcript_path && <dt>File</dt>}
        {session.transcript_path && <dd class="mono">{session.transcript_path}</dd>}
      </dl>
    </section>
  );
}
