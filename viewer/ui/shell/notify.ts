import { signal } from "@preact/signals";
import type { Session } from "../../../schema/api-shapes.ts";
import { shownText } from "../../../schema/text.ts";
import { waitText } from "../activity-labels.ts";
import { titleOf } from "../session-title.ts";

const KEPT = "hall-monitor:notify";
const isPossible = typeof Notification === "function";

/** Whether a browser notification is shown for an agent that waits; off until a person turns it on. */
export const notifies = signal(
  isPossible && Notification.permission === "granted" && localStorage.getItem(KEPT) === "on",
);
export const can_notify = isPossible;

export async function toggleNotify(): Promise<void> {
  if (notifies.peek()) {
    localStorage.setItem(KEPT, "off");
    notifies.value = false;
    return;
  }
  const permission = await Notification.requestPermission();
  notifies.value = permission === "granted";
  if (notifies.peek()) localStorage.setItem(KEPT, "on");
}

let seen = new Set<string>();

/** Once for each wait, and only while the page is not visible; several tabs show the same one. */
export function announce(waiting: Session[]): void {
  const keys = new Set(waiting.map((s) => `${s.session_key} ${s.activity.since_unix_ms}`));
  if (notifies.peek() && document.hidden)
    for (const s of waiting) {
      const tag = `${s.session_key} ${s.activity.since_unix_ms}`;
      if (!seen.has(tag))
        new Notification(`${titleOf(s)} waits for you`, { body: shownText(waitText(s.activity)), tag });
    }
  seen = keys;
}
