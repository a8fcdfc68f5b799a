import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EventType } from "../../schema/event-catalogue.ts";

const ROOT = join(import.meta.dir, "../..");
const HOOKS = "collector/hooks/mapping.ts";
const TRANSITIONS = "store/plans/transitions.ts";

/** Where an event of each type is made: a type without a place does not compile, one that is not made there fails. */
const MADE_IN: Record<EventType, string> = {
  session_started: HOOKS,
  session_ended: HOOKS,
  prompt_submitted: HOOKS,
  turn_ended: HOOKS,
  tool_started: HOOKS,
  tool_completed: HOOKS,
  tool_failed: HOOKS,
  tool_rejected: HOOKS,
  agent_started: HOOKS,
  agent_stopped: HOOKS,
  notification: HOOKS,
  compaction_started: HOOKS,
  compaction_completed: HOOKS,
  permission_requested: HOOKS,
  hook_other: HOOKS,
  turn_interrupted: "collector/sources/claude/user.ts",
  api_error: "collector/sources/claude/system.ts",
  api_response: "store/queries/feed-row.ts",
  usage_updated: "store/request-notices.ts",
  ownership_changed: "store/request-notices.ts",
  rate_limit: "store/commit-batch.ts",
  alert_fired: "collector/alerts/watch.ts",
  alert_cleared: "collector/alerts/watch.ts",
  capture_mode_changed: "collector/capture-watch.ts",
  plan_created: TRANSITIONS,
  plan_optimized: TRANSITIONS,
  orchestration_started: TRANSITIONS,
  orchestration_completed: TRANSITIONS,
  feature_created: TRANSITIONS,
  feature_started: TRANSITIONS,
  feature_completed: TRANSITIONS,
  feature_failed: TRANSITIONS,
  pr_created: "store/plans/signal-writer.ts",
};

/** A value that is passed on or put into a field; a comparison, a `case` or a type makes nothing. */
function makes(source: string, type: string): boolean {
  return new RegExp(`(?:event_type: |[(,]\\s*|\\? |" : )"${type}"(?=[\\s,;})])`).test(source);
}

test("I10.2 each event type is made where its row shows", () => {
  const unmade = Object.entries(MADE_IN).filter(
    ([type, file]) => !makes(readFileSync(join(ROOT, file), "utf8"), type),
  );
  expect(unmade).toEqual([]);
  for (const read of ['event_type === "x"', 'case "x":', 'EventOf<"x" | "y">'])
    expect([read, makes(read, "x")]).toEqual([read, false]);
});
