import { computed, effect, signal, untracked } from "@preact/signals";
import type { Activity, SessionActivity } from "../../schema/activity.ts";
import { isAmong } from "../../schema/activity-filter.ts";
import type { Session } from "../../schema/api-shapes.ts";
import { AT_WORK, agentsNow } from "../first-requests.ts";
import { throttled, whenSeen } from "./clock.ts";
import { arrivals } from "./feed.ts";
import { activities } from "./live.ts";
import type { Remote } from "./request.ts";
import { type Resource, resource } from "./resource.ts";
import { route } from "./route.ts";
import { status } from "./status.ts";

const NOTHING = { data: null, fault: null, loading: true };
/** States arrive immediately by the stream; cost, title and new sessions are then requested again. */
const EVERY_MS = 5000;
/** A response that was pending when a state arrived does not include it yet. */
const OVERLAP_MS = 1000;

const loaded = signal<Resource<Session[]> | null>(null);
const known = signal<Map<string, { activity: Activity; at_ms: number }>>(new Map());

/** Every session that is or was recently active, updated by the stream. */
export const agents = computed<Remote<Session[]>>(() => {
  const state = loaded.value?.state.value ?? NOTHING;
  if (!state.data) return state;
  const data = state.data
    .map((s) => ({ ...s, activity: known.value.get(s.session_key)?.activity ?? s.activity }))
    .filter((s) => isAmong(s.activity, AT_WORK));
  return { ...state, data };
});
/** Of one source, or of all. */
export const agentsOf = (source = "") =>
  (agents.value.data ?? []).filter((s) => source === "" || s.source === source);
export const waiting = computed(() => agentsOf().filter((s) => s.activity.state === "waiting"));

const refresh = throttled(EVERY_MS, () => {
  if (status.value === null) return;
  if (loaded.value === null) loaded.value = resource("GET /api/sessions", agentsNow());
  else loaded.value.refresh();
});

/** A hidden tab shows who waits; the stream provides everything for that except the title of a new session. */
const areListed = (sessions: SessionActivity[]) => {
  const listed = new Set(
    loaded
      .peek()
      ?.state.peek()
      .data?.map((s) => s.session_key),
  );
  return sessions.every((s) => listed.has(s.session_key) || !isAmong(s.activity, AT_WORK));
};

export function startAgents(): void {
  effect(() => {
    const fresh = activities.value;
    if (fresh.length === 0) return;
    const at_ms = performance.now();
    const next = new Map(known.peek());
    for (const { session_key, activity } of fresh) next.set(session_key, { activity, at_ms });
    known.value = next;
    untracked(() => (areListed(fresh) ? whenSeen(refresh) : refresh()));
  });
  effect(() => {
    if (loaded.value?.state.value.data == null) return;
    const since = performance.now() - OVERLAP_MS;
    known.value = new Map([...known.peek()].filter(([, { at_ms }]) => at_ms > since));
  });
  effect(() => {
    if (status.value === null) return;
    // Other views only show the number of waiting sessions, which the stream reports.
    if (arrivals.value.length > 0 && loaded.peek() !== null && route.peek().page !== "now") return;
    untracked(() => (loaded.peek() === null ? refresh() : whenSeen(refresh)));
  });
}
