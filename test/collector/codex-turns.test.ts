import { describe, expect, test } from "bun:test";
import type { FileBatch } from "../../store/batch.ts";
import { parseRollout, readRollout, rollout, rolloutFiles } from "./codex-harness.ts";

const started = (turn_id: string, more = {}) => ({ turn_id, ...more });
const prompted = (turn_id: string, text: string, thread_id = "P") => ({
  thread_id,
  turn_id,
  item: { type: "UserMessage", content: [{ type: "text", text }] },
});
const begin = () => rollout("p").meta("P");
const turn = (r: ReturnType<typeof begin>, id: string, text: string) =>
  r.event("task_started", started(id)).turn(id, "gpt-5.5").event("item_completed", prompted(id, text));
const abort = (r: ReturnType<typeof begin>, id: string) =>
  r.event("turn_aborted", { turn_id: id, reason: "interrupted" });
const prompts = (batch: FileBatch) => batch.turns.filter((t) => t.prompt !== undefined).map((t) => t.prompt);
const recorded = (part: string) => {
  const path = rolloutFiles().find((file) => file.includes(part))!;
  return parseRollout(`/roots/${path}`, readRollout(path));
};

describe("turns", () => {
  test("B-19 a prompt sent again after an abort is one turn", () => {
    const batch = turn(abort(turn(begin(), "T1", "fix it"), "T1"), "T2", "fix it")
      .event("task_complete", { turn_id: "T2" })
      .parseRollout();
    expect(prompts(batch)).toEqual(["fix it"]);
    expect(new Set(batch.turns.map((t) => t.prompt_id))).toEqual(new Set(["T1"]));
    expect(batch.events.map((e) => [e.event_type, e.prompt_id])).toEqual([
      ["session_started", undefined],
      ["prompt_submitted", "T1"],
      ["turn_interrupted", "T1"],
      ["prompt_submitted", "T2"],
      ["turn_ended", "T1"],
    ]);
  });

  test("B-19 a repeat without an abort, or after another prompt, is a turn of its own", () => {
    expect(prompts(turn(turn(begin(), "T1", "go"), "T2", "go").parseRollout())).toEqual(["go", "go"]);
    const between = turn(turn(abort(turn(begin(), "T1", "go"), "T1"), "T2", "other"), "T3", "go");
    expect(prompts(between.parseRollout())).toEqual(["go", "other", "go"]);
  });

  test("B-20 what the client puts into the user's mouth is no prompt", () => {
    const injected = [
      "# AGENTS.md instructions",
      "<environment_context>\n",
      "<user_instructions>",
      "<INSTRUCTIONS>",
      "<skill>",
      "<turn_aborted>",
      "<subagent_notification>",
    ];
    let r = begin();
    for (const text of injected) r = turn(r, text, text);
    expect(prompts(turn(r, "T9", "a real one").parseRollout())).toEqual(["a real one"]);
  });

  test("F008 legacy prompts, with and without turn ids, at most 500 characters", () => {
    const legacy = begin()
      .event("task_started", started("T1"))
      .event("user_message", { message: "x".repeat(900) });
    expect(prompts(legacy.parseRollout())[0]).toHaveLength(500);
    const old = begin()
      .line("turn_context", { model: "gpt-5" })
      .event("user_message", { message: "one" })
      .event("user_message", { message: "two" })
      .parseRollout();
    expect(prompts(old)).toEqual(["one", "two"]);
    expect(new Set(old.turns.map((t) => t.prompt_id)).size).toBe(2);
  });

  test("B-21 a compaction is reported once, whichever lines hold it, and totals keep rising", () => {
    const batch = begin()
      .turn("T1", "gpt-5.5")
      .count(1000, 1000)
      .line("compacted", { message: "" })
      .event("context_compacted")
      .count(1500, 500)
      .event("context_compacted")
      .parseRollout();
    const compactions = batch.events.filter((e) => e.event_type === "compaction_completed");
    expect(compactions).toHaveLength(2);
    expect(batch.requests).toHaveLength(2);
  });

  test("F008 a turn that failed has its reason", () => {
    const { events } = recorded("01a1fa16-533e");
    expect(events.find((e) => e.event_type === "api_error")).toMatchObject({
      event_type: "api_error",
      event_category: "api",
      data: { error: "usage_limit_exceeded" },
    });
  });
});

describe("sessions and agents", () => {
  test("F008 a session carries where, by what and in which version it ran", () => {
    expect(recorded("01a1fa16-228d").sessions[0]).toMatchObject({
      session_id: "01a1fa16-228d-7c00-b24a-14c635de372a",
      project_path: "/home/dev/shop",
      git_branch: "main",
      client_version: "0.169.0",
      entrypoint: "codex_exec",
    });
  });

  test("F008 a sub-agent is a session of its own and an agent of its parent, named by the call that spawned it", () => {
    const child = "01a1fa16-717d-79c0-ae21-020fdab9bd7f";
    const parent = "01a1fa16-70d3-7f83-89c3-2a9f99f0cf10";
    const batch = recorded(child);
    expect(batch.sessions[0]).toMatchObject({
      session_id: child,
      relation: "agent",
      parent_session_id: parent,
    });
    expect(batch.agents[0]).toMatchObject({
      session_id: parent,
      agent_id: child,
      agent_type: "thread_spawn",
      description: "Averroes",
      depth: 1,
    });
    expect(batch.agents.at(-1)).toMatchObject({ agent_id: child, ended_unix_ms: expect.any(Number) });
    expect(recorded(parent).agents).toEqual([
      expect.objectContaining({ session_id: parent, agent_id: child, tool_use_id: "call_lab000244" }),
    ]);
  });

  test("F008 a child with its parent's context has its own turns, tools and prompts only", () => {
    for (const [part, own] of [
      ["01a1fa16-7620", "01a1fa16-7645"],
      ["01a1fa16-78b0", "01a1fa16-78da"],
      ["01a1fa16-694d", "01a1fa16-697f"],
    ]) {
      const batch = recorded(part!);
      expect(new Set(batch.turns.map((t) => t.prompt_id.slice(0, 13)))).toEqual(new Set([own!]));
      expect(new Set(batch.tool_calls.map((t) => t.prompt_id!.slice(0, 13)))).toEqual(new Set([own!]));
    }
  });

  test("F008 lines below the ordinal where a child's own history begins are its parent's", () => {
    const at = (ordinal: number, type: string, payload: object) =>
      JSON.stringify({ timestamp: `2026-11-01T11:00:0${ordinal}.000Z`, ordinal, type, payload });
    const batch = rollout("c")
      .raw(at(0, "session_meta", { id: "C", parent_thread_id: "P", subagent_history_start_ordinal: 4 }))
      .raw(at(1, "event_msg", { type: "task_started", turn_id: "T1" }))
      .raw(at(2, "event_msg", { type: "user_message", message: "the parent's" }))
      .raw(
        at(3, "response_item", {
          type: "function_call",
          call_id: "c1",
          name: "exec_command",
          arguments: "{}",
        }),
      )
      .raw(at(4, "event_msg", { type: "task_started", turn_id: "T2" }))
      .raw(at(5, "event_msg", { type: "user_message", message: "its own" }))
      .parseRollout();
    expect(prompts(batch)).toEqual(["its own"]);
    expect(batch.tool_calls).toEqual([]);
  });

  test("F008 a review's child that starts in its parent's file does not become the parent's turn", () => {
    const batch = turn(begin(), "T1", "review this")
      .event("task_started", { turn_id: "T2", turn_attribution: { turn_id: "T2", parent_turn_id: "T1" } })
      .line("response_item", { type: "function_call", call_id: "c1", name: "exec_command", arguments: "{}" })
      .event("task_complete", {})
      .parseRollout();
    expect(batch.tool_calls.map((t) => t.prompt_id)).toEqual(["T1"]);
    expect(new Set(batch.turns.map((t) => t.prompt_id))).toEqual(new Set(["T1"]));
  });

  test("F008 a review's child writes into its parent's file, and counts there as nothing", () => {
    const batch = recorded("01a1fa16-6a9e");
    expect(prompts(batch)).toEqual(["scenario:text hello"]);
    expect(batch.turns.some((t) => t.prompt_id.startsWith("01a1fa16-6b7a"))).toBe(false);
    expect(recorded("01a1fa16-6b6d").sessions[0]).toMatchObject({ relation: "agent" });
  });
});

describe("tool calls", () => {
  const call = (id: string) => ({
    type: "function_call",
    name: "exec_command",
    arguments: '{"cmd":"ls -la"}',
    call_id: id,
  });
  const output = (id: string, text: unknown) => ({ type: "function_call_output", call_id: id, output: text });
  const ended = (text: unknown) =>
    begin()
      .line("response_item", call("c1"))
      .line("response_item", output("c1", text))
      .parseRollout()
      .tool_calls.at(-1)!;

  test("F008 a call begins with its command and ends with the client's own measure", () => {
    const [first, last] = recorded("01a1fa16-25bc").tool_calls;
    expect(first).toMatchObject({
      tool_name: "exec_command",
      outcome: "running",
      summary: "echo boom >&2; exit 3",
      tool_use_id: "call_lab000022",
    });
    expect(last).toMatchObject({
      outcome: "failed",
      duration_ms: 47,
      error: "exit code 3: boom",
      tool_key: first!.tool_key,
    });
  });

  test("F008 an aborted call is interrupted, in whatever line it shows", () => {
    const batch = recorded("01a1fa16-6375");
    expect(new Set(batch.tool_calls.map((t) => t.outcome))).toEqual(new Set(["running", "interrupted"]));
  });

  test("F008 outcomes as clients of several ages wrote them", () => {
    expect(
      ended("Chunk ID: a\nWall time: 1.5000 seconds\nProcess exited with code 0\nOutput:\nok"),
    ).toMatchObject({ outcome: "completed", duration_ms: 1500 });
    expect(ended("Exit code: 2\nWall time: 0.2 seconds\nOutput:\nno such file")).toMatchObject({
      outcome: "failed",
      error: "exit code 2: no such file",
    });
    expect(ended('{"output":"x","metadata":{"exit_code":1,"duration_seconds":0.4}}')).toMatchObject({
      outcome: "failed",
      duration_ms: 400,
    });
    expect(ended("exec_command failed for `rm`: rejected by user")).toMatchObject({ outcome: "rejected" });
    expect(ended({ content: "bad arguments", success: false })).toMatchObject({
      outcome: "failed",
      error: "bad arguments",
    });
    expect(ended("the text has Exit code: 9 but only\nOutput:\nbelow")).toMatchObject({ outcome: "failed" });
    expect(ended("Wall time: 1 seconds\nOutput:\nProcess exited with code 7")).toMatchObject({
      outcome: "completed",
    });
  });

  test("F008 what a tool printed does not decide how its call ended", () => {
    for (const printed of ["aborted by user", "rejected by user", "Script failed"])
      expect(ended(`Process exited with code 0\nOutput:\n${printed}`)).toMatchObject({
        outcome: "completed",
      });
    expect(ended("aborted by user after 3.2s")).toMatchObject({ outcome: "interrupted" });
  });

  test("F008 a long output is read in part and gives what reading it whole gives", () => {
    const long = `Wall time: 2.0 seconds\nProcess exited with code 4\nOutput:\n${'é "quoted" \\ back\\\\slash\n'.repeat(4000)}`;
    expect(ended(long)).toMatchObject({ outcome: "failed", duration_ms: 2000, tool_use_id: "c1" });
    for (let n = 0; n < 40; n++) {
      const text = `${"x".repeat(n)}${'\\"é\u0001'.repeat(900)}`;
      const item = {
        type: "CommandExecution",
        id: "c1",
        command: ["ls"],
        status: "failed",
        aggregated_output: text,
        exit_code: 5,
        duration: { secs: 1, nanos: 5e8 },
      };
      const batch = begin().event("item_completed", { thread_id: "P", turn_id: "T1", item }).parseRollout();
      expect(batch.rejects).toEqual([]);
      const [ran] = batch.tool_calls;
      expect(ran).toMatchObject({ outcome: "failed", duration_ms: 1500 });
      expect(ran!.error!.length).toBeGreaterThan(100);
      expect(`exit code 5: ${text}`.startsWith(ran!.error!)).toBe(true);
    }
  });

  test("F008 a patch is named by its file", () => {
    const patch = recorded("01a1fa16-228d").tool_calls.filter((t) => t.tool_use_id === "call_lab000011");
    expect(patch.map((t) => [t.tool_name, t.outcome, t.summary])).toEqual([
      ["apply_patch", "running", "src/cart.js"],
      ["apply_patch", "completed", "/home/dev/shop/src/cart.js"],
    ]);
  });
});
