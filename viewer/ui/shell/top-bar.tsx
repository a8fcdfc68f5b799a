import { forEachVendor, VENDORS } from "../../../schema/vendors.ts";
import { seconds } from "../clock.ts";
import { clock, zoneAbbreviation } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { stream } from "../live.ts";
import { hasRange } from "../ranged.ts";
import { behind, setQuery } from "../route.ts";
import { openSearch } from "../search/open.ts";
import { zone } from "../status.ts";
import type { Connection } from "../stream/messages.ts";
import { AlertChip } from "./alert-chip.tsx";
import { SEARCH_KEY } from "./keys.ts";
import { events_per_minute } from "./rate.ts";
import { Exact } from "./tip.tsx";

const SOURCES = { "": "All", ...forEachVendor((name) => VENDORS[name].short_label) };
/** Views in which the choice of source changes what is shown. */
const BY_SOURCE = new Set(["now", "sessions", "costs", "limits", "events", "tools"]);

/** Views without days load no control of them. */
const Days = lazy(
  async () => (await import("./days.tsx")).Days,
  () => <span class="days-wait" />,
);

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  gone: "Daemon offline",
  refused: "Not live",
};

export function TopBar() {
  const { page } = behind.value;
  return (
    <header class="top">
      <Search />
      {BY_SOURCE.has(page) && <Sources />}
      {hasRange(page) && <Days />}
      <span class="top-end">
        <Zone />
        <AlertChip />
        <Link />
      </span>
    </header>
  );
}

function Search() {
  return (
    <search class="search">
      <button type="button" class="search-open" aria-haspopup="dialog" onClick={() => openSearch()}>
        Search
        <span class="kbd" aria-hidden="true">
          {SEARCH_KEY}
        </span>
      </button>
    </search>
  );
}

function Sources() {
  const { source = "" } = behind.value.query;
  return (
    <fieldset class="segments" aria-label="Source">
      {Object.entries(SOURCES).map(([name, label]) => (
        <button
          key={name}
          type="button"
          aria-pressed={source === name}
          onClick={() => setQuery({ source: name })}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

/** All times of the page are of this zone, which need not be the browser's. */
function Zone() {
  const at = seconds.value;
  return (
    <Exact tip={`Times are in ${zone.value}; now ${clock(at, zone.value)}`} class="zone">
      <span class="zone-name">{zone.value.replaceAll("_", " ")}</span>
      <span class="zone-short">{zoneAbbreviation(at, zone.value)}</span>
    </Exact>
  );
}

function Link() {
  const { connection } = stream.value;
  const rate = events_per_minute.value;
  return (
    <span class={`pill is-${connection}`}>
      <span role="status">
        <i aria-hidden="true" />
        {WORDS[connection]}
      </span>
      {connection === "live" && <span class="rate">{rate} events/min</span>}
    </span>
  );
}
