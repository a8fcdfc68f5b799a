import { describe, expect, test } from "bun:test";
import { codex } from "../../collector/sources/codex/source.ts";
import { toFlags } from "../../schema/usage.ts";
import {
  collapse,
  parseInTwoParts,
  parseRollout,
  readRollout,
  rollout,
  rolloutFiles,
  tokensOf,
  usage,
} from "./codex-harness.ts";

const plain = () => rollout("p").meta("P").turn("T1", "gpt-5.5");
const record = (response_id: string, total = 1000, more = {}) => ({
  thread_id: "P",
  turn_id: "T1",
  response_id,
  usage: usage(total, { cache_write_input_tokens: 0 }),
  turn_token_usage: usage(total),
  thread_token_usage: usage(total),
  ...more,
});
const item = (body: object, more = {}) => ({
  type: "item_completed",
  thread_id: "P",
  turn_id: "T1",
  item: body,
  ...more,
});
const prompt = (words: string) => item({ type: "UserMessage", content: [{ type: "text", text: words }] });

describe("which files", () => {
  test("B-08 rollouts wherever they lie, and nothing else", () => {
    for (const path of ["rollout-x.jsonl", "2026/11/20/rollout-a-b_c.jsonl", "old/rollout-x.jsonl.zst"])
      expect([path, codex.accepts(path)]).toEqual([path, true]);
    for (const path of [
      "history.jsonl",
      "session_index.jsonl",
      "a/rollout-x.json",
      "rollout-x.jsonl.tmp",
      "myrollout-x.jsonl",
      "rollout-d/x.jsonl",
    ])
      expect([path, codex.accepts(path)]).toEqual([path, false]);
  });

  test("B-08 a line of another client is refused and its neighbours are read", () => {
    const batch = plain()
      .raw('{"type":"assistant","sessionId":"S1","uuid":"u1","message":{"id":"msg_01A"}}')
      .line("token_usage_record", record("resp_1"))
      .parseRollout();
    expect(batch.rejects.map((r) => r.reason)).toEqual(["wrong_source"]);
    expect(batch.requests).toHaveLength(1);
  });
});

describe("lines", () => {
  test("B-02 no prefix and no flipped byte of a rollout throws, and what breaks is counted", () => {
    const files = rolloutFiles();
    const bytes = readRollout(files[4]!);
    const lines = parseRollout("/roots/x", bytes).lines;
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 400; i++) {
      const broken = Buffer.from(bytes);
      broken[random(bytes.length)]! ^= 1 << random(8);
      const batch = parseRollout("/roots/x", broken);
      expect(Math.abs(batch.lines - lines)).toBeLessThanOrEqual(1);
      expect(batch.rejects.length).toBeLessThanOrEqual(2);
    }
    for (let cut = 0; cut < bytes.length; cut += 31) {
      const torn = parseRollout("/roots/x", Buffer.concat([bytes.subarray(0, cut), Buffer.from("\n")]));
      expect(torn.rejects.length).toBeLessThanOrEqual(1);
    }
  });

  test("B-02 a torn line is a reject with its place, and its neighbours count", () => {
    const whole = JSON.stringify({
      timestamp: "2026-11-01T10:00:00.000Z",
      type: "response_item",
      payload: { type: "message", content: "x".repeat(500) },
    });
    const batch = plain()
      .raw(whole.slice(0, 300))
      .raw("[1]")
      .raw('{"type":"world_state"}')
      .line("token_usage_record", record("resp_1"))
      .parseRollout();
    expect(batch.rejects.map((r) => [r.reason, r.length_bytes])).toEqual([
      ["invalid_json", 300],
      ["unknown_shape", 3],
      ["unknown_shape", 22],
    ]);
    expect(batch.rejects[0]).toMatchObject({ source: "codex", path: "/roots/sessions/rollout-p.jsonl" });
    expect(tokensOf(batch.requests)).toBe(1000);
  });

  test("X21 key order, spaces, CRLF and a byte order mark change nothing", () => {
    const usual = plain()
      .event("item_completed", prompt("hello"))
      .line("token_usage_record", record("resp_1"));
    const odd = usual
      .bytes()
      .toString()
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text))
      .map(({ timestamp, type, payload }) =>
        JSON.stringify({ payload, type, ordinal: 3, timestamp }, null, 1).replaceAll("\n", " "),
      )
      .join("\r\n");
    const read = parseRollout("/roots/rollout-p.jsonl", Buffer.from(`\uFEFF${odd}\r\n\r\n`));
    const offset = 0;
    const rows = (batch: typeof read) => [
      batch.requests.map((r) => ({ ...r, offset })),
      batch.turns,
      batch.rejects,
    ];
    expect(rows(read)).toEqual(rows(usual.parseRollout()));
    expect(read.ignored).toEqual({ blank: 1 });
  });

  test("B-22 unknown types are counted by name and do no harm", () => {
    const batch = plain()
      .line("brand_new", { type: "x" })
      .event("never_seen")
      .event("item_completed", item({ type: "Hologram" }))
      .line("token_usage_record", record("resp_1"))
      .parseRollout();
    expect(batch.ignored).toEqual({
      "unknown:brand_new": 1,
      "unknown:event_msg/never_seen": 1,
      "unknown:item/Hologram": 1,
    });
    expect(batch.rejects).toEqual([]);
    expect(batch.requests).toHaveLength(1);
  });

  test("B-23 half a line waits for its rest", () => {
    const bytes = plain().line("token_usage_record", record("resp_1")).bytes();
    for (let cut = 0; cut <= bytes.length; cut++) {
      const batch = parseInTwoParts("/roots/rollout-p.jsonl", bytes, cut);
      expect([batch.requests.length, batch.rejects.length]).toEqual([1, 0]);
    }
  });

  test("F008 a parser state that cannot be read is as none", () => {
    const bytes = plain().line("token_usage_record", record("resp_1")).bytes();
    for (const state of ["", "{", "[]", "null", '{"thread":7,"totals":[1],"measured":"x"}'])
      expect(parseRollout("/roots/rollout-p.jsonl", bytes, 0, state).requests).toHaveLength(1);
  });
});

describe("requests", () => {
  test("F008 records count once, their copies and other threads' not at all, and totals are not asked", () => {
    const batch = plain()
      .line("token_usage_record", record("resp_1"))
      .count(1000, 1000)
      .line("token_usage_record", record("resp_2", 500, { thread_id: "OTHER" }))
      .line("compacted", { latest_token_usage_record: record("resp_1") })
      .line("token_usage_record", record("resp_1"))
      .count(9000, 8000)
      .parseRollout();
    expect(collapse([batch]).map((r) => [r.request_key, r.response_id, tokensOf([r])])).toEqual([
      ["codex:resp_1", "resp_1", 1000],
    ]);
  });

  test("F008 an older thread that was resumed by a newer client counts both of its halves", () => {
    const batch = plain()
      .count(1000, 1000)
      .line("token_usage_record", record("resp_1", 700))
      .count(1700, 700)
      .parseRollout();
    expect(tokensOf(collapse([batch]))).toBe(1700);
  });

  test("X18 the model follows the turn context, never a provenance or a default", () => {
    const base_instructions = { provenance: { model: "other" } };
    const batch = rollout("p")
      .meta("P", { base_instructions })
      .line("token_usage_record", record("resp_0"))
      .turn("T1", "gpt-5.5")
      .line("token_usage_record", record("resp_1"))
      .turn("T1", "gpt-6-sol")
      .line("token_usage_record", record("resp_2"))
      .turn("T2")
      .line("token_usage_record", record("resp_3"))
      .parseRollout();
    expect(batch.requests.map((r) => r.model)).toEqual(["", "gpt-5.5", "gpt-6-sol", "gpt-6-sol"]);
    const direct = rollout("p")
      .meta("P")
      .event("token_count", { model: "gpt-5.1", info: { last_token_usage: usage(500) } })
      .parseRollout();
    expect(direct.requests[0]!.model).toBe("gpt-5.1");
  });

  test("X19 speed is what the rollout recorded, and unknown where it recorded nothing", () => {
    const settings = (service_tier?: string) => ({
      thread_id: "P",
      thread_settings: service_tier ? { service_tier } : {},
    });
    const batch = plain()
      .line("token_usage_record", record("resp_0"))
      .event("thread_settings_applied", settings("priority"))
      .line("token_usage_record", record("resp_1"))
      .event("thread_settings_applied", settings())
      .line("token_usage_record", record("resp_2"))
      .parseRollout();
    expect(
      batch.requests.map((r) => [r.speed, r.service_tier, toFlags(r.flags).includes("speed_unknown")]),
    ).toEqual([
      ["", "", true],
      ["fast", "priority", false],
      ["", "", false],
    ]);
  });

  test("X22 usage after web searches is marked as that of several requests", () => {
    const search = {
      type: "web_search_call",
      status: "completed",
      action: { type: "search", query: "bun sqlite" },
    };
    const batch = plain()
      .line("response_item", search)
      .line("response_item", search)
      .line("token_usage_record", record("resp_1"))
      .line("token_usage_record", record("resp_2"))
      .parseRollout();
    expect(
      batch.requests.map((r) => [r.usage.web_search_requests, toFlags(r.flags).includes("aggregated_usage")]),
    ).toEqual([
      [2, true],
      [0, false],
    ]);
    expect(batch.tool_calls.map((t) => [t.tool_name, t.summary])).toEqual([
      ["web_search", "bun sqlite"],
      ["web_search", "bun sqlite"],
    ]);
  });

  test("X23 the auto-review model keeps its own name", () => {
    const batch = plain()
      .turn("T2", "codex-auto-review")
      .line("token_usage_record", record("resp_1"))
      .parseRollout();
    expect(batch.requests[0]!.model).toBe("codex-auto-review");
  });
});
