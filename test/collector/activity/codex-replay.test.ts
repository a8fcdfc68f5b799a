import { describe, expect, test } from "bun:test";
import { createActivityTracker } from "../../../collector/activity/tracker.ts";
import type { Activity } from "../../../schema/activity.ts";
import { sessionQueries } from "../../../store/queries/sessions.ts";
import { createWorld, type World } from "../../world.ts";
import { CODEX_RUNS, type CodexRun, codexHooks, codexRollouts } from "./codex-recorded.ts";
import { type RecordedHook, spoolLine } from "./recorded.ts";

const SPOOL = ".local/share/hall-monitor/spool/202611270400.log";

function follow() {
  const world = createWorld();
  let now = Date.parse("2026-11-27T06:00:00Z");
  const tracker = createActivityTracker({ reader: world.db, bus: world.pipeline.bus, now: () => now });
  return {
    world,
    async fire(...hooks: RecordedHook[]) {
      world.append(SPOOL, hooks.map((hook) => spoolLine(hook, "codex-hook/1")).join(""));
      await world.read();
    },
    async rollouts(run: CodexRun) {
      for (const { path, lines } of codexRollouts(run))
        world.write(`.codex/${path}`, `${lines.join("\n")}\n`);
      await world.read();
    },
    at(time: number, session_id: string): Activity {
      now = time;
      tracker.refresh();
      return tracker.of(sessionQueries(world.db).find(`codex:${session_id}`)!);
    },
    close() {
      tracker.close();
      world.close();
    },
  };
}

/** What is known in the end, but for who reported it first. */
function known(world: World) {
  return {
    events: world.all(`select event_id, event_type, agent_id, tool_name, tool_use_id, prompt_id from events
      where event_type not in ('compaction_completed', 'rate_limit') order by event_id`),
    compactions: world.all("select count(*) as n from events where event_type = 'compaction_completed'"),
    turns: world.all("select session_pk > 0, prompt_id, prompt from turns order by prompt_id"),
    tools: world.all(
      "select tool_key, tool_name, prompt_id, outcome, error from tool_calls order by tool_key",
    ),
    agents: world.all("select agent_id from agents order by agent_id"),
    requests: world.all(`select request_key, model, prompt_id, uncached_input_tokens, cache_read_input_tokens,
      output_tokens, service_tier, flags, cost_nano_usd from requests order by request_key`),
    sessions: world.all("select source, source_session_id, parent_session_id from sessions order by 2"),
  };
}

/** Each fact that hooks and rollouts both report, as often as it is stored. */
const TWICE = `select event_type, coalesce(tool_use_id, prompt_id, agent_id, session_pk) as of, count(*) as n from events
  where event_type in ('tool_started', 'tool_completed', 'tool_failed', 'prompt_submitted', 'turn_ended', 'turn_interrupted',
    'agent_started', 'agent_stopped') group by replace(replace(event_type, 'failed', 'ended'), 'completed', 'ended'), 2, session_pk
  having n > 1`;

const ORDERS: Record<string, (hooks: RecordedHook[]) => RecordedHook[][]> = {
  "hooks first": (hooks) => [hooks, []],
  "rollouts first": (hooks) => [[], hooks],
  "half of each": (hooks) => [hooks.filter((_, i) => i % 2 === 0), hooks.filter((_, i) => i % 2 === 1)],
  "all backwards": (hooks) => [hooks.toReversed(), []],
};

describe("Codex, recorded", () => {
  test.each(CODEX_RUNS)(
    "F011 %s: hooks and rollouts are one story in whatever order they come",
    async (run) => {
      const ends = [];
      for (const [name, order] of Object.entries(ORDERS)) {
        const { world, fire, rollouts, close } = follow();
        const [before = [], after = []] = order(codexHooks(run));
        await fire(...before);
        await rollouts(run);
        await fire(...after);
        expect([name, world.all(TWICE)]).toEqual([name, []]);
        expect(world.one<{ n: number }>("select count(*) as n from rejects").n).toBe(0);
        ends.push({ name, end: known(world) });
        close();
      }
      for (const { name, end } of ends) expect({ name, end }).toEqual({ name, end: ends[0]!.end });
    },
  );
});
