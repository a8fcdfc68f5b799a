import type { PageQuery } from "../../../schema/pages.ts";
import { STATES } from "../activity-labels.ts";
import { behind, setQuery } from "../route.ts";
import type { Rows } from "./rows.ts";

const SORTS = {
  "": "Latest first",
  "-last": "Oldest first",
  started: "Latest start",
  cost: "Highest cost first",
  tokens: "Most tokens",
  duration: "Longest",
  failed: "Most failures",
} as const;
const CHOICES = ["waiting", "working", "done", "idle", "ended", "unknown"] as const;

/**
 * All filters are in the address; typing replaces the history entry, so Back leaves the page instead of undoing a
 * letter.
 */
export function Filters({ rows }: { rows: Rows }) {
  const query = behind.value.query;
  const known = [...rows.pages.value.values()].flat();
  const options = (pick: (s: (typeof known)[number]) => (string | null)[]) =>
    [...new Set(known.flatMap(pick))].filter((v): v is string => !!v).slice(0, 100);
  const field = (name: string, label: string, values: string[]) => (
    <Field name={name} label={label} values={values} query={query} />
  );
  return (
    <search class="filters session-filters">
      <input
        type="search"
        aria-label="Filter by title, project or id"
        placeholder="Title, project or id"
        dir="auto"
        value={query.q ?? ""}
        onInput={(e) => setQuery({ q: e.currentTarget.value })}
      />
      {field(
        "project",
        "Project",
        options((s) => [s.project]),
      )}
      {field(
        "model",
        "Model",
        options((s) => s.models),
      )}
      {field(
        "branch",
        "Branch",
        options((s) => [s.git_branch]),
      )}
      <select
        aria-label="State"
        value={query.state ?? ""}
        onChange={(e) => setQuery({ state: e.currentTarget.value })}
      >
        <option value="">Any state</option>
        {CHOICES.map((name) => (
          <option key={name} value={name}>
            {STATES[name].glyph} {STATES[name].word}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="quiet"
        aria-pressed={query.failed === "true"}
        onClick={() => setQuery({ failed: query.failed ? "" : "true" })}
      >
        ✕ With failures
      </button>
      <Order sort={query.sort ?? ""} />
    </search>
  );
}

function Order({ sort }: { sort: string }) {
  return (
    <select aria-label="Order" value={sort} onChange={(e) => setQuery({ sort: e.currentTarget.value })}>
      {Object.entries(SORTS).map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
      {!(sort in SORTS) && <option value={sort}>{sort}</option>}
    </select>
  );
}

function Field(props: { name: string; label: string; values: string[]; query: PageQuery }) {
  const { name, label, values, query } = props;
  return (
    <>
      <input
        class="is-short"
        list={`of-${name}`}
        aria-label={label}
        placeholder={label}
        dir="auto"
        value={query[name] ?? ""}
        onChange={(e) => setQuery({ [name]: e.currentTarget.value.trim() })}
      />
      <datalist id={`of-${name}`}>
        {values.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  );
}
