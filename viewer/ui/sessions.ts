import { computed, effect, signal, untracked } from "@preact/signals";
import type { Session } from "../../schema/api-shapes.ts";
import type { Asking } from "../../schema/api-types.ts";
import { throttled } from "./clock.ts";
import { ask, type Fault } from "./request.ts";
import { route } from "./route.ts";
import { backfilling } from "./status.ts";

const PAGE = 50;

export const sessions = signal<Session[]>([]);
export const next_cursor = signal<string | null>(null);
export const loaded = signal(false);
export const fault = signal<Fault | null>(null);
export const loading_more = signal(false);

const filters = computed(() => {
  const { source = "", q = "", state = "" } = route.value.page === "session" ? {} : route.value.query;
  return JSON.stringify({ source, q, state });
});
/** What an address names may not exist: the server refuses it with a reason. */
const query = () => JSON.parse(filters.peek()) as NonNullable<Asking<"GET /api/sessions">["query"]>;

export function startSessions(): void {
  effect(() => {
    void filters.value;
    const timer = setTimeout(() => untracked(reload), loaded.peek() ? 150 : 0);
    return () => clearTimeout(timer);
  });
  // What was paged to while history came in has gaps.
  effect(() => {
    if (!backfilling.value && loaded.peek()) void untracked(reload);
  });
}

async function reload(): Promise<void> {
  const asked = filters.peek();
  const result = await ask("GET /api/sessions", { query: { ...query(), limit: PAGE } });
  if (asked !== filters.peek()) return;
  fault.value = result.ok ? null : result.fault;
  if (!result.ok) return;
  sessions.value = result.answer.data;
  next_cursor.value = result.answer.next_cursor;
  loaded.value = true;
}

/** Fresh figures for the newest; what "load more" brought stays below them. */
export const refreshSessions = throttled(2000, async () => {
  if (sessions.peek().length <= PAGE) return reload();
  const asked = filters.peek();
  const result = await ask("GET /api/sessions", { query: { ...query(), limit: PAGE } });
  if (!result.ok || asked !== filters.peek()) return;
  const fresh = new Set(result.answer.data.map((s) => s.session_key));
  sessions.value = [...result.answer.data, ...sessions.peek().filter((s) => !fresh.has(s.session_key))];
});

export async function loadMore(): Promise<void> {
  const cursor = next_cursor.peek();
  if (cursor === null || loading_more.peek()) return;
  loading_more.value = true;
  const asked = filters.peek();
  const result = await ask("GET /api/sessions", { query: { ...query(), limit: PAGE, cursor } });
  loading_more.value = false;
  if (asked !== filters.peek()) return;
  fault.value = result.ok ? null : result.fault;
  if (!result.ok) return;
  const known = new Set(sessions.peek().map((s) => s.session_key));
  sessions.value = [...sessions.peek(), ...result.answer.data.filter((s) => !known.has(s.session_key))];
  next_cursor.value = result.answer.next_cursor;
}
