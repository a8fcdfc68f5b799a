import { describe, expect, test } from "bun:test";
import { EVENT_CATEGORIES, EVENT_TYPE_NAMES, EVENT_TYPES, MetricEvent } from "../../schema/events.ts";

/** What the contract names for the twelve handlers. */
const TWELVE = [
  "session_started",
  "session_ended",
  "prompt_submitted",
  "turn_ended",
  "tool_started",
  "tool_completed",
  "tool_failed",
  "agent_started",
  "agent_stopped",
  "notification",
  "compaction_started",
  "permission_requested",
] as const;

const event: MetricEvent = {
  event_id: "e1",
  event_type: "tool_started",
  event_category: "tool",
  source: "claude",
  origin: "hook",
  session_id: "S1",
  time_unix_ms: 1,
  data: {},
};

describe("events", () => {
  test("F001.A1 every event type belongs to one category, and the twelve of the contract are among them", () => {
    for (const type of EVENT_TYPE_NAMES) expect(EVENT_CATEGORIES).toContain(EVENT_TYPES[type]);
    for (const type of TWELVE) expect(EVENT_TYPE_NAMES).toContain(type);
  });

  test("F001.A2 an event with an unknown type, without an id or with a fraction of a millisecond is refused", () => {
    expect(MetricEvent.safeParse(event).success).toBe(true);
    for (const wrong of [
      { event_type: "tool_begun" },
      { event_id: "" },
      { time_unix_ms: 1.5 },
      { source: "cursor" },
    ])
      expect(MetricEvent.safeParse({ ...event, ...wrong }).success).toBe(false);
  });
});
