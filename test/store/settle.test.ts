import { afterEach, describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { readExport } from "../../collector/otlp/decode.ts";
import { createIntake } from "../../collector/otlp/intake.ts";
import { archiveFolder } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { metricTotal } from "../../store/queries/telemetry-metrics.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { checkRows } from "../../store/row-check.ts";
import { assistant, createWorld, jsonl, totals, transcript, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp/claude");
const worlds: World[] = [];
afterEach(() => {
  for (const w of worlds.splice(0)) {
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  }
});
function world(): World {
  const w = createWorld();
  worlds.push(w);
  return w;
}

type Served = {
  session_id: string;
  request_id: string;
  kind: string;
  answered: number;
  usage: Record<string, number>;
};
const truth = (file: string): Served[] =>
  readFileSync(join(FIXTURES, file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Served)
    .filter((r) => r.answered === 200);

/** What the receiver leaves in the spool. */
function post(w: World, signal: "logs" | "metrics", body: unknown): void {
  const read = readExport(signal, "json", Buffer.from(JSON.stringify(body)));
  if (!read.ok) throw new Error(read.detail);
  createIntake({ data_dir: w.config.data_dir, max_rps: 1e6 }).store(read.value);
}

async function postRecorded(w: World): Promise<void> {
  for (const name of readdirSync(join(FIXTURES, "json")).filter((n) => !n.includes("traces")))
    post(
      w,
      name.includes("logs") ? "logs" : "metrics",
      JSON.parse(readFileSync(join(FIXTURES, "json", name), "utf8")),
    );
  await w.read();
}

async function readTranscripts(w: World, folder = "transcripts"): Promise<void> {
  cpSync(join(FIXTURES, folder), w.path(".claude"), { recursive: true });
  await w.read();
}

type Value = Record<string, unknown>;
const attributes = (values: Value) =>
  Object.entries(values).map(([key, v]) => ({
    key,
    value: typeof v === "number" ? { intValue: v } : { stringValue: v },
  }));
function apiRequest(fields: Value, version = "2.1.332", time = "2026-11-01T10:00:00.000Z") {
  return {
    resourceLogs: [
      {
        resource: { attributes: attributes({ "service.name": "claude-code", "service.version": version }) },
        scopeLogs: [
          {
            logRecords: [
              {
                attributes: attributes({
                  "event.name": "api_request",
                  "event.timestamp": time,
                  "session.id": "S1",
                  model: "claude-opus-5-5",
                  ...fields,
                }),
              },
            ],
          },
        ],
      },
    ],
  };
}
const hidden = (w: World) =>
  w.all<Value>(
    "select request_key, origin, query_source, output_tokens as output, flags from requests where origin is not null order by 1",
  );

describe("hidden calls", () => {
  test.each(["print", "tui1", "tui2", "tui4"])(
    "F042.A1 O07 recorded %s: every recorded session has the calls and the tokens that the client counted, and no token more",
    async (run) => {
      const w = world();
      await readTranscripts(w, `totals/${run}`);
      const served = truth(`truth/332-${run}-requests.jsonl`).filter((r) => r.kind !== "probe");
      const sessions = w.all<{ id: string }>(
        "select distinct source_session_id as id from client_totals join sessions using (session_pk)",
      );
      expect(sessions.length).toBeGreaterThan(0);
      for (const { id } of sessions) {
        const wanted = served.filter((r) => r.session_id === id);
        const got = w.one<Value>(
          `select sum(uncached_input_tokens) as input, sum(output_tokens) as output, sum(cache_read_input_tokens) as cached
           from requests join sessions using (session_pk) where source_session_id = ?`,
          id,
        );
        const sum = (name: string) => wanted.reduce((n, r) => n + r.usage[name]!, 0) || null;
        expect([id, got.input ?? null, got.output ?? null, got.cached ?? null]).toEqual([
          id,
          sum("input_tokens"),
          sum("output_tokens"),
          sum("cache_read_input_tokens"),
        ]);
        // A fork's total holds its parent's, too.
        if (
          w.one<{ n: number }>(
            "select count(*) as n from request_copies c join sessions s using (session_pk) where source_session_id = ?",
            id,
          ).n > 0
        )
          continue;
        const cost = w.one<{ ours: number; theirs: number }>(
          `select (select coalesce(sum(cost_nano_usd), 0) from requests r where r.session_pk = s.session_pk) as ours,
            (select max(cost_nano_usd) from client_totals t where t.session_pk = s.session_pk) as theirs
           from sessions s where source_session_id = ?`,
          id,
        );
        expect([id, cost.ours]).toEqual([id, cost.theirs]);
      }
    },
  );

  test("O06 O08 every recorded call once, whether telemetry comes before, after or between: one digest", async () => {
    const before = world();
    await postRecorded(before);
    await readTranscripts(before);
    const after = world();
    await readTranscripts(after);
    await postRecorded(after);
    await postRecorded(after);
    const served = truth("truth-requests.jsonl");
    for (const w of [before, after]) {
      const rows = w.all<{ id: string }>("select provider_request_id as id from requests");
      expect(rows.map((r) => r.id).sort()).toEqual(served.map((r) => r.request_id).sort());
      expect(hidden(w)).toMatchObject([{ origin: "otlp", query_source: "compact" }]);
    }
    expect(digest(before.db).tables.requests).toEqual(digest(after.db).tables.requests);
    expect(totals(before)).toEqual(totals(after));
  });

  test("O06 without any transcript telemetry alone gives the same tokens and the same money", async () => {
    const alone = world();
    await postRecorded(alone);
    const both = world();
    await readTranscripts(both);
    await postRecorded(both);
    const { searches: _, ...got } = totals(alone);
    expect(got).toEqual((({ searches: _s, ...rest }) => rest)(totals(both)));
  });

  test("O06 a call that the transcript shows, too: one request, our price, theirs beside it", async () => {
    const w = world();
    post(
      w,
      "logs",
      apiRequest({ request_id: "req_01A", input_tokens: 10, output_tokens: 20, cost_usd_micros: 33100 }),
    );
    await w.read();
    expect(hidden(w)).toMatchObject([{ request_key: "claude:req:req_01A", origin: "otlp" }]);
    w.pipeline.archive.hurry();
    while (w.pipeline.archive.append(Date.now()));
    const seen = w.pipeline.store.lastSeq();
    w.write(transcript("S1"), jsonl(assistant({ usage: { input_tokens: 10, output_tokens: 20 } })));
    await w.read();
    expect(hidden(w)).toEqual([]);
    expect(totals(w)).toMatchObject({ requests: 1, output: 20 });
    expect(w.one("select cost_nano_usd as theirs from telemetry_calls")).toEqual({ theirs: 33_100_000 });
    // The row that went is in the archive; it is no row that was lost.
    while (w.pipeline.archive.append(Date.now()));
    w.pipeline.archive.hurry();
    while (w.pipeline.archive.append(Date.now()));
    expect(await checkRows(w.db, archiveFolder(w.config.data_dir))).toMatchObject({
      damaged: [],
      lost: [],
      differing: [],
    });
    expect(
      w.all(
        "select json_extract(data, '$.decision') as decision, json_extract(data, '$.output_tokens') as output from events where seq > ? and event_type = 'usage_updated'",
        seen,
      ),
    ).toEqual([{ decision: "replaced", output: -20 }]);
  });

  test("O07 an auxiliary call without a transcript line is counted once and named", async () => {
    const w = world();
    w.write(transcript("S1"), jsonl(assistant({ usage: { input_tokens: 10, output_tokens: 20 } })));
    post(
      w,
      "logs",
      apiRequest({ request_id: "req_09Z", query_source: "auxiliary", output_tokens: 7, input_tokens: 1 }),
    );
    await w.read();
    expect(totals(w)).toMatchObject({ requests: 2, output: 27 });
    expect(hidden(w)).toMatchObject([
      { request_key: "claude:req:req_09Z", origin: "otlp", query_source: "auxiliary", output: 7 },
    ]);
  });

  test("O04 the same body sent twice is stored once", async () => {
    const w = world();
    const body = apiRequest({ request_id: "req_09Z", output_tokens: 7 });
    post(w, "logs", body);
    await w.read();
    post(w, "logs", body);
    await w.read();
    expect(totals(w)).toMatchObject({ requests: 1, output: 7 });
  });

  test("O12 without a split: the five-minute price, and a flag; the transcript then takes its place", async () => {
    const w = world();
    post(w, "logs", apiRequest({ request_id: "req_01A", cache_creation_tokens: 1000, output_tokens: 1 }));
    await w.read();
    expect(w.one("select cache_creation_5m_input_tokens as m5, flags & 2 as unknown from requests")).toEqual({
      m5: 1000,
      unknown: 2,
    });
    const usage = {
      output_tokens: 1,
      cache_creation_input_tokens: 1000,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 1000 },
    };
    w.write(transcript("S1"), jsonl(assistant({ usage })));
    await w.read();
    expect(w.all("select cache_creation_1h_input_tokens as h1, flags & 2 as unknown from requests")).toEqual([
      { h1: 1000, unknown: 0 },
    ]);
  });

  test("O14 two calls without an id and with different sequences are two, and join their lines by tokens", async () => {
    const w = world();
    post(w, "logs", apiRequest({ request_id: "", "event.sequence": 4, output_tokens: 3 }));
    post(w, "logs", apiRequest({ request_id: "", "event.sequence": 9, output_tokens: 3 }));
    await w.read();
    expect(totals(w)).toMatchObject({ requests: 2, output: 6 });
    w.write(transcript("S1"), jsonl(assistant({ requestId: undefined, usage: { output_tokens: 3 } })));
    await w.read();
    expect(totals(w)).toMatchObject({ requests: 2, output: 6 });
    expect(hidden(w)).toHaveLength(1);
  });

  test("D-14 D-24 the same reports in any order leave the same rows, and no token twice", async () => {
    const usage = (n: number) => ({ input_tokens: n, output_tokens: n });
    const state = (session: string, duration: number, n: number) => ({
      type: "cost-state",
      sessionId: session,
      totalCostUSD: 1,
      startTime: 5,
      totalDuration: duration,
      modelUsage: { "claude-opus-5-5": { inputTokens: n, outputTokens: n, costUSD: 1 } },
    });
    const reports: ((w: World) => void)[] = [
      (w) => post(w, "logs", apiRequest({ request_id: "req_a", input_tokens: 3, output_tokens: 3 })),
      (w) =>
        post(
          w,
          "logs",
          apiRequest({ request_id: "req_b", input_tokens: 4, output_tokens: 4, query_source: "compact" }),
        ),
      (w) =>
        w.write(
          transcript("S1"),
          jsonl(
            assistant({ requestId: "req_a", message: { id: "msg_01A" }, usage: usage(3) }),
            state("S1", 10, 12),
            assistant({
              requestId: "req_c",
              message: { id: "msg_01C" },
              usage: usage(2),
              timestamp: "2026-11-01T11:00:00.000Z",
            }),
          ),
        ),
      (w) =>
        w.write(
          `.claude/projects/-w-app/S1/subagents/agent-x.jsonl`,
          jsonl(assistant({ requestId: "req_d", agentId: "x", message: { id: "msg_01D" }, usage: usage(1) })),
        ),
    ];
    let first: unknown;
    const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const w = createWorld();
        try {
          for (const at of order) {
            reports[at]!(w);
            await w.read();
          }
          const rows = w.all(
            "select request_key, origin, query_source, output_tokens, flags, cost_nano_usd from requests order by 1",
          );
          first ??= rows;
          expect(rows).toEqual(first as Value[]);
          // 3 + 4 + 1 of calls that are known, 4 that only the total of 12 shows, and 2 after it.
          expect(totals(w)).toMatchObject({ output: 14, requests: 5 });
          expect(countRollupDifferences(w.db)).toBe(0);
        } finally {
          w.close();
        }
      }),
      { numRuns: 12 },
    );
  });

  test("O01 O02 O03 metrics: a delta is added, a cumulative value replaces, a new start adds", async () => {
    const w = world();
    const points = (temporality: number, values: [start: number, time: number, value: number][]) => ({
      resourceMetrics: [
        {
          resource: {
            attributes: attributes({ "service.name": "claude-code", "service.version": "2.1.332" }),
          },
          scopeMetrics: [
            {
              metrics: [
                {
                  name: "claude_code.token.usage",
                  sum: {
                    aggregationTemporality: temporality,
                    dataPoints: values.map(([start, time, value]) => ({
                      attributes: attributes({ "session.id": `T${temporality}`, type: "output", model: "m" }),
                      startTimeUnixNano: `${1_795_000_000_000 + start}000000`,
                      timeUnixNano: `${1_795_000_000_000 + time}000000`,
                      asDouble: value,
                    })),
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    const sum = (session: string) =>
      metricTotal(w.db)(
        w.one<{ pk: number }>("select session_pk as pk from sessions where source_session_id = ?", session)
          .pk,
        "output",
      ).value;
    for (const body of [points(1, [[0, 1, 5]]), points(1, [[1, 2, 5]]), points(1, [[1, 2, 5]])])
      post(w, "metrics", body);
    for (const value of [5, 10, 15]) post(w, "metrics", points(2, [[0, value, value]]));
    await w.read();
    expect([sum("T1"), sum("T2")]).toEqual([10, 15]);
    post(w, "metrics", points(2, [[20, 21, 4]]));
    await w.read();
    expect(sum("T2")).toBe(19);
    // A check only: they are in no total.
    expect(totals(w)).toMatchObject({ requests: 0 });
  });

  test("D-30 both bounds of the metrics are settings: so many hours, and so many rows", async () => {
    const metrics = readFileSync(join(FIXTURES, "json/332-0003-metrics.json"), "utf8");
    const later = (hours: number) =>
      JSON.parse(
        metrics.replace(/"(\d{13})(\d{6})"/g, (_, ms, ns) => `"${Number(ms) + hours * 3_600_000}${ns}"`),
      );
    const kept = async (env: Record<string, string>) => {
      const w = createWorld(env);
      worlds.push(w);
      for (let hour = 0; hour < 200; hour++) {
        post(w, "metrics", later(hour));
        if (hour % 50 === 49) await w.read();
      }
      return w.one<{ n: number }>("select count(*) as n from telemetry_points").n;
    };
    const usual = await kept({});
    expect(await kept({ HALL_OTLP_METRIC_HOURS: "24" })).toBeLessThan(usual);
    expect(await kept({ HALL_OTLP_METRIC_HOURS: "1000" })).toBeGreaterThan(usual);
    expect(await kept({ HALL_OTLP_METRIC_ROWS: "50" })).toBeLessThan(usual);
  });

  test("D-30 metrics are kept for three days; calls, which are billed, stay", async () => {
    const w = world();
    const body = (offset_ms: number) =>
      JSON.parse(
        readFileSync(join(FIXTURES, "json/332-0003-metrics.json"), "utf8").replace(
          /"(\d{13})(\d{6})"/g,
          (_, ms, ns) => `"${Number(ms) + offset_ms}${ns}"`,
        ),
      );
    post(w, "logs", apiRequest({ request_id: "req_1", output_tokens: 5 }));
    post(w, "metrics", body(0));
    await w.read();
    const before = w.one<{ n: number }>("select count(*) as n from telemetry_points").n;
    for (let day = 4; day < 130; day++) post(w, "metrics", body(day * 86_400_000));
    await w.read();
    expect(w.one<{ n: number }>("select count(*) as n from telemetry_points").n).toBeLessThan(before * 126);
    expect(
      w.one("select count(*) as n from telemetry_points where start_unix_ms < 1795755645000 + 86400000"),
    ).toEqual({ n: 0 });
    expect(totals(w)).toMatchObject({ requests: 1, output: 5 });
  });

  test("O11 metrics of a client before 2.1.214 are marked as inflated", async () => {
    const w = world();
    const body = JSON.parse(
      readFileSync(join(FIXTURES, "json/332-0003-metrics.json"), "utf8").replace('"2.1.332"', '"2.1.197"'),
    );
    post(w, "metrics", body);
    await w.read();
    expect(w.one("select min(is_inflated) as least from telemetry_points")).toEqual({ least: 1 });
  });

  test("O09 O13 a sub-agent's total, and Codex's counts, are added to nothing", async () => {
    const w = world();
    await postRecorded(w);
    const calls = w.one<{ n: number }>("select count(*) as n from telemetry_calls").n;
    expect(w.one("select count(*) as n from requests")).toEqual({ n: calls });
    const codex = readExport("logs", "protobuf", readFileSync(join(FIXTURES, "../codex/exec.logs.pb")));
    if (!codex.ok) throw new Error(codex.detail);
    createIntake({ data_dir: w.config.data_dir, max_rps: 1e6 }).store(codex.value);
    await w.read();
    expect(w.one("select count(*) as n from requests where source = 'codex'")).toEqual({ n: 0 });
    expect(
      w.one<{ n: number }>(
        "select count(*) as n from tool_decisions d join sessions s using (session_pk) where source = 'codex'",
      ).n,
    ).toBeGreaterThan(0);
  });
});
