import { signal } from "@preact/signals";
import type { SessionDays } from "../../../schema/api-outline.ts";
import type { Session } from "../../../schema/api-shapes.ts";
import type { RouteInput } from "../../../schema/api-types.ts";
import { latest } from "../feed.ts";
import { callRoute, type Fault } from "../request.ts";

export type Line = { kind: "day"; day: string; sessions: number } | { kind: "session"; index: number };
export type Layout = { count: number; at(line: number): Line };

/** Positions of days and sessions, computed from the counts alone: a list of any length without its rows. */
export function toLayout({ sessions, days }: SessionDays, isByDay: boolean): Layout {
  if (!isByDay) return { count: sessions, at: (index) => ({ kind: "session", index }) };
  const starts: number[] = [];
  let line = 0;
  for (const day of days) {
    starts.push(line);
    line += day.sessions + 1;
  }
  return {
    count: line,
    at(wanted) {
      let [low, high] = [0, starts.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle]! <= wanted) low = middle;
        else high = middle - 1;
      }
      const day = days[low]!;
      if (starts[low] === wanted) return { kind: "day", ...day };
      return { kind: "session", index: wanted - low - 1 };
    },
  };
}

const PAGE = 100;
const KEPT = 60;
type Query = NonNullable<RouteInput<"GET /api/sessions">["query"]>;

/** Pages of one list, fetched when they become visible. */
export function createRows(query: Query) {
  const pages = signal(new Map<number, Session[]>());
  const fault = signal<Fault | null>(null);
  const under_way = new Set<number>();
  let requested_at = latest.peek();
  async function load(page: number): Promise<void> {
    if (under_way.has(page)) return;
    under_way.add(page);
    const result = await callRoute("GET /api/sessions", {
      query: { ...query, limit: PAGE, offset: page * PAGE },
    });
    under_way.delete(page);
    fault.value = result.ok ? null : result.fault;
    if (!result.ok) return;
    const next = new Map(pages.peek());
    next.delete(page);
    next.set(page, result.answer.data);
    for (const old of [...next.keys()].slice(0, Math.max(0, next.size - KEPT))) next.delete(old);
    pages.value = next;
  }
  return {
    fault,
    pages,
    /** Value of `latest` when its rows were requested last; pages that became visible since do not count. */
    requestedAt: () => requested_at,
    at: (index: number): Session | undefined => pages.value.get(Math.floor(index / PAGE))?.[index % PAGE],
    /** Requests the visible rows; `isFresh` requests them even if they are known. */
    want(from: number, to: number, isFresh = false): void {
      if (isFresh) requested_at = latest.peek();
      for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++)
        if (isFresh || !pages.peek().has(page)) void load(page);
    },
    /** Rows may have moved: others are requested again when they become visible. */
    forget(from: number, to: number): void {
      const [first, last] = [Math.floor(from / PAGE), Math.floor(to / PAGE)];
      pages.value = new Map([...pages.peek()].filter(([page]) => page >= first && page <= last));
    },
  };
}
export type Rows = ReturnType<typeof createRows>;
