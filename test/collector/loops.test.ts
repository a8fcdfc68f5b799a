import { describe, expect, test } from "bun:test";
import { createLoopTracker } from "../../collector/alerts/loops.ts";
import { callDigest } from "../../hooks/loops.ts";
import type { LoopEvent } from "../../store/queries/loop-events.ts";

const GUARD = { warn_after: 2, deny_after: 3 };
const COMMAND = { command: "npm test" };

function tracked(...events: [type: LoopEvent["event_type"], input?: unknown, over?: object][]): number[] {
  const tracker = createLoopTracker();
  events.forEach(([event_type, tool_input = COMMAND, over = {}], seq) => {
    const { data, ...rest } = { data: {}, ...over };
    tracker.note({
      seq,
      event_type,
      session_id: "S1",
      agent_id: "",
      tool_name: "Bash",
      ...rest,
      data: JSON.stringify({ tool_input, ...data }),
    });
  });
  return tracker.loops(GUARD).map((l) => l.failures);
}

describe("H18 what is a loop", () => {
  test("H18 equal failing calls in a row are counted, whatever their description", () => {
    expect(
      tracked(["tool_failed"], ["tool_failed", { ...COMMAND, description: "again" }], ["tool_failed"]),
    ).toEqual([3]);
  });

  test("H18 success, another call, a prompt and the end of the session begin at none", () => {
    const twice: ["tool_failed"][] = [["tool_failed"], ["tool_failed"]];
    expect(tracked(...twice, ["tool_completed"])).toEqual([]);
    expect(tracked(...twice, ["tool_completed", { file_path: "a" }, { tool_name: "Read" }])).toEqual([]);
    expect(tracked(...twice, ["tool_failed", { command: "ls" }])).toEqual([]);
    expect(tracked(...twice, ["prompt_submitted"])).toEqual([]);
    expect(tracked(...twice, ["session_ended"])).toEqual([]);
    expect(tracked(...twice, ["tool_completed"], ...twice)).toEqual([2]);
  });

  test("H18 a sub-agent and another session have rows of their own", () => {
    const agent = { agent_id: "a1" };
    const found = tracked(
      ["tool_failed"],
      ["tool_failed", COMMAND, agent],
      ["tool_failed"],
      ["tool_completed", COMMAND, agent],
      ["tool_completed", COMMAND, { session_id: "S2" }],
    );
    expect(found).toEqual([2]);
  });

  test("H18 what a person interrupted is no failure", () => {
    const stopped = { data: { is_interrupt: true } };
    expect(
      tracked(["tool_failed"], ["tool_failed", COMMAND, stopped], ["tool_failed", COMMAND, stopped]),
    ).toEqual([]);
  });

  test("H18 a call that is not stored as it was sent is in no loop: two could look alike", () => {
    for (const input of [
      { command: "curl -H [redacted:token]" },
      { content: `${"x".repeat(2000)}…`, content_bytes: 9000 },
      { list: [1], list_count: 51 },
      undefined,
    ])
      expect(
        tracked(
          ["tool_failed", input ?? null, { data: { tool_input: input } }],
          ["tool_failed", input ?? null, { data: { tool_input: input } }],
        ),
      ).toEqual([]);
  });

  test("H18 the digest is of all but the words beside a command", () => {
    const digest = (tool_input: unknown, tool_name = "Bash") => callDigest({ tool_name, tool_input });
    expect(digest({ command: "a", timeout: 1, description: "x" })).toBe(digest({ timeout: 1, command: "a" }));
    expect(digest({ a: { c: 1, b: 2 } })).toBe(digest({ a: { b: 2, c: 1 } }));
    const different = [
      { command: "a" },
      { command: "a", timeout: 1 },
      { command: "b" },
      { description: "a" },
      { description: "b" },
      ["a"],
      "a",
      null,
      {},
      { a: ["b", "a"] },
      { a: ["a", "b"] },
    ].map((input) => digest(input));
    expect(new Set(different).size).toBe(different.length);
  });
});
