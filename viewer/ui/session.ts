import { computed, effect, signal, untracked } from "@preact/signals";
import type { SessionDetail, TimelineItem } from "../../schema/api-shapes.ts";
import { throttled } from "./clock.ts";
import { arrivals } from "./feed.ts";
import { ask, type Fault } from "./request.ts";
import { type Resource, resource } from "./resource.ts";
import { route } from "./route.ts";

const PAGE = 500;
type Page = { cursor: string; items: TimelineItem[] };

const asked = signal<Resource<SessionDetail> | null>(null);
export const detail = computed(() => asked.value?.state.value.data ?? null);
export const pages = signal<Page[]>([]);
export const next_cursor = signal<string | null>(null);
const page_fault = signal<Fault | null>(null);
export const fault = computed(() => asked.value?.state.value.fault ?? page_fault.value);
export const loading = signal(false);

let shown = "";

export function startSession(): void {
  effect(() => {
    const { page, params } = route.value;
    const session_key = page === "session" ? (params.key ?? "") : "";
    if (session_key !== shown) untracked(() => show(session_key));
  });
  effect(() => {
    if (arrivals.value.some((event) => event.session_key === detail.peek()?.session_key)) refresh();
  });
}

function show(session_key: string): void {
  shown = session_key;
  pages.value = [];
  next_cursor.value = null;
  page_fault.value = null;
  asked.value?.release();
  asked.value =
    session_key === "" ? null : resource("GET /api/sessions/:id", { params: { id: session_key } });
  if (session_key !== "") void loadPage("");
}

/** Loads the page at a cursor, in place of the one that was there: its last spans may have ended since. */
async function loadPage(cursor: string): Promise<void> {
  const session_key = shown;
  loading.value = true;
  const result = await ask("GET /api/sessions/:id/timeline", {
    params: { id: session_key },
    query: { limit: PAGE, cursor },
  });
  if (session_key !== shown) return;
  loading.value = false;
  if (!result.ok) {
    page_fault.value = result.fault;
    return;
  }
  const before = pages.peek().filter((page) => page.cursor !== cursor);
  pages.value = [...before, { cursor, items: result.answer.data.items }];
  next_cursor.value = result.answer.next_cursor;
}

export function loadMore(): void {
  const cursor = next_cursor.peek();
  if (cursor !== null && !loading.peek()) void loadPage(cursor);
}

const refresh = throttled(1000, () => {
  asked.value?.refresh();
  const last = pages.peek().at(-1);
  if (last && next_cursor.peek() === null) void loadPage(last.cursor);
});
