import { effect, signal, untracked } from "@preact/signals";
import type { SessionDetail, TimelineItem } from "../../schema/api-shapes.ts";
import { throttled } from "./clock.ts";
import { arrivals } from "./feed.ts";
import { ask, type Fault } from "./request.ts";
import { route } from "./route.ts";

const PAGE = 500;
type Page = { cursor: string; items: TimelineItem[] };

export const detail = signal<SessionDetail | null>(null);
export const pages = signal<Page[]>([]);
export const next_cursor = signal<string | null>(null);
export const fault = signal<Fault | null>(null);
export const loading = signal(false);

let shown = "";

export function startSession(): void {
  effect(() => {
    const { page, params } = route.value;
    const session_key = params.key ?? "";
    if (page !== "session" || session_key === shown) return;
    untracked(() => show(session_key));
  });
  effect(() => {
    if (arrivals.value.some((event) => event.session_key === detail.peek()?.session_key)) refresh();
  });
}

function show(session_key: string): void {
  shown = session_key;
  detail.value = null;
  pages.value = [];
  next_cursor.value = null;
  fault.value = null;
  void loadDetail();
  void loadPage("");
}

async function loadDetail(): Promise<void> {
  const asked = shown;
  const result = await ask("GET /api/sessions/:id", { params: { id: asked } });
  if (asked !== shown) return;
  fault.value = result.ok ? null : result.fault;
  if (result.ok) detail.value = result.answer.data;
}

/** Loads the page at a cursor, in place of the one that was there: its last spans may have ended since. */
async function loadPage(cursor: string): Promise<void> {
  const asked = shown;
  loading.value = true;
  const result = await ask("GET /api/sessions/:id/timeline", {
    params: { id: asked },
    query: { limit: PAGE, cursor },
  });
  if (asked !== shown) return;
  loading.value = false;
  if (!result.ok) {
    fault.value = result.fault;
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
  void loadDetail();
  const last = pages.peek().at(-1);
  if (last && next_cursor.peek() === null) void loadPage(last.cursor);
});
