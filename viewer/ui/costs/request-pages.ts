import { type ReadonlySignal, signal } from "@preact/signals";
import type { RequestSummary } from "../../../schema/api-requests.ts";
import type { RouteArgument } from "../../../schema/api-types.ts";
import { callRoute, type Fault } from "../request.ts";

export type RequestsQuery = NonNullable<NonNullable<RouteArgument<"GET /api/requests">[0]>["query"]>;
type Loaded = {
  /** Null before the first page. */
  rows: RequestSummary[] | null;
  cursor: string | null;
  /** Newer rows, shown on demand so that nothing moves. */
  newer: RequestSummary[];
  fault: Fault | null;
};
export type RequestPages = {
  state: ReadonlySignal<Loaded>;
  /** The next page, or the first one. */
  load(): Promise<void>;
  refresh(): Promise<void>;
  showNewer(): void;
  stop(): void;
};

const PAGE = 100;

/** Requests page by page, newest first. */
export function createRequestPages(query: RequestsQuery): RequestPages {
  const state = signal<Loaded>({ rows: null, cursor: null, newer: [], fault: null });
  let isBusy = false;
  let isOver = false;
  const loadPage = async (cursor: string | null) => {
    isBusy = true;
    const page = await callRoute("GET /api/requests", {
      query: { ...query, limit: PAGE, ...(cursor !== null && { cursor }) },
    });
    isBusy = false;
    if (!page.ok && !isOver) state.value = { ...state.peek(), fault: page.fault };
    return page.ok && !isOver ? page.answer : undefined;
  };
  return {
    state,
    async load() {
      const { rows, cursor } = state.peek();
      if (isBusy || (rows !== null && cursor === null)) return;
      const page = await loadPage(cursor);
      if (!page) return;
      const known = state.peek();
      state.value = {
        ...known,
        rows: [...(known.rows ?? []), ...page.data],
        cursor: page.next_cursor,
        fault: null,
      };
    },
    async refresh() {
      const { rows } = state.peek();
      if (isBusy || rows === null) return;
      const page = await loadPage(null);
      if (!page) return;
      const known = new Set(rows.map((row) => row.seq));
      const first = page.data.findIndex((row) => known.has(row.seq));
      // More than a page has arrived: on demand the list restarts with it.
      const newer = first < 0 ? page.data : page.data.slice(0, first);
      state.value = { ...state.peek(), newer, fault: null };
    },
    showNewer() {
      const { rows, newer, ...rest } = state.peek();
      state.value = { ...rest, rows: [...newer, ...(rows ?? [])], newer: [] };
    },
    stop() {
      isOver = true;
    },
  };
}
