import { describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { countRollupDifferences } from "../../store/rollups.ts";
import { agentTranscript, assistant, createWorld, inEveryWay, jsonl, totals, transcript } from "../world.ts";

const opus = {
  cache_creation_input_tokens: 2000,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2000 },
};

describe("Claude: identity of a request", () => {
  test("F008.A1 C01 content blocks repeat the usage of one response", async () => {
    const usage = { input_tokens: 10, ...opus, cache_read_input_tokens: 50000, output_tokens: 300 };
    const block = (content: unknown) => assistant({ usage, message: { content: [content] } });
    const lines = jsonl(
      block({ type: "thinking", thinking: "…" }),
      block({ type: "text", text: "ok" }),
      block({ type: "tool_use", id: "toolu_01", name: "Bash", input: {} }),
    );
    await inEveryWay({ [transcript("S1")]: lines }, (w) => {
      expect(totals(w)).toMatchObject({
        requests: 1,
        uncached: 10,
        m5: 0,
        h1: 2000,
        cached: 50000,
        output: 300,
        cost: 32_040_000,
      });
      expect(w.all("select tool_name from tool_calls")).toEqual([{ tool_name: "Bash" }]);
      expect(countRollupDifferences(w.db)).toBe(0);
    });
  });

  test("C02 streaming partials: the largest figure of each field holds, in any order", async () => {
    const part = (output_tokens: number) =>
      assistant({
        message: { model: "claude-sonnet-5-5" },
        usage: { input_tokens: 3, cache_read_input_tokens: 10000, output_tokens },
      });
    for (const order of [
      [1, 1, 412],
      [412, 1, 1],
    ])
      await inEveryWay({ [transcript("S1")]: jsonl(...order.map(part)) }, (w) => {
        expect(totals(w)).toMatchObject({ requests: 1, output: 412, cost: 5_126_000 });
      });
  });

  test("C03 a provisional row is raised, not added to, and notes by how much", async () => {
    const { createWorld } = await import("../world.ts");
    const w = createWorld();
    w.write(
      transcript("S1"),
      jsonl(assistant({ message: { stop_reason: null }, usage: { output_tokens: 1 } })),
    );
    await w.read();
    expect(w.one<{ flags: number }>("select flags & 1 as flags from requests").flags).toBe(1);
    w.append(transcript("S1"), jsonl(assistant({ usage: { output_tokens: 412 } })));
    await w.read();
    expect(w.one("select output_tokens, flags & 1 as flags from requests")).toEqual({
      output_tokens: 412,
      flags: 0,
    });
    const notice = w.one<{ data: string }>("select data from events where event_type = 'usage_updated'");
    expect(JSON.parse(notice.data)).toMatchObject({ output_tokens: 411 });
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  });

  test("C04 two lines without requestId are one request", async () => {
    const line = assistant({ requestId: undefined, usage: { output_tokens: 7 } });
    await inEveryWay({ [transcript("S1")]: jsonl(line, line) }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 1, output: 7 }),
    );
  });

  test("C05 one line with and one without requestId are one request that carries it", async () => {
    const lines = jsonl(
      assistant({ requestId: undefined, usage: { output_tokens: 7 } }),
      assistant({ usage: { output_tokens: 7 } }),
    );
    await inEveryWay({ [transcript("S1")]: lines }, (w) =>
      expect(w.all("select provider_request_id from requests")).toEqual([{ provider_request_id: "req_01A" }]),
    );
  });

  test("C06 two requests that look alike are two", async () => {
    const usage = { output_tokens: 7 };
    const lines = jsonl(
      assistant({ usage }),
      assistant({ usage, requestId: "req_01B", message: { id: "msg_01B" } }),
    );
    await inEveryWay({ [transcript("S1")]: lines }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 2, output: 14 }),
    );
  });

  test("C07 a side chain's replay belongs to the main thread", async () => {
    const files = {
      [transcript("S1")]: jsonl(assistant({ usage: { output_tokens: 300 } })),
      [agentTranscript("S1", "a1")]: jsonl(
        assistant({ isSidechain: true, agentId: "a1", requestId: "req_01Z", usage: { output_tokens: 300 } }),
      ),
    };
    await inEveryWay(files, (w) => {
      expect(totals(w)).toMatchObject({ requests: 1, output: 300 });
      expect(w.all("select agent_id from requests")).toEqual([{ agent_id: "" }]);
      expect(countRollupDifferences(w.db)).toBe(0);
    });
  });

  test("C08 ids that a proxy made are distinguished by session", async () => {
    const line = (sessionId: string, output_tokens: number) =>
      assistant({ sessionId, requestId: undefined, message: { id: "msg_1" }, usage: { output_tokens } });
    const files = { [transcript("S1")]: jsonl(line("S1", 10)), [transcript("S2")]: jsonl(line("S2", 20)) };
    await inEveryWay(files, (w) => expect(totals(w)).toMatchObject({ requests: 2, output: 30 }));
  });

  test("C09 a sub-agent's file counts under its session", async () => {
    const files = {
      [transcript("S1")]: jsonl(assistant({ usage: { output_tokens: 5 } })),
      [agentTranscript("S1", "a1")]: jsonl(
        assistant({
          isSidechain: true,
          agentId: "a1",
          requestId: "req_01B",
          message: { id: "msg_01B" },
          usage: { output_tokens: 9 },
        }),
      ),
    };
    await inEveryWay(files, (w) => {
      expect(totals(w)).toMatchObject({ requests: 2, output: 14 });
      expect(w.all("select source_session_id as id from sessions")).toEqual([{ id: "S1" }]);
      expect(w.all("select agent_id, output_tokens from requests order by agent_id")).toEqual([
        { agent_id: "", output_tokens: 5 },
        { agent_id: "a1", output_tokens: 9 },
      ]);
      expect(w.all("select agent_id from agents")).toEqual([{ agent_id: "a1" }]);
    });
  });

  test("C11 a fork with copies that name no owner: the older file owns them, also when it comes late", async () => {
    const own = [1, 2].map((n) =>
      assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens: n } }),
    );
    const w = createWorld();
    w.write(".aside/S1.jsonl", jsonl(...own));
    await Bun.sleep(5);
    w.write(transcript("S2"), jsonl(...own.map((line) => ({ ...line, sessionId: "S2" }))));
    await w.read();
    const owners = () =>
      w.all(
        "select source_session_id as id, count(*) as n from requests join sessions using (session_pk) group by 1",
      );
    expect(owners()).toEqual([{ id: "S2", n: 2 }]);
    renameSync(w.path(".aside/S1.jsonl"), w.path(transcript("S1")));
    await w.read();
    expect(owners()).toEqual([{ id: "S1", n: 2 }]);
    expect(totals(w)).toMatchObject({ requests: 2, output: 3 });
    expect(
      w.all(
        "select json_extract(data, '$.from_session_id') as was from events where event_type = 'ownership_changed'",
      ),
    ).toEqual([{ was: "S2" }, { was: "S2" }]);
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  });

  test("F008.A5 C11 a fork's copies belong to the session that asked", async () => {
    const own = [
      assistant({ usage: { output_tokens: 1 } }),
      assistant({ requestId: "req_01B", message: { id: "msg_01B" }, usage: { output_tokens: 2 } }),
    ];
    const copies = own.map((line) => ({ ...line, sessionId: "S2", requestSessionId: "S1" }));
    const m3 = assistant({
      sessionId: "S2",
      requestId: "req_01C",
      message: { id: "msg_01C" },
      usage: { output_tokens: 4 },
    });
    const files = { [transcript("S1")]: jsonl(...own), [transcript("S2")]: jsonl(...copies, m3) };
    await inEveryWay(files, (w) => {
      expect(totals(w)).toMatchObject({ requests: 3, output: 7 });
      const owners = w.all(
        "select source_session_id as id, count(*) as n from requests join sessions using (session_pk) group by 1 order by 1",
      );
      expect(owners).toEqual([
        { id: "S1", n: 2 },
        { id: "S2", n: 1 },
      ]);
      expect(
        w.one(
          "select count(*) as n from request_copies join sessions using (session_pk) where source_session_id = 'S2'",
        ),
      ).toEqual({ n: 2 });
      expect(countRollupDifferences(w.db)).toBe(0);
    });
  });

  test("F009.A2 C13 the 5-minute and 1-hour cache writes have their own price", async () => {
    const usage = {
      cache_creation_input_tokens: 9000,
      cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 8000 },
    };
    await inEveryWay({ [transcript("S1")]: jsonl(assistant({ usage })) }, (w) =>
      expect(totals(w)).toMatchObject({ m5: 1000, h1: 8000, cost: 69_000_000 }),
    );
  });

  test("C32 an answer of <synthetic> is an error, not a request", async () => {
    const line = assistant({
      isApiErrorMessage: true,
      error: "rate_limit",
      apiErrorStatus: 429,
      message: { model: "<synthetic>" },
      usage: { output_tokens: 50 },
    });
    await inEveryWay({ [transcript("S1")]: jsonl(line) }, (w) => {
      expect(totals(w)).toMatchObject({ requests: 0 });
      expect(w.all("select event_type from events")).toEqual([{ event_type: "api_error" }]);
    });
  });

  test("C33 an unknown model keeps its tokens and has no price", async () => {
    await inEveryWay(
      {
        [transcript("S1")]: jsonl(
          assistant({ message: { model: "claude-opus-9-1" }, usage: { output_tokens: 50 } }),
        ),
      },
      (w) => {
        expect(w.all("select output_tokens, cost_nano_usd, price_id from requests")).toEqual([
          { output_tokens: 50, cost_nano_usd: null, price_id: null },
        ]);
        expect(w.one("select unpriced_requests, unpriced_tokens from usage_rollup")).toEqual({
          unpriced_requests: 1,
          unpriced_tokens: 50,
        });
      },
    );
  });
});
