import { type Signal, signal } from "@preact/signals";
import type { Transcript, TranscriptItem } from "../../../schema/api-texts.ts";
import type { RouteInput } from "../../../schema/api-types.ts";
import { throttled } from "../clock.ts";
import { afterArrivals } from "../feed.ts";
import { callRoute, type Fault } from "../request.ts";
import { ofSession } from "../use-resource.ts";

const PAGE = 60;
const EVERY_MS = 2000;
type Query = NonNullable<RouteInput<"GET /api/sessions/:id/transcript">["query"]>;
type State = {
  /** Null before the first page. */
  items: TranscriptItem[] | null;
  before: string | null;
  after: string | null;
  is_complete: boolean;
  fault: Fault | null;
};

function newTexts({ items }: State, page: TranscriptItem[]): TranscriptItem[] {
  const seen = new Set(items?.map((item) => item.id));
  return page.filter((item) => !seen.has(item.id));
}

/** Number of texts of each role, whichever are shown. */
export type Counts = Signal<Transcript["counts"]>;

const pageOf = (id: string, counts: Counts) => async (query: Query) => {
  const result = await callRoute("GET /api/sessions/:id/transcript", { params: { id }, query });
  if (result.ok) counts.value = result.answer.data.counts ?? counts.peek();
  return result;
};

/** Loads the first page, at `start`, or the next one at either end. */
function loader(state: Signal<State>, page: ReturnType<typeof pageOf>, filter: Query, start: Query) {
  const under_way = new Set<string>();
  return async (way: "first" | "before" | "after"): Promise<void> => {
    const { items, before, after } = state.peek();
    const cursor = way === "before" ? before : way === "after" ? after : null;
    if (under_way.has(way) || (way !== "first" && cursor === null)) return;
    under_way.add(way);
    const query = { ...filter, limit: PAGE, ...(cursor ? { cursor } : start) };
    const result = await page(query);
    under_way.delete(way);
    if (!result.ok) {
      state.value = { ...state.peek(), fault: result.fault };
      return;
    }
    const { data } = result.answer;
    const known = state.peek();
    const fresh = newTexts(known, data.items);
    state.value = {
      items: way === "before" ? [...fresh, ...(items ?? [])] : [...(known.items ?? []), ...fresh],
      before: way === "after" ? known.before : data.before_cursor,
      after: way === "before" ? known.after : data.after_cursor,
      is_complete: data.is_complete,
      fault: null,
    };
  };
}

/** A part of a conversation that grows at both ends. Each page that is requested by its place updates the counts. */
export function createConversation(session_key: string, { from, around, ...filter }: Query, counts: Counts) {
  const state = signal<State>({ items: null, before: null, after: null, is_complete: true, fault: null });
  const isOwn = ofSession(session_key);
  const page = pageOf(session_key, counts);
  const load = loader(state, page, filter, { from, ...(around && { around }) });

  /** Texts that arrive while the page is open are added where the end is shown, else only counted. */
  const grow = throttled(EVERY_MS, async () => {
    const { items, after } = state.peek();
    if (items === null) return;
    const isAtEnd = after === null;
    const result = await page({ ...filter, from: "end", limit: isAtEnd ? PAGE : 1 });
    if (!result.ok || !isAtEnd) return;
    const { data } = result.answer;
    const known = state.peek();
    const fresh = newTexts(known, data.items);
    const isGap = items.length > 0 && fresh.length === data.items.length;
    if (fresh.length > 0)
      state.value = isGap
        ? { ...known, items: data.items, before: data.before_cursor }
        : { ...known, items: [...(known.items ?? []), ...fresh] };
  });

  void load("first");
  return {
    state,
    load,
    follow: () => afterArrivals(isOwn, grow),
  };
}
