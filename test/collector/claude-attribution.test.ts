import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { assistant, createWorld, inEveryWay, jsonl, transcript } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp/claude/totals");

test("I12.1 recorded sessions: skill, plugin, agent, MCP tool, effort, thinking and cache miss, per request", async () => {
  const w = createWorld();
  for (const run of ["print", "tui1", "tui2", "tui4"])
    cpSync(join(FIXTURES, run), w.path(".claude"), { recursive: true });
  await w.read();
  const values = (column: string) =>
    w
      .all<{ v: string }>(
        `select distinct ${column} as v from requests where ${column} is not null order by 1`,
      )
      .map((r) => r.v);
  expect(values("skill")).toEqual(["greet", "shellskill", "shopkit:tidy", "stock"]);
  expect(values("plugin")).toEqual(["shopkit"]);
  expect(values("agent_type")).toEqual(["general-purpose"]);
  expect([values("mcp_server"), values("mcp_tool")]).toEqual([["shop"], ["echo"]]);
  expect(values("effort")).toEqual(["medium"]);
  expect(
    w.all(
      "select thinking_ms, cache_miss_reason as reason, cache_missed_input_tokens as missed from requests where cache_miss_reason is not null",
    ),
  ).toEqual([{ thinking_ms: 902, reason: "tools_changed", missed: 1234 }]);
  w.close();
});

test("I12.1 what only one line of a response or one copy has is kept, in whatever order they are read", async () => {
  const lines = jsonl(
    assistant({ effort: "high", message: { stop_reason: null } }),
    assistant({ thinkingDurationMs: 7 }),
    assistant({ attributionSkill: "stock", thinkingDurationMs: 3 }),
  );
  const copy = jsonl(assistant({ sessionId: "S2", requestSessionId: "S1", attributionPlugin: "shopkit" }));
  await inEveryWay({ [transcript("S1")]: lines, [transcript("S2")]: copy }, (w, way) =>
    expect([way, w.one("select skill, plugin, effort, thinking_ms from requests")]).toEqual([
      way,
      { skill: "stock", plugin: "shopkit", effort: "high", thinking_ms: 7 },
    ]),
  );
});
