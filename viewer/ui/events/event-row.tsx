import type { FeedEvent } from "../../../schema/events.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { tintOf } from "../../../schema/vendors.ts";
import { describeEvent } from "../../event-labels.ts";
import { clock, dayAndTime, exact, longDay, plural, timeOfDay } from "../format.ts";
import { behind, sessionHref, toPath } from "../route.ts";
import { zone } from "../status.ts";
import type { Line } from "./lines.ts";

/** Its name in the address: the number, or the id if it has none. */
const refOf = ({ seq, event_id }: FeedEvent) => (seq === 0 ? event_id : String(seq));

type Place = { top: number; index: number; measure(element: HTMLElement | null): void };

/** One line of the list, at its place in it. */
export function EventLine({ line, place }: { line: Line; place: Place }) {
  const at = {
    style: { "--top": `${place.top}px` },
    "data-index": place.index,
    ref: place.measure,
  };
  if (line.kind === "day")
    return (
      <li class="event-day" {...at}>
        {longDay(line.day)}{" "}
        <a class="link" href={pagePath("sessions", {}, { from: line.day, to: line.day })}>
          sessions of this day →
        </a>
      </li>
    );
  if (line.kind === "gap") {
    const { from_unix_ms, until_unix_ms } = line.gap;
    return (
      <li class="event-gap" {...at}>
        <span>
          {plural(line.events, "event")} while away, {timeOfDay(from_unix_ms, zone.value)} –{" "}
          {timeOfDay(until_unix_ms, zone.value)}
        </span>
      </li>
    );
  }
  return <EventItem event={line.event} at={at} />;
}

function EventItem({ event, at }: { event: FeedEvent; at: object }) {
  const { tone, verb, detail } = describeEvent(event);
  const { query } = behind.value;
  const ref = refOf(event);
  const isOpen = query.event === ref;
  const project = event.project_path && projectName(event.project_path);
  return (
    <li class={`row tone-${tone}`} data-event={ref} {...at}>
      <a
        class="event-open"
        href={toPath({ ...behind.value, query: { ...query, event: ref } })}
        aria-current={isOpen ? "true" : undefined}
        data-row
        data-in-place
      >
        <time data-tip={dayAndTime(event.time_unix_ms, zone.value)}>
          {clock(event.time_unix_ms, zone.value)}
        </time>
        <b>{verb}</b> <bdi class="event-detail">{detail}</bdi>
      </a>
      {event.session_id && (
        <a class="event-where" href={sessionHref(event.session_key)} data-tip={event.session_key}>
          <span class={`badge is-${tintOf(event.source)}`}>{event.source}</span>
          <bdi>{project ?? event.session_id.slice(0, 8)}</bdi>
          {event.agent_id && " · agent"}
          {event.seq === 0 && " · history"}
        </a>
      )}
    </li>
  );
}

/** Number of events that arrived while the list was held. */
export function NewPill({ count, most, onShow }: { count: number; most: number; onShow: () => void }) {
  if (count === 0) return null;
  return (
    <button type="button" class="waiting" onClick={onShow}>
      ↑ {exact(count)}
      {count >= most && "+"} new
    </button>
  );
}
