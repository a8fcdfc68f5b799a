import { describe, expect, test } from "bun:test";
import { createActivityTracker } from "../../../collector/activity/tracker.ts";
import type { Activity } from "../../../schema/activity.ts";
import { sessionQueries } from "../../../store/queries/sessions.ts";
import { createWorld, type World } from "../../world.ts";
import { CODEX_RUNS, type CodexRun, codexHooks, codexRollouts } from "./codex-recorded.ts";
import { type RecordedHook, spoolLine } from "./recorded.ts";

const SPOOL = ".local/share/hall-monitor/spool/202611270400.log";

function follow() {
  let now = Date.parse("2026-11-27T06:00:00Z");
  const world = createWorld({}, () => now);
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

/** What is known in the end, but for who reported it first: a hook has no exit code, the call's row has its outcome. */
function known(world: World) {
  return {
    events:
      world.all(`select event_id, replace(event_type, 'failed', 'completed') as type, agent_id, tool_name, tool_use_id, prompt_id from events
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
    "H16 %s: hooks and rollouts are one story in whatever order they come",
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

  test.each(CODEX_RUNS)("H16 %s: the state is right behind every hook", async (run) => {
    const { fire, at, close } = follow();
    const wrong: unknown[] = [];
    for (const hook of codexHooks(run)) {
      await fire(hook);
      const { agent_id, source } = JSON.parse(hook.body) as { agent_id?: string; source?: string };
      const wanted = agent_id ? "working" : source === "compact" ? "done" : BEHIND[hook.event]!;
      const is = at(hook.t_ms + 1, hook.session_id);
      if (is.state !== wanted) wrong.push([hook.file, hook.event, wanted, is]);
      if (wanted === "waiting") expect(is.waits_for?.argument).toMatch(/^src\/cart\.js$|wc -l/);
      if (agent_id && hook.event === "PreToolUse") expect(is.agents_working).toBe(1);
    }
    close();
    expect(wrong).toEqual([]);
  });

  test.each(CODEX_RUNS)(
    "H16 %s: rollouts alone show every prompt, turn, call, sub-agent and session",
    async (run) => {
      const { world, rollouts, close } = follow();
      await rollouts(run);
      const lines = codexRollouts(run).flatMap((file) => file.lines.map((line) => JSON.parse(line).payload));
      const items = (type: string) => lines.filter((p) => p.item?.type === type).length;
      const kinds = (...types: string[]) => lines.filter((p) => types.includes(p.type)).length;
      const nested = lines.filter((p) => p.item?.id?.startsWith("exec-")).length;
      const calls = kinds("function_call", "custom_tool_call") + nested;
      const count = (types: string) =>
        world.one<{ n: number }>(`select count(*) as n from events where event_type in (${types})`).n;
      expect(count("'prompt_submitted'")).toBe(items("UserMessage"));
      expect(count("'turn_ended'")).toBe(kinds("task_complete"));
      expect(count("'turn_interrupted'")).toBe(kinds("turn_aborted"));
      expect(count("'compaction_completed'")).toBe(items("ContextCompaction"));
      expect(count("'tool_started'")).toBe(calls);
      expect(count("'tool_completed', 'tool_failed'")).toBe(calls);
      // The call around the interrupted command has no item of its own.
      const interrupted = run === "tui" ? 1 : 0;
      expect(count("'tool_failed'")).toBe(
        lines.filter((p) => p.item?.status === "failed").length + interrupted,
      );
      expect(count("'session_started', 'agent_started'")).toBe(codexRollouts(run).length);
      expect(count("'agent_stopped'")).toBe(count("'agent_started'"));
      expect(world.one<{ n: number }>("select count(*) as n from agents").n).toBe(count("'agent_started'"));
      close();
    },
  );

  test("EC014 an interrupted command that ends behind its turn belongs to it, and opens nothing", async () => {
    const { world, at, close } = follow();
    const { path, lines } = codexRollouts("tui").find((file) => file.path.includes("363f4013c9ba"))!;
    // Without the compaction in between: the interrupted turn is the last one.
    const kept = lines.filter((line) => {
      const { ordinal } = JSON.parse(line);
      return ordinal <= 50 || ordinal === 60;
    });
    world.write(`.codex/${path}`, `${kept.join("\n")}\n`);
    await world.read();
    const last = Date.parse(JSON.parse(kept.at(-1)!).timestamp);
    expect(at(last + 1, path.slice(-42, -6)).state).toBe("done");
    expect(
      world.all("select prompt_id, outcome from tool_calls where tool_use_id like 'exec-1bd25071%'"),
    ).toEqual([{ prompt_id: "01a21b66-4b39-7b93-bc82-c85245e83010", outcome: "interrupted" }]);
    close();
  });

  test.each(CODEX_RUNS)("H16 %s: rollouts alone, line by line: it works until its turn ends", async (run) => {
    const { world, at, close } = follow();
    const wrong: unknown[] = [];
    const inOrder = codexRollouts(run)
      .flatMap(({ path, lines }) => lines.map((line) => ({ path, line, ...JSON.parse(line) })))
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
    for (const { path, line, timestamp, payload } of inOrder) {
      world.append(`.codex/${path}`, `${line}\n`);
      await world.read();
      const wanted = payload.item?.type === "UserMessage" ? "working" : AFTER[payload.type];
      const state = wanted && at(Date.parse(timestamp) + 1, path.slice(-42, -6)).state;
      if (state !== wanted) wrong.push([path, line, state]);
    }
    close();
    expect(wrong).toEqual([]);
  });
});

const BEHIND: Record<string, Activity["state"]> = {
  SessionStart: "idle",
  UserPromptSubmit: "working",
  PreModelRequest: "working",
  PostModelRequest: "working",
  PreToolUse: "working",
  PermissionRequest: "waiting",
  PostToolUse: "working",
  SubagentStop: "working",
  PreCompact: "working",
  PostCompact: "done",
  Stop: "done",
  Interrupt: "done",
  SessionEnd: "ended",
};
const AFTER: Record<string, Activity["state"]> = {
  function_call: "working",
  custom_tool_call: "working",
  task_complete: "done",
  turn_aborted: "done",
};
