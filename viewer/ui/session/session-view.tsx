import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { pagePath } from "../../../schema/pages.ts";
import { listed } from "../../../schema/text.ts";
import { tintOf } from "../../../schema/vendors.ts";
import { shortModel } from "../../event-labels.ts";
import { lasting, STATES, waitText } from "../activity-labels.ts";
import { seconds } from "../clock.ts";
import { dayAndTime, exact, exactMoney, money, plural, tokens } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Notice, Skeleton } from "../notice.tsx";
import { behind, overview } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { Copy, exportCommand, resumeCommand } from "../sessions/resume.tsx";
import { Exact } from "../shell/tip.tsx";
import { zone } from "../status.ts";
import { ofSession, useResource } from "../use-resource.ts";
import { view_title } from "../view-title.ts";
import { activityOf } from "./activity.ts";
import { Lasted } from "./lasted.tsx";
import { TimelineTab } from "./timeline-tab.tsx";

const TABS = { timeline: "Timeline", transcript: "Transcript", requests: "Requests" } as const;
const EVERY_MS = 2000;
const NEARLY_FULL = 0.8;
const Aside = lazy(async () => (await import("./aside.tsx")).Aside);
const TranscriptTab = lazy(async () => (await import("../transcript/transcript-tab.tsx")).TranscriptTab);
const RequestList = lazy(async () => (await import("../costs/requests.tsx")).RequestList);

export function SessionView() {
  const { key = "" } = behind.value.params;
  return <Of key={key} session_key={key} />;
}

function Of({ session_key }: { session_key: string }) {
  const isOwn = ofSession(session_key);
  const { data, fault } = useResource(
    "GET /api/sessions/:id",
    { params: { id: session_key } },
    { every_ms: EVERY_MS, after: isOwn, changed: isOwn },
  );
  const { tab = "timeline" } = behind.value.query;
  const title = data ? titleOf(data) : "";
  useEffect(() => {
    view_title.value = title;
  }, [title]);
  useEffect(
    () => () => {
      view_title.value = "";
    },
    [],
  );
  return (
    <article class="session">
      <a class="back" href={overview.value}>
        ← All sessions
      </a>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={10} />}
      {data && (
        <>
          <Head session={data} />
          <Tabs session={data} tab={tab} />
          <div class="session-body">
            <div class="session-main">
              {tab === "transcript" ? (
                <TranscriptTab session={data} />
              ) : tab === "requests" ? (
                <section class="session-requests" aria-label="Requests">
                  <RequestList
                    query={{ session_id: session_key }}
                    within="session"
                    label="Requests of the session"
                  />
                </section>
              ) : (
                <TimelineTab session={data} />
              )}
            </div>
            <Aside session={data} />
          </div>
        </>
      )}
    </article>
  );
}

function Head({ session }: { session: SessionDetail }) {
  const activity = activityOf(session);
  const { glyph, word } = STATES[activity.state];
  const { totals, failed_tool_calls: failed, denied_tool_calls: denied } = session;
  const complete = totals.coverage.cost_complete || totals.cost_nano_usd === null;
  return (
    <header class="session-head">
      <h1>
        <bdi dir="auto">{titleOf(session)}</bdi>
      </h1>
      <p class="session-facts">
        <span class={`badge is-${tintOf(session.source)}`}>{session.source}</span>
        <span class={`state-word is-${activity.state}`}>
          <span aria-hidden="true">{glyph}</span> {word}
          {["waiting", "working"].includes(activity.state) &&
            ` ${lasting(activity.since_unix_ms, seconds.value)}`}
        </span>
        {activity.state === "waiting" && <bdi class="warn">{waitText(activity)}</bdi>}
        {session.project && <bdi dir="auto">{session.project}</bdi>}
        {session.git_branch && (
          <bdi class="mono" dir="auto">
            {session.git_branch}
          </bdi>
        )}
        <span>{dayAndTime(session.started_unix_ms, zone.value)}</span>
        {session.client_version && <span>v{session.client_version}</span>}
        <span class="session-copies">
          <Copy text={resumeCommand(session)} label="Copy the resume command" />
          <Copy text={exportCommand(session)} label="Copy the export command" />
        </span>
      </p>
      <dl class="session-figures">
        <Figure
          label="Cost"
          value={`${money(totals.cost_nano_usd)}${complete ? "" : "+"}`}
          tip={exactMoney(totals.cost_nano_usd)}
        />
        <Figure label="Duration" value={<Lasted session={session} />} />
        {session.context && <Context context={session.context} />}
        <Figure label={session.models.length > 1 ? "Models" : "Model"} {...modelsOf(session.models)} />
        <Figure label="Requests" value={exact(totals.requests)} />
        <Figure label="Tokens" value={tokens(totals.total_tokens)} tip={exact(totals.total_tokens)} />
        <Figure label="Tool calls" value={exact(session.tool_calls)} />
        <Figure label="Failed" value={failed > 0 ? `✕ ${exact(failed)}` : "0"} isBad={failed > 0} />
        {denied > 0 && <Figure label="Denied" value={`✕ ${exact(denied)}`} isBad />}
        <Figure label="Agents" value={exact(session.agents)} />
        {session.hooks && session.hooks.missing > 0 && (
          <Figure label="Hooks missing" value={plural(session.hooks.missing, "event")} />
        )}
      </dl>
    </header>
  );
}

const SHOWN_MODELS = 2;
function modelsOf(models: string[]): { value: string; tip?: string } {
  const names = models.map(shortModel);
  if (names.length === 0) return { value: "–" };
  const rest = names.length - SHOWN_MODELS;
  return {
    value: `${names.slice(0, SHOWN_MODELS).join(", ")}${rest > 0 ? ` +${rest}` : ""}`,
    tip: listed(models),
  };
}

/** How full the context of the main thread was with its last request. */
function Context({ context }: { context: NonNullable<SessionDetail["context"]> }) {
  const { tokens: used, window_tokens: window } = context;
  const share = window === null ? null : used / window;
  return (
    <div>
      <dt>Context</dt>
      <dd>
        <Exact
          tip={`${exact(used)} tokens in the last request of the main thread${window === null ? "" : `, of ${exact(window)}`}`}
          class={share !== null && share >= NEARLY_FULL ? "gauge is-full" : "gauge"}
        >
          {share !== null && <i aria-hidden="true" style={{ "--share": Math.min(1, share) }} />}
          {share !== null && `${Math.floor(100 * share)} % · `}
          {tokens(used)}
          {window !== null && ` of ${tokens(window)}`}
        </Exact>
      </dd>
    </div>
  );
}

function Figure(props: { label: string; value: ComponentChildren; tip?: string; isBad?: boolean }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd class={props.isBad ? "bad" : ""}>
        {props.tip ? <Exact tip={props.tip}>{props.value}</Exact> : props.value}
      </dd>
    </div>
  );
}

function Tabs({ session, tab }: { session: SessionDetail; tab: string }) {
  const shown = tab in TABS ? tab : "timeline";
  return (
    <nav class="tabs" aria-label="Parts of the session">
      {Object.entries(TABS).map(([name, label]) => (
        <a
          key={name}
          href={pagePath("session", { key: session.session_key }, { tab: name === "timeline" ? "" : name })}
          aria-current={shown === name ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
