import type { Session } from "../../schema/api-shapes.ts";
import { now } from "./clock.ts";
import { ago, dayAndTime, exact, exactMoney, money, plural, shortMoment, tokens } from "./format.ts";
import { Empty, Notice, Skeleton } from "./notice.tsx";
import { route, sessionHref, setQuery } from "./route.ts";
import { titleOf } from "./session-title.ts";
import { fault, loaded, loading_more, loadMore, next_cursor, sessions } from "./sessions.ts";
import { zone } from "./status.ts";

const SOURCES = { "": "All", claude: "Claude", codex: "Codex" } as const;
const STATES = { "": "Any state", active: "Active", idle: "Idle", ended: "Ended" } as const;

export function SessionList() {
  return (
    <section class="sessions" aria-labelledby="sessions-title">
      <div class="section-head">
        <h2 id="sessions-title">Sessions</h2>
        <Sources />
      </div>
      <Filters />
      {fault.value && <Notice fault={fault.value} />}
      <List />
    </section>
  );
}

function Sources() {
  const { source = "" } = route.value.query;
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

function Filters() {
  const { q = "", state = "" } = route.value.query;
  return (
    <div class="filters">
      <input
        type="search"
        placeholder="Search title, project or id"
        aria-label="Search sessions"
        value={q}
        onInput={(e) => setQuery({ q: e.currentTarget.value })}
      />
      <select aria-label="State" value={state} onChange={(e) => setQuery({ state: e.currentTarget.value })}>
        {Object.entries(STATES).map(([name, label]) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

function List() {
  if (!loaded.value) return fault.value ? null : <Skeleton lines={8} />;
  if (sessions.value.length === 0) return <NoSessions />;
  return (
    <>
      <ul class="session-rows">
        {sessions.value.map((session) => (
          <Row key={session.session_key} session={session} />
        ))}
      </ul>
      {next_cursor.value !== null && (
        <button type="button" class="more" disabled={loading_more.value} onClick={() => void loadMore()}>
          {loading_more.value ? "Loading" : "Load more"}
        </button>
      )}
    </>
  );
}

function Row({ session }: { session: Session }) {
  const { totals } = session;
  return (
    <li>
      <a class="session-row" href={sessionHref(session.session_key)}>
        <span class="session-title">
          <i class={`state is-${session.state}`} title={session.state} />
          <span class="hidden">{session.state}: </span>
          <span class="clip">{titleOf(session)}</span>
        </span>
        <span class="session-cost" title={exactMoney(totals.cost_nano_usd)}>
          {money(totals.cost_nano_usd)}
          {!totals.coverage.cost_complete && totals.cost_nano_usd !== null && "+"}
        </span>
        <span class="session-facts">
          <span class={`badge is-${session.source}`}>{session.source}</span>
          {session.project && <span title={session.project_path ?? ""}>{session.project}</span>}
          {session.agents > 0 && <span>{plural(session.agents, "agent")}</span>}
          <span title={`started ${dayAndTime(session.started_unix_ms, zone.value)}`}>
            {shortMoment(session.started_unix_ms, now.value, zone.value)}
          </span>
          <span title={`last activity ${dayAndTime(session.last_unix_ms, zone.value)}`}>
            active {ago(session.last_unix_ms, now.value)}
          </span>
        </span>
        <span class="session-tokens" title={exact(totals.total_tokens)}>
          {tokens(totals.total_tokens)}
        </span>
      </a>
    </li>
  );
}

function NoSessions() {
  const { q, state, source } = route.value.query;
  if (q || state || source)
    return (
      <Empty title="No session matches">
        <button type="button" class="quiet" onClick={() => setQuery({ q: "", state: "", source: "" })}>
          Clear the filters
        </button>
      </Empty>
    );
  return (
    <Empty title="No sessions yet">
      <p>
        Past sessions are read from <code>~/.claude</code> and <code>~/.codex</code> by themselves. To see new
        ones live, run <code>hall-monitor install</code> once, then start Claude Code; Codex needs nothing.
      </p>
    </Empty>
  );
}
