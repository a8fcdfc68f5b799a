import type { Costs } from "../../../schema/api-shapes.ts";
import { dayBefore } from "../format.ts";
import { Notice } from "../notice.tsx";
import { behind } from "../route.ts";
import { rowsOf, today, two_days } from "../spend.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { AgentsTable } from "./agents-table.tsx";
import { DataLine } from "./data-line.tsx";
import { EventsCard } from "./events-card.tsx";
import { Figures } from "./figures.tsx";
import { Hours } from "./hours.tsx";
import { LimitBars } from "./limit-bars.tsx";
import { Money } from "./money.tsx";

/** Activity, cost and limits; on a day without data the cost of the last day with data. */
export function NowView() {
  const costs = two_days.value.data;
  const hasSource = (behind.value.query.source ?? "") !== "";
  if (!costs) return two_days.value.fault ? <Notice fault={two_days.value.fault} /> : <Frame />;
  if (!hasSource && rowsOf(costs, today.value, zone.value).length > 0)
    return <Day day={today.value} costs={costs} />;
  return <LastDay />;
}

/** The day is searched among all days, as it may be long ago. */
function LastDay() {
  const { source = "" } = behind.value.query;
  const time_zone = zone.value;
  const all = useResource("GET /api/costs", { query: { period: "day", time_zone, source: source as "" } });
  const last = all.data?.rows
    .map((row) => row.bucket)
    .sort()
    .at(-1);
  if (all.data === null) return all.fault ? <Notice fault={all.fault} /> : <Frame />;
  return <OneDay key={source} day={last || today.value} source={source} />;
}

function OneDay({ day, source }: { day: string; source: string }) {
  const query = {
    period: "hour",
    start_time: dayBefore(day, 1),
    end_time: day,
    time_zone: zone.value,
    source: source as "",
  } as const;
  const fresh = { every_ms: 5000, after: (events: unknown[]) => events.length > 0 };
  const costs = useResource("GET /api/costs", { query }, fresh).data;
  return costs ? <Day day={day} costs={costs} /> : <Frame />;
}

function Day({ day, costs }: { day: string; costs: Costs }) {
  return (
    <div class="now">
      <h1 class="hidden">Now</h1>
      {day !== today.value && (
        <p class="quiet-day" role="note">
          No requests today. Cost and hours are those of <b>{longDay(day)}</b>, the last day with data.
        </p>
      )}
      <Figures day={day} costs={costs} />
      <AgentsTable />
      <Hours day={day} costs={costs} />
      <LimitBars />
      <Money day={day} />
      <EventsCard />
      <DataLine />
    </div>
  );
}

function longDay(day: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat("en-GB", options).format(Date.parse(`${day}T12:00:00Z`));
}

/** Boxes with the size of the content, so that nothing jumps. */
function Frame() {
  return (
    <div class="now is-loading" aria-hidden="true">
      <div class="strip" />
      <div class="card agents" />
      <div class="card hours" />
      <div class="card limit-bars" />
      <div class="card money" />
      <div class="card events" />
    </div>
  );
}
