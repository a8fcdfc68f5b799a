import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Session } from "../../../schema/api-shapes.ts";
import { shortModel } from "../../event-labels.ts";
import { lasting, STATES, waitingTool, waitLabel } from "../activity-labels.ts";
import { seconds } from "../clock.ts";
import { dayAndTime, exact, exactMoney, money, plural, tokens } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { sessionHref } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { Exact } from "../shell/tip.tsx";
import { zone } from "../status.ts";
import { ofSession, useResource } from "../use-resource.ts";

/** Joined to the preceding text, so that no line begins with one. */
const DOT = "\u00a0· ";

export function AgentRow({ session }: { session: Session }) {
  const isOpen = useSignal(false);
  const { activity, totals } = session;
  const { state } = activity;
  return (
    <li class={`agent is-${state}`} data-key={session.session_key}>
      <State session={session} />
      <a class="agent-what" href={sessionHref(session.session_key)} data-row>
        <bdi class="agent-title clip">{titleOf(session)}</bdi>
        <span class="agent-does clip">
          <Doing session={session} />
        </span>
      </a>
      <span
        class="agent-where clip"
        data-tip={[session.project_path ?? session.source, session.git_branch].filter(Boolean).join("\n")}
      >
        <bdi>{session.project ?? session.source}</bdi>
        {session.git_branch && (
          <>
            {DOT}
            <bdi>{session.git_branch}</bdi>
          </>
        )}
      </span>
      <span class="agent-extra">
        <Context session={session} />
        {session.failed_tool_calls > 0 && (
          <span class="bad" data-tip={`${plural(session.tool_calls, "call")} in all`}>
            ✕ {exact(session.failed_tool_calls)} failed
          </span>
        )}
        {session.agents > 0 && (
          <button
            type="button"
            class="link"
            aria-expanded={isOpen.value}
            onClick={() => {
              isOpen.value = !isOpen.value;
            }}
          >
            {isOpen.value ? "▾" : "▸"} {plural(session.agents, "sub-agent")}
            {activity.agents_working > 0 && `, ${activity.agents_working} working`}
          </button>
        )}
      </span>
      <span class="agent-cost" data-tip={exactMoney(totals.cost_nano_usd)}>
        {money(totals.cost_nano_usd)}
        {!totals.coverage.cost_complete && totals.cost_nano_usd !== null && "+"}
      </span>
      {isOpen.value && <SubAgents session_key={session.session_key} />}
    </li>
  );
}

/** How full the context of the main thread is. */
function Context({ session: { context } }: { session: Session }) {
  if (!context) return null;
  const window = context.window_tokens;
  const tip = `${exact(context.tokens)} tokens in the last request of the main thread`;
  if (window === null) return <Exact tip={tip}>{tokens(context.tokens)} context</Exact>;
  const share = Math.floor((100 * context.tokens) / window);
  return (
    <Exact tip={`${tip}, of ${tokens(window)}`} class={share >= 80 ? "gauge is-full" : "gauge"}>
      <i aria-hidden="true" style={{ "--share": Math.min(1, context.tokens / window) }} />
      <span class="hidden">context </span>
      {share} %
    </Exact>
  );
}

function State({ session: { activity } }: { session: Session }) {
  const { glyph, word } = STATES[activity.state];
  return (
    <span class="agent-state" data-tip={`since ${dayAndTime(activity.since_unix_ms, zone.value)}`}>
      <span aria-hidden="true">{glyph}</span> {word} <Since at={activity.since_unix_ms} />
    </span>
  );
}

const Since = ({ at }: { at: number | null }) => <span>{lasting(at, seconds.value)}</span>;

/** Its request, the running tool, or that it is thinking. */
function Doing({ session }: { session: Session }) {
  const { waits_for, tool, state } = session.activity;
  if (state === "waiting" && waits_for)
    return (
      <>
        <span>{waitLabel(waits_for.kind)} </span>
        {waits_for.argument && <bdi class="mono clip">{waits_for.argument}</bdi>}
        {waitingTool(waits_for) && (
          <span class="agent-tool">
            {DOT}
            <bdi>{waitingTool(waits_for)}</bdi>
          </span>
        )}
      </>
    );
  if (state === "working" && tool)
    return (
      <Running tool={tool}>
        running <Since at={tool.started_unix_ms} />
      </Running>
    );
  if (state === "unknown")
    return (
      <>
        <span>no sign of life{tool && DOT}</span>
        {tool && (
          <Running tool={tool}>
            begun <Since at={tool.started_unix_ms} /> ago
          </Running>
        )}
      </>
    );
  const model = session.models.at(-1);
  return (
    <>
      {state === "working"
        ? "thinking"
        : state === "done"
          ? `turn ended${DOT}ready for your next prompt`
          : ""}
      {model && (
        <>
          {DOT}
          <bdi>{shortModel(model)}</bdi>
        </>
      )}
    </>
  );
}

type RunningProps = { tool: NonNullable<Session["activity"]["tool"]>; children: ComponentChildren };

/** A running tool with its purpose; `children`: since when. */
function Running({ tool, children }: RunningProps) {
  return (
    <>
      {tool.summary && <bdi class="mono clip">{tool.summary}</bdi>}
      <span class="agent-tool">
        {tool.summary && DOT}
        <bdi>{tool.tool_name ?? "a tool"}</bdi>, {children}
      </span>
    </>
  );
}

function SubAgents({ session_key }: { session_key: string }) {
  const isOwn = ofSession(session_key);
  const { data, fault } = useResource(
    "GET /api/sessions/:id",
    { params: { id: session_key } },
    { every_ms: 5000, after: isOwn, changed: isOwn },
  );
  if (!data) return <div class="sub-agents">{fault ? <Notice fault={fault} /> : <Skeleton lines={1} />}</div>;
  return (
    <ul class="sub-agents">
      {data.agent_list.map((agent) => (
        <li key={agent.agent_id}>
          <span class="clip">
            <b>
              <bdi>{agent.agent_type ?? "sub-agent"}</bdi>
            </b>{" "}
            <bdi>{agent.description}</bdi>
          </span>
          <span
            class={`sub-agent-state is-${agent.state}`}
            data-tip={`${agent.state === "working" ? "since" : "at"} ${dayAndTime(agent.since_unix_ms, zone.value)}`}
          >
            <span aria-hidden="true">{STATES[agent.state].glyph}</span> {STATES[agent.state].word}{" "}
            <Since at={agent.since_unix_ms} />
            {agent.state !== "working" && agent.since_unix_ms !== null && " ago"}
          </span>
          <span class="muted">
            {plural(agent.tool_calls, "call")}
            {agent.failed_tool_calls > 0 && (
              <>
                {DOT}
                <span class="bad">✕ {exact(agent.failed_tool_calls)} failed</span>
              </>
            )}
          </span>
          <span class="agent-cost" data-tip={exactMoney(agent.totals.cost_nano_usd)}>
            {money(agent.totals.cost_nano_usd)}
          </span>
        </li>
      ))}
    </ul>
  );
}
