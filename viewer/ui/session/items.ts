import { signal } from "@preact/signals";
import type { TimelineItem } from "../../../schema/api-shapes.ts";
import type { RouteInput } from "../../../schema/api-types.ts";
import { TIMELINE_PAGE as PAGE } from "../../first-requests.ts";
import { callRoute, type Fault } from "../request.ts";

const KEPT = 40;
type Query = NonNullable<RouteInput<"GET /api/sessions/:id/timeline">["query"]>;

/** The texts of the visible rows; the outline already has their number and kinds. */
export function createItems(session_key: string, query: Query) {
  const pages = signal(new Map<number, TimelineItem[]>());
  const fault = signal<Fault | null>(null);
  const under_way = new Set<number>();
  async function load(page: number): Promise<void> {
    if (under_way.has(page)) return;
    under_way.add(page);
    const result = await callRoute("GET /api/sessions/:id/timeline", {
      params: { id: session_key },
      query: { ...query, limit: PAGE, offset: page * PAGE },
    });
    under_way.delete(page);
    fault.value = result.ok ? null : result.fault;
    if (!result.ok) return;
    const next = new Map(pages.peek());
    next.delete(page);
    next.set(page, result.answer.data.items);
    for (const old of [...next.keys()].slice(0, Math.max(0, next.size - KEPT))) next.delete(old);
    pages.value = next;
  }
  return {
    fault,
    at: (index: number): TimelineItem | undefined =>
      pages.value.get(Math.floor(index / PAGE))?.[index % PAGE],
    want(from: number, to: number, isFresh = false): void {
      for (let page = Math.floor(from / PAGE); page <= Math.floor(to / PAGE); page++)
        if (isFresh || !pages.peek().has(page)) void load(page);
    },
    /** The session has continued: only visible items are kept, and requested again. */
    renew(from: number, to: number): void {
      const [first, last] = [Math.floor(from / PAGE), Math.floor(to / PAGE)];
      pages.value = new Map([...pages.peek()].filter(([page]) => page >= first && page <= last));
      this.want(from, to, true);
    },
  };
}
