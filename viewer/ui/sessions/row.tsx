import type { Session } from "../../../schema/api-shapes.ts";
import { tintOf } from "../../../schema/vendors.ts";
import { shortModel } from "../../event-labels.ts";
import { STATES } from "../activity-labels.ts";
import { now } from "../clock.ts";
import {
  dayAndTime,
  exact,
  exactMoney,
  longDay,
  money,
  plural,
  shortMoment,
  timeOfDay,
  tokens,
} from "../format.ts";
import { behind, sessionHref, setQuery } from "../route.ts";
import { activityOf } from "../session/activity.ts";
import { Lasted } from "../session/lasted.tsx";
import { titleOf } from "../session-title.ts";
import { zone } from "../status.ts";
import { type Order, orderOf } from "./query.ts";
import { Copy, resumeCommand } from "./resume.tsx";

type Place = { top: number; index: number; measure(element: HTMLElement | null): void };
const COLUMNS: [label: string, sort: Order["sort"] | null][] = [
  ["State", null],
  ["Session", null],
  ["Last", "last"],
  ["Lasted", "duration"],
  ["Failed", "failed"],
  ["Tokens", "tokens"],
  ["Cost", "cost"],
  ["Resume", null],
];

export function Heads({ order }: { order: Order }) {
  const toggle = (sort: Order["sort"]) => {
    const next = order.sort === sort && order.order === "desc" ? `-${sort}` : sort;
    setQuery({ sort: next === "last" ? "" : next });
  };
  return (
    <div role="rowgroup">
      <div role="row" class="session-line session-heads" aria-rowindex={1}>
        {COLUMNS.map(([label, sort]) => (
          <span
            key={label}
            role="columnheader"
            class={`cell-${label.toLowerCase()}`}
            aria-sort={sort !== order.sort ? undefined : order.order === "desc" ? "descending" : "ascending"}
          >
            {sort ? (
              <button type="button" onClick={() => toggle(sort)}>
                {label}
                <span aria-hidden="true">
                  {sort === order.sort && (order.order === "desc" ? " ↓" : " ↑")}
                </span>
              </button>
            ) : (
              label
            )}
          </span>
        ))}
      </div>
    </div>
  );
}

const at = (top: number) => ({ transform: `translateY(${top}px)` });

export function DayLine({ place, line }: { place: Place; line: { day: string; sessions: number } }) {
  return (
    <div
      role="row"
      class="day-line"
      style={at(place.top)}
      data-index={place.index}
      ref={place.measure}
      aria-rowindex={place.index + 2}
    >
      <div role="cell" aria-colspan={8}>
        <h2>
          {longDay(line.day)} <span class="muted">{plural(line.sessions, "session")}</span>
        </h2>
      </div>
    </div>
  );
}

export function SessionLine(props: {
  place: Place;
  session: Session | undefined;
  onPreview(session: Session): void;
}) {
  const { place, session, onPreview } = props;
  const frame = {
    role: "row",
    style: at(place.top),
    "data-index": place.index,
    ref: place.measure,
    "aria-rowindex": place.index + 2,
  } as const;
  if (!session)
    return (
      <div {...frame} class="session-line is-empty">
        <span role="cell" class="cell-session" aria-busy="true">
          &nbsp;
        </span>
      </div>
    );
  return (
    <div
      {...frame}
      class="session-line"
      onPointerEnter={() => onPreview(session)}
      onFocusCapture={() => onPreview(session)}
    >
      <Cells session={session} />
    </div>
  );
}

function Cells({ session }: { session: Session }) {
  const { totals, source, project, git_branch, models, failed_tool_calls: failed } = session;
  const { state } = activityOf(session);
  const { last_unix_ms: last } = session;
  // Only in this order is the row below the day of its last sign of life.
  const isUnderDay = orderOf(behind.value.query).sort === "last";
  const facts = [project, git_branch, models.map(shortModel).join(", ")].filter(Boolean);
  return (
    <>
      <span role="cell" class={`cell-state is-${state}`}>
        <span aria-hidden="true">{STATES[state].glyph}</span> {STATES[state].word}
      </span>
      <span role="cell" class="cell-session">
        <a href={sessionHref(session.session_key)} data-row>
          <bdi dir="auto">{titleOf(session)}</bdi>
        </a>
        <span class="session-sub">
          <span class={`badge is-${tintOf(source)}`}>{source}</span>
          {facts.map((fact) => (
            <bdi key={fact} dir="auto">
              {fact}
            </bdi>
          ))}
          {session.agents > 0 && <span>{plural(session.agents, "agent")}</span>}
        </span>
      </span>
      <span role="cell" class="cell-last" data-tip={dayAndTime(last, zone.value)}>
        {isUnderDay ? timeOfDay(last, zone.value) : shortMoment(last, now.value, zone.value)}
      </span>
      <span role="cell" class="cell-lasted">
        <Lasted session={session} />
      </span>
      <span role="cell" class={`cell-failed ${failed > 0 ? "bad" : "faint"}`}>
        {failed > 0 ? `✕ ${exact(failed)}` : "0"}
        <span class="unit"> failed</span>
      </span>
      <span role="cell" class="cell-tokens" data-tip={plural(totals.total_tokens, "token")}>
        {tokens(totals.total_tokens)}
      </span>
      <span role="cell" class="cell-cost" data-tip={exactMoney(totals.cost_nano_usd)}>
        {money(totals.cost_nano_usd)}
        {!totals.coverage.cost_complete && totals.cost_nano_usd !== null && "+"}
      </span>
      <span role="cell" class="cell-resume">
        <Copy text={resumeCommand(session)} label="Copy" name="Copy the resume command" />
      </span>
    </>
  );
}
