import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { FeedEvent } from "../../../schema/events.ts";
import { projectName } from "../../../schema/projects.ts";
import { describeEvent } from "../../event-labels.ts";
import { eventsThatMatter } from "../../first-requests.ts";
import { now } from "../clock.ts";
import { clockOrDay, dayAndTime } from "../format.ts";
import { Notice } from "../notice.tsx";
import { behind, sessionHref } from "../route.ts";
import { linkTo } from "../shell/rail.tsx";
import { zone } from "../status.ts";
import { afterAny, useResource } from "../use-resource.ts";

const FRESH = { every_ms: 2000, after: afterAny };

export function EventsCard() {
  const isHeld = useSignal(false);
  const kept = useRef<FeedEvent[]>([]);
  const { source = "" } = behind.value.query;
  const { data, fault } = useResource("GET /api/metrics", eventsThatMatter(source as ""), FRESH);
  if (!isHeld.value || kept.current.length === 0) kept.current = data ?? [];
  return (
    <section class="card events" aria-labelledby="events-title">
      <h2 id="events-title">
        Events that matter <a href={linkTo("events")}>all events →</a>
      </h2>
      {!data && fault && <Notice fault={fault} />}
      {data?.length === 0 && <p class="muted">Nothing yet.</p>}
      <ol
        class="event-rows"
        onPointerEnter={() => {
          isHeld.value = true;
        }}
        onPointerLeave={() => {
          isHeld.value = false;
        }}
        onFocusCapture={() => {
          isHeld.value = true;
        }}
        onBlurCapture={() => {
          isHeld.value = false;
        }}
      >
        {kept.current.map((event) => (
          <EventCardRow key={event.event_id} event={event} />
        ))}
      </ol>
    </section>
  );
}

function EventCardRow({ event }: { event: FeedEvent }) {
  const { tone, verb, detail } = describeEvent(event);
  const project = event.project_path ? projectName(event.project_path) : event.source;
  return (
    <li class={`event tone-${tone}`}>
      <time data-tip={dayAndTime(event.time_unix_ms, zone.value)}>
        {clockOrDay(event.time_unix_ms, now.value, zone.value)}
      </time>
      <b>{verb}</b>
      <bdi class="clip">{detail}</bdi>
      {event.session_id ? (
        <a href={sessionHref(event.session_key)}>
          <bdi>{project}</bdi>
        </a>
      ) : (
        <span />
      )}
    </li>
  );
}
