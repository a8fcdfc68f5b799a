import type { EventCategory, FeedEvent } from "../../schema/events.ts";
import { projectName } from "../../schema/projects.ts";
import { describeEvent } from "../event-labels.ts";
import { now } from "./clock.ts";
import { fault, held, loaded, paused, rows, waiting } from "./feed.ts";
import { clockOrDay, dayAndTime, exact } from "./format.ts";
import { Empty, Notice, Skeleton } from "./notice.tsx";
import { route, sessionHref, setQuery } from "./route.ts";
import { zone } from "./status.ts";

const CATEGORIES: Record<EventCategory, string> = {
  session: "Sessions",
  user: "Prompts",
  tool: "Tools",
  api: "Responses",
  limit: "Limits",
  plan: "Plans",
  custom: "Other",
};

export function Feed() {
  return (
    <section class="feed" aria-labelledby="feed-title">
      <div class="section-head">
        <h2 id="feed-title">Live</h2>
        <button
          type="button"
          class="quiet"
          aria-pressed={paused.value}
          onClick={() => {
            paused.value = !paused.value;
          }}
        >
          {paused.value ? "Resume" : "Pause"}
        </button>
      </div>
      <Filters />
      {fault.value && <Notice fault={fault.value} />}
      <Rows />
    </section>
  );
}

function Filters() {
  const { category = "", tool = "", session = "" } = route.value.query;
  return (
    <div class="filters">
      <select
        aria-label="Category"
        value={category}
        onChange={(e) => setQuery({ category: e.currentTarget.value })}
      >
        <option value="">Everything</option>
        {Object.entries(CATEGORIES).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
      <input
        type="search"
        placeholder="Tool, e.g. Bash"
        aria-label="Tool name"
        value={tool}
        spellcheck={false}
        onInput={(e) => setQuery({ tool: e.currentTarget.value.trim() })}
      />
      {session && (
        <button type="button" class="chip" onClick={() => setQuery({ session: "" })} title={session}>
          session {session.replace(/^\w+:/, "").slice(0, 8)} <span aria-hidden="true">×</span>
          <span class="hidden">remove this filter</span>
        </button>
      )}
    </div>
  );
}

function Rows() {
  const hold = (isIn: boolean) => () => {
    held.value = isIn;
  };
  if (!loaded.value) return fault.value ? null : <Skeleton lines={9} />;
  if (rows.value.length === 0) return <NoRows />;
  return (
    <div class="feed-frame">
      {waiting.value.length > 0 && (
        <button
          type="button"
          class="waiting"
          onClick={() => {
            paused.value = false;
            held.value = false;
          }}
        >
          {exact(waiting.value.length)}
          {waiting.value.length >= 500 ? "+" : ""} new
        </button>
      )}
      <ol
        class="rows"
        aria-label="Events, newest first"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
        tabIndex={0}
        onPointerEnter={hold(true)}
        onPointerLeave={hold(false)}
        onFocusCapture={hold(true)}
        onBlurCapture={hold(false)}
      >
        {rows.value.map((event) => (
          <FeedRow key={event.seq} event={event} />
        ))}
      </ol>
    </div>
  );
}

function FeedRow({ event }: { event: FeedEvent }) {
  const { tone, verb, detail } = describeEvent(event);
  const project = event.project_path && projectName(event.project_path);
  return (
    <li class={`row tone-${tone}`} data-seq={event.seq}>
      <time title={dayAndTime(event.time_unix_ms, zone.value)}>
        {clockOrDay(event.time_unix_ms, now.value, zone.value)}
      </time>
      <p>
        <b>{verb}</b> <span title={detail}>{detail}</span>
      </p>
      {event.session_id && (
        <a href={sessionHref(event.session_key)} title={event.session_key}>
          <i class={`source is-${event.source}`} title={event.source} />
          {project ?? event.session_id.slice(0, 8)}
          {event.agent_id && " · agent"}
        </a>
      )}
    </li>
  );
}

function NoRows() {
  const { category, tool, session, source } = route.value.query;
  if (category || tool || session || source)
    return (
      <Empty title="Nothing matches">
        <button
          type="button"
          class="quiet"
          onClick={() => setQuery({ category: "", tool: "", session: "", source: "" })}
        >
          Clear the filters
        </button>
      </Empty>
    );
  return (
    <Empty title="No events yet">
      <p>
        Run <code>hall-monitor install</code> once, then start Claude Code. Whatever it does appears here as
        it happens; Codex sessions appear by themselves.
      </p>
    </Empty>
  );
}
