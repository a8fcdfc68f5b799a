import { describe, expect, test } from "bun:test";
import {
  DONE_MS,
  evaluate,
  type Facts,
  FORGOTTEN_MS,
  SILENT_MS,
} from "../../../collector/activity/evaluate.ts";
import { addSignal, type Signal } from "../../../collector/activity/signals.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { ActivityTool } from "../../../store/queries/activity.ts";

const T0 = 1_796_000_000_000;

type Given = Partial<Omit<Facts, "signals">> & { events?: Partial<FeedEvent>[]; call?: ActivityTool };

function facts({ events = [], call, ...given }: Given): Facts {
  const signals = new Map<string, Signal>();
  for (const [i, event] of events.entries())
    addSignal(signals, {
      seq: i + 1,
      event_id: `e${i}`,
      source: "claude",
      session_id: "S",
      session_key: "claude:S",
      event_category: "custom",
      origin: "hook",
      time_unix_ms: T0,
      data: {},
      ...event,
    } as FeedEvent);
  return {
    session: {
      session_pk: 1,
      source: "claude",
      source_session_id: "S",
      started_unix_ms: T0,
      last_unix_ms: T0,
      ended_unix_ms: null,
      title: null,
    },
    turn: null,
    open_tools: [],
    open_agents: [],
    times: { final_request: 0, open_request: 0, tool_end: 0 },
    claim: undefined,
    tool_of_permission: () => call ?? null,
    signals,
    ...given,
  };
}

const bash = (more: Partial<ActivityTool> = {}): ActivityTool => ({
  agent_id: "",
  tool_use_id: "t1",
  tool_name: "Bash",
  summary: "rm -rf build",
  outcome: "running",
  started_unix_ms: T0 + 10,
  ended_unix_ms: null,
  ...more,
});
const prompted: Partial<FeedEvent> = { event_type: "prompt_submitted", time_unix_ms: T0 };
const permission: Partial<FeedEvent> = {
  event_type: "permission_requested",
  tool_name: "Bash",
  time_unix_ms: T0 + 20,
  data: { tool_input: { command: "rm -rf build" } },
};
const ended: Partial<FeedEvent> = { event_type: "turn_ended", time_unix_ms: T0 + 100 };
const alive = { waiting_for: "", is_alive: true, gone_unix_ms: 0, cwd: "", version: "" };

describe("what a session does", () => {
  test("H16 a plain turn end is never a wait", () => {
    const idlePrompt: Partial<FeedEvent> = {
      event_type: "notification",
      time_unix_ms: T0 + 60_100,
      data: { notification_type: "idle_prompt", message: "Claude is waiting for your input" },
    };
    expect(evaluate(facts({ events: [prompted, ended, idlePrompt] }), T0 + 61_000).state).toBe("done");
  });

  test("H16 a permission waits until the call has an end, a no, Esc or the next prompt", () => {
    const open = { events: [prompted, permission], open_tools: [bash()], call: bash() };
    const waiting = evaluate(facts(open), T0 + 5_000);
    expect(waiting).toEqual({
      state: "waiting",
      since_unix_ms: T0 + 20,
      agents_working: 0,
      witness: "hook",
      waits_for: { kind: "permission", tool_name: "Bash", argument: "rm -rf build" },
      tool: { tool_name: "Bash", summary: "rm -rf build", started_unix_ms: T0 + 10 },
    });
    const answers: Given[] = [
      {
        events: [prompted, permission],
        call: bash({ outcome: "completed", ended_unix_ms: T0 + 900 }),
        times: { final_request: 0, open_request: 0, tool_end: T0 + 900 },
      },
      { ...open, events: [prompted, permission, { event_type: "tool_rejected", time_unix_ms: T0 + 900 }] },
      { ...open, events: [prompted, permission, { event_type: "turn_interrupted", time_unix_ms: T0 + 900 }] },
      { ...open, events: [permission, { ...prompted, time_unix_ms: T0 + 900 }] },
    ];
    for (const answer of answers) expect(evaluate(facts(answer), T0 + 1_000).state).not.toBe("waiting");
  });

  test("H16 a sub-agent's events do not answer the main thread's question", () => {
    const other: Partial<FeedEvent> = {
      event_type: "tool_completed",
      agent_id: "a1",
      time_unix_ms: T0 + 900,
      tool_name: "Read",
    };
    const waiting = facts({ events: [prompted, permission, other], open_tools: [bash()], call: bash() });
    expect(evaluate(waiting, T0 + 1_000).state).toBe("waiting");
  });

  test("H16 the registry shows that a granted call runs, where no hook does", () => {
    const claim = { ...alive, status: "busy" as const, since_unix_ms: T0 + 3_000 };
    const granted = facts({ events: [prompted, permission], open_tools: [bash()], call: bash(), claim });
    expect(evaluate(granted, T0 + 4_000)).toMatchObject({ state: "working", waits_for: null });
  });

  test("H16 a call without an answer in a silent session ages out, unless its process vouches for it", () => {
    const silent = { events: [prompted], open_tools: [bash()] };
    expect(evaluate(facts(silent), T0 + SILENT_MS - 1).state).toBe("working");
    expect(evaluate(facts(silent), T0 + SILENT_MS + 1_000)).toMatchObject({
      state: "unknown",
      tool: { tool_name: "Bash" },
    });
    const claim = { ...alive, status: "busy" as const, since_unix_ms: T0 + 1 };
    expect(evaluate(facts({ ...silent, claim }), T0 + 4 * SILENT_MS).state).toBe("working");
  });

  test("H16 done becomes idle, and what was forgotten is unknown", () => {
    const at = (ms: number) => evaluate(facts({ events: [prompted, ended] }), T0 + 100 + ms).state;
    expect([1, DONE_MS, DONE_MS + 1, FORGOTTEN_MS + 1].map(at)).toEqual(["done", "done", "idle", "unknown"]);
  });

  test("H16 a killed process ends what it claimed, and a line written behind the end revives nothing", () => {
    const gone = { ...alive, status: "waiting" as const, since_unix_ms: T0 + 30, is_alive: false };
    const killed = facts({ events: [prompted, permission], claim: { ...gone, gone_unix_ms: T0 + 5_000 } });
    expect(evaluate(killed, T0 + 6_000)).toMatchObject({ state: "ended", since_unix_ms: T0 + 5_000 });
    const session = { ...facts({}).session, ended_unix_ms: T0 + 200, last_unix_ms: T0 + 252 };
    expect(evaluate(facts({ events: [prompted, ended], session }), T0 + 300).state).toBe("ended");
    const resumed: Partial<FeedEvent> = { event_type: "session_started", time_unix_ms: T0 + 9_000 };
    expect(evaluate(facts({ events: [prompted, ended, resumed], session }), T0 + 9_001).state).toBe("idle");
  });

  test("H16 a dialog within a turn waits for a decision; one between turns was opened by the person", () => {
    const claim = {
      ...alive,
      status: "waiting" as const,
      waiting_for: "dialog open",
      since_unix_ms: T0 + 3_000,
    };
    expect(evaluate(facts({ events: [prompted], claim }), T0 + 4_000).state).toBe("waiting");
    expect(evaluate(facts({ events: [prompted, ended], claim }), T0 + 4_000).state).toBe("done");
  });

  test("H16 an elicitation waits until its result", () => {
    const waiting: Partial<FeedEvent> = {
      event_type: "hook_other",
      time_unix_ms: T0 + 10,
      data: { hook_event_name: "Elicitation", mcp_server_name: "shop", message: "Which colour?" },
    };
    const result: Partial<FeedEvent> = {
      event_type: "hook_other",
      time_unix_ms: T0 + 400,
      data: { hook_event_name: "ElicitationResult", action: "accept" },
    };
    expect(evaluate(facts({ events: [prompted, waiting] }), T0 + 100).waits_for).toEqual({
      kind: "elicitation",
      tool_name: "shop",
      argument: "Which colour?",
    });
    expect(evaluate(facts({ events: [prompted, waiting, result] }), T0 + 500).state).toBe("working");
  });

  test("H16 compaction works until it is completed, and a turn goes on behind it", () => {
    const compacts: Partial<FeedEvent> = { event_type: "compaction_started", time_unix_ms: T0 + 200 };
    const completed: Partial<FeedEvent> = { event_type: "compaction_completed", time_unix_ms: T0 + 300 };
    const by = (...events: Partial<FeedEvent>[]) => evaluate(facts({ events }), T0 + 400).state;
    expect(by(prompted, ended, compacts)).toBe("working");
    expect(by(prompted, ended, compacts, completed)).toBe("done");
    expect(by(prompted, compacts, completed)).toBe("working");
  });

  test("H16 background agents keep a session at work after its turn", () => {
    const events = [prompted, ended];
    const open_agents = [{ agent_id: "a1", started_unix_ms: T0 + 50, last_unix_ms: T0 + 40_000 }];
    expect(evaluate(facts({ events, open_agents }), T0 + 60_000)).toMatchObject({
      state: "working",
      agents_working: 1,
    });
    expect(evaluate(facts({ events, open_agents }), T0 + 900_000)).toMatchObject({
      state: "done",
      agents_working: 0,
    });
  });
});
