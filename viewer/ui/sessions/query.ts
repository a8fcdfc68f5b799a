import type { SessionSort } from "../../../schema/api-params.ts";
import type { RouteInput } from "../../../schema/api-types.ts";
import type { PageQuery } from "../../../schema/pages.ts";
import { STATES } from "../activity-labels.ts";
import type { Range } from "../range.ts";

export type Order = { sort: SessionSort; order: "asc" | "desc" };
/** The filter of both the list and its number of sessions by day. */
type Listed = NonNullable<RouteInput<"GET /api/session-days">["query"]>;

/** Written out, since the contract's own list would bring all of zod into the page. */
const SORTS: Record<SessionSort, true> = {
  last: true,
  started: true,
  duration: true,
  cost: true,
  tokens: true,
  failed: true,
};

/** `cost` is most expensive first, `-cost` the cheapest. */
export function orderOf({ sort = "" }: PageQuery): Order {
  const name = sort.replace(/^-/, "") as SessionSort;
  if (!Object.hasOwn(SORTS, name)) return { sort: "last", order: "desc" };
  return { sort: name, order: sort.startsWith("-") ? "asc" : "desc" };
}

const OLD_STATES = ["active", "idle", "ended"];
const FILTERS = [
  ...(["q", "source", "project", "model", "branch", "state", "range", "from", "to", "failed"] as const),
];
export const isFiltered = (query: PageQuery) => FILTERS.some((name) => query[name]);
export const noFilters = (): PageQuery => Object.fromEntries(FILTERS.map((name) => [name, ""]));

/** The query of the address for the API. The server rejects names that do not exist. */
export function filterOf(query: PageQuery, days: Range["query"]): Listed {
  const { q = "", source = "", project = "", model = "", branch = "", state = "" } = query;
  const isActivity = Object.hasOwn(STATES, state) && state !== "ended";
  const filters = {
    q: q.trim(),
    source,
    project,
    model,
    branch,
    state: !isActivity && OLD_STATES.includes(state) ? state : "",
    activity: isActivity ? state : "",
    failed: query.failed ? "true" : "",
    ...days,
  };
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== "")) as Listed;
}
