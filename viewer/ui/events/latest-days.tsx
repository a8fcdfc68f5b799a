import { money } from "../format.ts";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { sumOf } from "../spend.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const SHOWN = 7;
const NAMED = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});

/** The latest days with data and what they cost: one click lists what happened on one of them. */
export function LatestDays() {
  const { source = "" } = behind.value.query;
  const query = { period: "day", time_zone: zone.value, source: source as "" } as const;
  const { data } = useResource("GET /api/costs", { query }, { every_ms: 30_000, after: (e) => e.length > 0 });
  const days = Object.entries(Object.groupBy(data?.rows ?? [], (row) => row.bucket));
  const latest = days.sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, SHOWN);
  const { from, to } = range.value;
  return latest.map(([day, rows]) => {
    const isChosen = from === day && to === day;
    return (
      <button
        key={day}
        data-day={day}
        type="button"
        class="quiet"
        aria-pressed={isChosen}
        onClick={() => setQuery({ on: "", range: "", from: isChosen ? "" : day, to: isChosen ? "" : day })}
      >
        {NAMED.format(Date.parse(day))} <b>{money(sumOf(rows ?? []))}</b>
      </button>
    );
  });
}
