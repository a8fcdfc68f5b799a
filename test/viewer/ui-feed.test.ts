import { describe, expect, test } from "bun:test";
import { EVENT_TYPE_NAMES, EVENT_TYPES, type FeedEvent } from "../../schema/events.ts";
import { describeEvent, shortModel } from "../../viewer/event-labels.ts";
import { matcher, TYPES_OF, toFilter, toQuery } from "../../viewer/ui/events/filter.ts";
import { withGap } from "../../viewer/ui/events/gaps.ts";
import { toLines } from "../../viewer/ui/events/lines.ts";
import { merged } from "../../viewer/ui/events/list.ts";
import { dayOf } from "../../viewer/ui/format.ts";
import { titleOf } from "../../viewer/ui/session-title.ts";

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
const DAYS = { start_time: "", end_time: "", time_zone: "UTC" };
const meant = ({ from = "", to = "", ...query }: Record<string, string>) =>
  matcher(toFilter(query, { ...DAYS, start_time: from, end_time: to }), dayOf);
const day = (text: string) => Date.parse(`${text}T12:00:00Z`);

describe("the live list", () => {
  test("F046.A5 is newest first by time, whatever came first, and holds nothing twice", () => {
    const at = (seq: number, time_unix_ms: number) => ({ ...event(seq), time_unix_ms });
    const shown = merged([at(5, 50), at(3, 30)], [at(9, 40), at(5, 50), at(4, 90), at(8, 30)]);
    expect(shown.map((e) => e.seq)).toEqual([4, 5, 9, 8, 3]);
    expect(merged(shown, [at(9, 40)])).toBe(shown);
  });

  test("F046.A6 filters what streams in as the server filters what is asked for; case is ignored, a star is any text", () => {
    const bash = { ...event(1, { tool_name: "Bash" }), project_path: "/home/dev/shop" };
    const expectMeant = (query: Record<string, string>, is: boolean) =>
      expect([query, meant(query)(bash)]).toEqual([query, is]);
    for (const query of [
      {},
      { tool: "bash", session: "claude:s1", source: "claude" },
      { tool: "B*H" },
      { session: "s1" },
      { category: "tool,api" },
      { type: "tool_completed" },
      { project: "shop" },
      { from: "1970-01-01", to: "1970-01-01" },
      { from: "1969-12-31" },
      { to: "1970-01-02" },
    ])
      expectMeant(query as Record<string, string>, true);
    for (const query of [
      { session: "codex:s1" },
      { tool: "Bas" },
      { tool: "B.sh" },
      { category: "api" },
      { source: "codex" },
      { failed: "1" },
      { project: "hop" },
      { from: "1970-01-02" },
      { to: "1969-12-31" },
      { q: "nowhere" },
    ])
      expectMeant(query as Record<string, string>, false);
    expect(meant({ failed: "1" })({ ...bash, event_type: "tool_failed" } as FeedEvent)).toBe(true);
    const made = { ...bash, data: { tool_input: { command: "make" } } } as FeedEvent;
    expect(meant({ q: "MAKE" })(made)).toBe(true);
  });

  test("F046.A8 the page's list of types is that of the catalogue", () => {
    const listed = Object.entries(TYPES_OF).flatMap(([name, types]) => types.map((type) => [type, name]));
    expect(Object.fromEntries(listed)).toEqual({ ...EVENT_TYPES });
  });

  test("F049.A9 what asks a person is shown with its question, and no other hook is at first", () => {
    const hook = (hook_event_name: string, more: object = {}) =>
      ({ ...event(1), event_type: "hook_other", data: { hook_event_name, ...more } }) as FeedEvent;
    const question = hook("Elicitation", { message: "Which shelf?", mcp_server_name: "shop" });
    expect([question, hook("MessageDisplay"), hook("PostToolBatch")].map(meant({}))).toEqual([
      true,
      false,
      false,
    ]);
    expect(meant({ type: "hook_other" })(hook("MessageDisplay"))).toBe(true);
    expect(describeEvent(question)).toEqual({ tone: "wait", verb: "Asks", detail: "Which shelf? · shop" });
    expect(describeEvent(hook("ElicitationResult", { action: "accept", mcp_server_name: "shop" }))).toEqual({
      tone: "plain",
      verb: "Answered",
      detail: "accept · shop",
    });
    expect(describeEvent(hook("constructor"))).toEqual({
      tone: "quiet",
      verb: "Hook",
      detail: "constructor",
    });
    const permission = (tool_name: string, tool_input: object) =>
      describeEvent({ event_type: "permission_requested", tool_name, data: { tool_input } });
    expect(permission("AskUserQuestion", { questions: [{ question: "Red or blue?" }] })).toMatchObject({
      verb: "Asks",
      detail: "Red or blue?",
    });
    expect(permission("ExitPlanMode", { plan: "Paint it" })).toMatchObject({
      verb: "Asks approval",
    });
  });

  test("F049.A10 a part of a line leaves its neighbours in their order", () => {
    const data = { tool_input: { command: "\u202Eexe.txt\u001b[31m" }, error: "שלום" };
    const { detail } = describeEvent({ event_type: "tool_failed", tool_name: "Ba\u202Esh", data });
    expect(detail).toBe("Bash · exe.txt[31m · \u2068שלום\u2069");
    const named = { title: null, project: "shop\u202E", session_id: "88888888-1" };
    expect(titleOf(named)).toBe("shop 88888888");
    expect(titleOf({ ...named, title: "a\u202Eb\u001b[31m" })).toBe("ab[31m");
  });

  test("F046.A8 bookkeeping is left out unless it is asked for", () => {
    const types = (query: Record<string, string>) => toQuery(toFilter(query, DAYS)).event_type.split(",");
    expect(types({})).not.toContain("usage_updated");
    expect(types({})).toContain("prompt_submitted");
    expect(types({ type: "usage_updated" })).toEqual(["usage_updated"]);
    expect(types({ category: "limit" })).toContain("rate_limit");
    expect(types({ category: "tool", failed: "1" })).toEqual(["tool_failed", "tool_rejected"]);
  });

  test("F046.A7 days have headings, and what came while the stream was silent has a marker with its count", () => {
    const at = (seq: number, text: string) => ({ ...event(seq), time_unix_ms: day(text) });
    const events = [at(5, "2026-11-27"), at(4, "2026-11-26"), at(3, "2026-11-25"), at(2, "2026-11-24")];
    const gap = { from_unix_ms: day("2026-11-24"), until_unix_ms: day("2026-11-26") };
    const quiet = { from_unix_ms: day("2026-11-23") + 1, until_unix_ms: day("2026-11-23") + 2 };
    const lines = toLines(events, [gap, quiet], "2026-11-27", "UTC");
    expect(
      lines.map((l) => (l.kind === "event" ? l.event.seq : l.kind === "day" ? l.day : l.events)),
    ).toEqual([5, "2026-11-26", 4, "2026-11-25", 3, 2, "2026-11-24", 2]);
    expect(withGap([gap], { from_unix_ms: day("2026-11-25"), until_unix_ms: day("2026-11-28") })).toEqual([
      { from_unix_ms: day("2026-11-24"), until_unix_ms: day("2026-11-28") },
    ]);
    expect(withGap([quiet], gap)).toEqual([gap, quiet]);
  });

  test("F046 has words for every event type, whatever its data holds", () => {
    for (const event_type of EVENT_TYPE_NAMES)
      for (const data of [{}, { message: 7, tool_input: null, model: [], used_percent: "x" }]) {
        const label = describeEvent({ event_type, data });
        expect(label.verb.length).toBeGreaterThan(3);
        expect(label.detail).not.toMatch(/undefined|null|NaN|\[object/);
      }
  });

  test("F046 shows what a tool call was about, and what a response cost", () => {
    const data = { tool_input: { command: "make\n  test" }, duration_ms: 2300, error: "exit 2" };
    expect(describeEvent({ event_type: "tool_failed", tool_name: "Bash", data }).detail).toBe(
      "Bash · make test · 2.3 s · exit 2",
    );
    const figures = { model: "claude-haiku-4-5-20251001", input_tokens: 12_300, output_tokens: 140 };
    const response = (cost_nano_usd: number | null) =>
      describeEvent({ event_type: "api_response", data: { ...figures, cost_nano_usd } }).detail;
    expect(response(32_100_000)).toBe("$0.0321 · 12.3k in, 140 out · claude-haiku-4-5");
    expect(response(null)).toStartWith("no price known");
    const ended = (error?: string) => describeEvent({ event_type: "turn_ended", data: { error } });
    expect(ended()).toEqual({ tone: "quiet", verb: "Turn ended", detail: "" });
    expect(ended("rate_limit")).toEqual({ tone: "bad", verb: "Turn failed", detail: "rate limit" });
  });
});

test("F045.A16 a model is named without the day of its release, however its route writes it", () => {
  const names = {
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-opus-4-5@20251101": "claude-opus-4-5",
    "us.anthropic.claude-opus-4-5-20251101-v1:0": "us.anthropic.claude-opus-4-5",
    "gpt-5-2025-08-07": "gpt-5",
    "claude-opus-4-8": "claude-opus-4-8",
    "gpt-5.5": "gpt-5.5",
    "": "",
  };
  expect(Object.fromEntries(Object.keys(names).map((name) => [name, shortModel(name)]))).toEqual(names);
});
