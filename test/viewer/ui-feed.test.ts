import { describe, expect, test } from "bun:test";
import { EVENT_TYPE_NAMES, type FeedEvent } from "../../schema/events.ts";
import { describeEvent } from "../../viewer/event-labels.ts";
import { FEED_ROWS, type FeedFilter, matches, newest } from "../../viewer/ui/feed.ts";

function event(seq: number, over: { tool_name?: string } = {}): FeedEvent {
  return {
    seq,
    event_id: `e${seq}`,
    event_type: "tool_completed",
    event_category: "tool",
    source: "claude",
    origin: "hook",
    session_id: "s1",
    session_key: "claude:s1",
    time_unix_ms: seq,
    data: {},
    ...over,
  };
}
const ANY: FeedFilter = { source: "", session_id: "", event_category: "", tool_name: "" };

describe("the live list", () => {
  test("is newest first, holds nothing twice and no more than its bound", () => {
    const shown = newest([event(5), event(3)], [event(4), event(5), event(9)]);
    expect(shown.map((e) => e.seq)).toEqual([9, 5, 4, 3]);
    const many = Array.from({ length: FEED_ROWS + 40 }, (_, i) => event(i + 1));
    expect(newest([], many).map((e) => e.seq)).toEqual(
      Array.from({ length: FEED_ROWS }, (_, i) => FEED_ROWS + 40 - i),
    );
  });

  test("filters what streams in as the server filters what is asked for", () => {
    const bash = event(1, { tool_name: "Bash" });
    expect(matches(bash, ANY)).toBe(true);
    expect(matches(bash, { ...ANY, tool_name: "Bash", session_id: "claude:s1", source: "claude" })).toBe(
      true,
    );
    expect(matches(bash, { ...ANY, session_id: "s1" })).toBe(true);
    expect(matches(bash, { ...ANY, session_id: "codex:s1" })).toBe(false);
    expect(matches(bash, { ...ANY, tool_name: "bash" })).toBe(false);
    expect(matches(bash, { ...ANY, event_category: "api" })).toBe(false);
    expect(matches(bash, { ...ANY, source: "codex" })).toBe(false);
  });

  test("has words for every event type, whatever its data holds", () => {
    for (const event_type of EVENT_TYPE_NAMES)
      for (const data of [{}, { message: 7, tool_input: null, model: [], used_percent: "x" }]) {
        const label = describeEvent({ event_type, data });
        expect(label.verb.length).toBeGreaterThan(3);
        expect(label.detail).not.toMatch(/undefined|null|NaN|\[object/);
      }
  });

  test("shows what a tool call was about, and what a response cost", () => {
    const data = { tool_input: { command: "make\n  test" }, duration_ms: 2300, error: "exit 2" };
    expect(describeEvent({ event_type: "tool_failed", tool_name: "Bash", data }).detail).toBe(
      "Bash · make test · 2.3 s · exit 2",
    );
    const figures = { model: "claude-haiku-4-5-20251001", input_tokens: 12_300, output_tokens: 140 };
    const response = (cost_nano_usd: number | null) =>
      describeEvent({ event_type: "api_response", data: { ...figures, cost_nano_usd } }).detail;
    expect(response(32_100_000)).toBe("$0.0321 · 12.3k in, 140 out · claude-haiku-4-5");
    expect(response(null)).toStartWith("no price known");
  });
});
