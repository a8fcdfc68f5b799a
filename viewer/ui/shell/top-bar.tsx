import { forEachVendor, VENDORS } from "../../../schema/vendors.ts";
import { seconds } from "../clock.ts";
import { clock, zoneAbbreviation } from "../format.ts";
import { stream } from "../live.ts";
import { RANGES, range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { openSearch } from "../search/open.ts";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import type { Connection } from "../stream/messages.ts";
import { AlertChip } from "./alert-chip.tsx";
import { SEARCH_KEY } from "./keys.ts";
import { events_per_minute } from "./rate.ts";
import { Exact } from "./tip.tsx";

const SOURCES = { "": "All", ...forEachVendor((name) => VENDORS[name].short_label) };
/** Views in which the choice of source or days changes what is shown. */
const BY_SOURCE = new Set(["now", "sessions", "costs", "limits", "events", "tools"]);
const BY_RANGE = new Set(["costs", "tools"]);

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
      {BY_RANGE.has(page) && <Ranges />}
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

function Ranges() {
  const { name, from, to } = range.value;
  const choose = (change: { from?: string; to?: string }) =>
    setQuery({ range: "", from: change.from ?? from, to: change.to ?? to });
  return (
    <>
      <fieldset class="segments" aria-label="Days">
        {Object.entries(RANGES).map(([key, label]) => (
          <button
            key={key}
            type="button"
            aria-pressed={name === key}
            onClick={() => setQuery({ range: key, from: "", to: "" })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <span class="dates">
        <input
          type="date"
          aria-label="First day"
          value={from}
          max={to}
          onChange={(e) => e.currentTarget.value && choose({ from: e.currentTarget.value })}
        />
        <span aria-hidden="true">–</span>
        <input
          type="date"
          aria-label="Last day"
          value={to}
          min={from}
          max={today.value}
          onChange={(e) => e.currentTarget.value && choose({ to: e.currentTarget.value })}
        />
      </span>
    </>
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
