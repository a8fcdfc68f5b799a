import { effect, signal } from "@preact/signals";
import type { Activity } from "../../../schema/activity.ts";
import type { Session } from "../../../schema/api-shapes.ts";
import { activities } from "../live.ts";

const KEPT = 500;
const known = signal(new Map<string, Activity>());

effect(() => {
  const fresh = activities.value;
  if (fresh.length === 0) return;
  const next = new Map(known.peek());
  for (const { session_key, activity } of fresh) {
    next.delete(session_key);
    next.set(session_key, activity);
  }
  for (const old of [...next.keys()].slice(0, Math.max(0, next.size - KEPT))) next.delete(old);
  known.value = next;
});

/** Activity of a session: the latest from the stream, which is newer than any row. */
export const activityOf = (session: Pick<Session, "session_key" | "activity">): Activity =>
  known.value.get(session.session_key) ?? session.activity;
