import type { EventCategory } from "../../../schema/event-catalogue.ts";
import { projectName } from "../../../schema/projects.ts";
import { dayBefore } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { idOf } from "../session-title.ts";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { FILTER_NAMES, TYPES_OF, toFilter } from "./filter.ts";

const CATEGORIES: Record<EventCategory, string> = {
  session: "Sessions",
  user: "Prompts",
  tool: "Tools",
  api: "Responses",
  limit: "Limits",
  plan: "Plans",
  custom: "Other",
};

/** The list must appear first. */
const LatestDays = lazy(async () => (await import("./latest-days.tsx")).LatestDays);

/** All filters are in the address. */
export function Filters() {
  const { query } = behind.value;
  const filter = toFilter(query, range.value.query);
  const only = filter.categories.length === 1 ? filter.categories[0] : undefined;
  return (
    <search class="event-filters">
      <fieldset class="chips event-days" aria-label="Latest days with data">
        <LatestDays />
      </fieldset>
      <div class="filters">
        <Tool />
        <Project />
        <input
          type="search"
          placeholder="Text in the event"
          aria-label="Text in the event"
          dir="auto"
          value={query.q ?? ""}
          onInput={(e) => setQuery({ q: e.currentTarget.value })}
        />
        {query.session && (
          <button type="button" class="chip" onClick={() => setQuery({ session: "" })}>
            session <bdi>{idOf(query.session).slice(0, 8)}</bdi> <span aria-hidden="true">×</span>
            <span class="hidden">remove this filter</span>
          </button>
        )}
        {FILTER_NAMES.some((name) => query[name]) && (
          <button
            type="button"
            class="quiet"
            onClick={() => setQuery(Object.fromEntries(FILTER_NAMES.map((name) => [name, ""])))}
          >
            Clear
          </button>
        )}
      </div>
      <fieldset class="chips" aria-label="Categories">
        {Object.entries(CATEGORIES).map(([name, label]) => (
          <Toggle key={name} of="category" name={name} label={label} also={{ type: "" }} />
        ))}
        <button
          type="button"
          class="quiet is-failed"
          aria-pressed={filter.isFailed}
          onClick={() => setQuery({ failed: filter.isFailed ? "" : "1" })}
        >
          ✕ Failed only
        </button>
      </fieldset>
      {only && (
        <fieldset class="chips" aria-label="Types">
          {TYPES_OF[only].map((type) => (
            <Toggle key={type} of="type" name={type} label={type.replaceAll("_", " ")} />
          ))}
        </fieldset>
      )}
    </search>
  );
}

/** One of several that may be chosen together. */
function Toggle(props: {
  of: "category" | "type";
  name: string;
  label: string;
  also?: Record<string, string>;
}) {
  const { of, name, label, also } = props;
  const chosen = (behind.value.query[of] ?? "").split(",").filter((part) => part !== "");
  const isOn = chosen.includes(name);
  const next = isOn ? chosen.filter((other) => other !== name) : [...chosen, name];
  return (
    <button
      type="button"
      class="quiet"
      aria-pressed={isOn}
      onClick={() => setQuery({ ...also, [of]: next.join(",") })}
    >
      {label}
    </button>
  );
}

function Tool() {
  const { tool = "" } = behind.value.query;
  const query = { start_time: dayBefore(today.value, 29), end_time: today.value, time_zone: zone.value };
  const { data } = useResource("GET /api/tools", { query });
  return (
    <>
      <input
        type="search"
        list="event-tools"
        placeholder="Tool: Bash, mcp__*"
        aria-label="Tool name"
        value={tool}
        spellcheck={false}
        onInput={(e) => setQuery({ tool: e.currentTarget.value.trim() })}
      />
      <datalist id="event-tools">
        {data?.tools
          .filter((t) => t.tool_name !== "")
          .map((t) => (
            <option key={t.tool_name} value={t.tool_name} />
          ))}
      </datalist>
    </>
  );
}

function Project() {
  const { project = "" } = behind.value.query;
  const query = {
    metric: "count" as const,
    group_by: "project" as const,
    period: "month" as const,
    start_time: dayBefore(today.value, 89),
    end_time: today.value,
    time_zone: zone.value,
  };
  const { data } = useResource("GET /api/aggregations", { query });
  const names = [...new Set(data?.groups.map((g) => projectName(g.group ?? "")) ?? [])];
  return (
    <>
      <input
        type="search"
        list="event-projects"
        placeholder="Project"
        aria-label="Project"
        dir="auto"
        value={project}
        spellcheck={false}
        onChange={(e) => setQuery({ project: e.currentTarget.value.trim() })}
      />
      <datalist id="event-projects">
        {names
          .filter((name) => name !== "")
          .map((name) => (
            <option key={name} value={name} />
          ))}
      </datalist>
    </>
  );
}
