import type { FeedEvent } from "../../../schema/events.ts";
import { dayOf } from "../format.ts";
import type { Gap } from "./gaps.ts";

export type Line =
  | { kind: "event"; key: string; event: FeedEvent }
  | { kind: "day"; key: string; day: string }
  | { kind: "gap"; key: string; gap: Gap; events: number };

/**
 * The list with a heading for each day but today, and a marker below events from a time when this page received
 * nothing.
 */
export function toLines(events: FeedEvent[], gaps: Gap[], today: string, time_zone: string): Line[] {
  const lines: Line[] = [];
  const open = gaps.map((gap) => ({ gap, events: 0 }));
  let day = today;
  for (const event of events) {
    while (open[0] && event.time_unix_ms <= open[0].gap.from_unix_ms) mark(lines, open.shift()!);
    if (open[0] && event.time_unix_ms <= open[0].gap.until_unix_ms) open[0].events++;
    const own = dayOf(event.time_unix_ms, time_zone);
    if (own !== day) lines.push({ kind: "day", key: `day ${own} ${lines.length}`, day: own });
    day = own;
    lines.push({ kind: "event", key: event.event_id, event });
  }
  if (open[0]) mark(lines, open[0]);
  return lines;
}

/** Without events in a gap there is nothing to mark. */
function mark(lines: Line[], { gap, events }: { gap: Gap; events: number }): void {
  if (events > 0) lines.push({ kind: "gap", key: `gap ${gap.from_unix_ms}`, gap, events });
}
