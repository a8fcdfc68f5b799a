import type { ComponentChildren } from "preact";
import type { FeedEvent } from "../../../schema/events.ts";
import { pagePath } from "../../../schema/pages.ts";
import { escapeAfterJson } from "../../../schema/text.ts";
import { describeEvent } from "../../event-labels.ts";
import { Drawer } from "../drawer.tsx";
import { dayAndClock } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { sessionHref, setQuery } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { Copy } from "../sessions/resume.tsx";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const leave = () => setQuery({ event: "" });

/** One event with all that was recorded of it. */
export function EventDrawer({ of }: { of: string }) {
  return (
    <Drawer
      title="event-title"
      onLeave={leave}
      returnTo={() => document.querySelector<HTMLElement>(`[data-event="${CSS.escape(of)}"] a`)}
    >
      <Detail of={of} />
    </Drawer>
  );
}

/** `of`: its number, or the id of what was read from history. */
function Detail({ of }: { of: string }) {
  const query = /^\d+$/.test(of)
    ? { seq: of, limit: 1 }
    : { event_id: of, history: "true" as const, limit: 1 };
  const { data, fault } = useResource("GET /api/metrics", { query });
  const event = data?.[0];
  const label = event && describeEvent(event);
  return (
    <>
      <header>
        <h2 id="event-title">{label?.verb ?? "Event"}</h2>
        <button type="button" class="quiet" onClick={leave}>
          Close
        </button>
      </header>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={6} />}
      {data && !event && (
        <p class="muted">
          There is no event <bdi>{of}</bdi>: it was pruned, or never recorded here.
        </p>
      )}
      {event && <Facts event={event} detail={label?.detail ?? ""} />}
    </>
  );
}

const FIELDS = {
  project_path: "Folder",
  tool_name: "Tool",
  agent_id: "Sub-agent",
  prompt_id: "Prompt ID",
  tool_use_id: "Call ID",
} as const;

function SessionName({ of }: { of: FeedEvent }) {
  const { data } = useResource("GET /api/sessions/:id", { params: { id: of.session_key } });
  return <>{data ? titleOf(data) : of.session_key}</>;
}

function Facts({ event, detail }: { event: FeedEvent; detail: string }) {
  const json = escapeAfterJson(JSON.stringify(event, null, 2));
  return (
    <>
      <p class="event-text">
        <bdi dir="auto">{detail}</bdi>
      </p>
      <dl class="pairs">
        <Pair name="When">{dayAndClock(event.time_unix_ms, zone.value)}</Pair>
        <Pair name="Type">
          <span class="mono">{event.event_type}</span>, {event.event_category}
        </Pair>
        <Pair name="Source">
          {event.source}, {event.origin.replaceAll("_", " ")}
          {event.seq === 0 && ", read from history: no hook reported it"}
        </Pair>
        {event.session_id && (
          <Pair name="Session">
            <a class="link" href={placeOf(event)}>
              <bdi>
                <SessionName of={event} />
              </bdi>
            </a>
          </Pair>
        )}
        {event.event_type === "api_response" && (
          <Pair name="Cost">
            <a class="link" href={pagePath("request", { key: String(event.seq) })}>
              why this cost
            </a>
          </Pair>
        )}
        {(Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map(
          (name) =>
            event[name] && (
              <Pair key={name} name={FIELDS[name]}>
                <bdi>{event[name]}</bdi>
              </Pair>
            ),
        )}
      </dl>
      <section aria-labelledby="event-json">
        <h3 id="event-json">
          JSON <Copy text={json} label="Copy" />
        </h3>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
        <pre class="event-data" dir="ltr" tabIndex={0}>
          {json}
        </pre>
      </section>
    </>
  );
}

/** Its line in the session's timeline: a call by its own id, anything else by its number. */
function placeOf(event: FeedEvent): string {
  if (event.event_type === "api_response") return `${sessionHref(event.session_key)}?at=r${event.seq}`;
  if (event.event_category === "tool" && event.tool_use_id)
    return `${sessionHref(event.session_key)}?at=c${encodeURIComponent(event.tool_use_id)}`;
  if (event.seq === 0)
    return `${sessionHref(event.session_key)}?at=t${encodeURIComponent(event.prompt_id ?? "")}`;
  return `${sessionHref(event.session_key)}?at=e${event.seq}`;
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
