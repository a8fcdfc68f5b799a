import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { blockReport } from "../../cli/commands/blocks.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";
import { run, tempHome } from "./run.ts";
import { type Response, writeTranscript } from "./transcript.ts";

const home = tempHome();
const response = (id: string, at: string, model = "claude-haiku-4-5"): Response => ({
  id,
  at,
  model,
  input: 1000,
  output: 0,
});

beforeAll(async () => {
  writeTranscript(home, "one", "/w/alpha", [
    response("a", "2026-11-01T10:40:00.000Z"),
    response("b", "2026-11-01T15:00:00.000Z"),
    response("c", "2026-11-01T15:00:00.001Z"),
    response("d", "2026-11-01T16:10:00.000Z", "claude-sonnet-4-5"),
  ]);
  writeTranscript(home, "two", "/w/beta", [response("e", "2026-11-01T22:10:00.000Z")]);
  expect((await run(home, ["backfill"])).code).toBe(0);
});
afterAll(() => home[Symbol.dispose]());

type BlockJson = {
  bucket: string;
  requests: number;
  cost_nano_usd: number;
  until_unix_ms: number;
  last_unix_ms: number;
  is_active: boolean;
  model_names: string[];
};
async function rows(...args: string[]): Promise<BlockJson[]> {
  const { code, stdout, stderr } = await run(home, ["blocks", "--json", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).data.rows;
}

describe("blocks", () => {
  test("F051.A8 a block starts at the full hour and takes what comes within five hours of it", async () => {
    expect((await rows()).map((r) => [r.bucket, r.requests, r.cost_nano_usd])).toEqual([
      ["2026-11-01T10:00+00:00", 2, 2_000_000],
      ["2026-11-01T15:00+00:00", 2, 4_000_000],
      ["2026-11-01T22:00+00:00", 1, 1_000_000],
    ]);
    const [first] = await rows();
    expect(first).toMatchObject({
      until_unix_ms: Date.parse("2026-11-01T15:00:00Z"),
      last_unix_ms: Date.parse("2026-11-01T15:00:00Z"),
      is_active: false,
      model_names: ["claude-haiku-4-5"],
    });
  });

  test("F051.A9 a filter chooses what is summed and never moves a block", async () => {
    const short = async (...args: string[]) => (await rows(...args)).map((r) => [r.bucket, r.requests]);
    expect(await short("--model", "claude-sonnet-4-5")).toEqual([["2026-11-01T15:00+00:00", 1]]);
    expect(await short("--project", "beta")).toEqual([["2026-11-01T22:00+00:00", 1]]);
    expect(await short("--since", "2026-11-01T16:00", "--until", "2026-11-01T20:00")).toEqual([
      ["2026-11-01T15:00+00:00", 1],
    ]);
    expect((await run(home, ["blocks", "--source", "codex"])).code).toBe(69);
  });

  test("F051 the table names local hours and fits the footnotes of the other reports", async () => {
    const { stdout } = await run(home, ["blocks", "--timezone", "Asia/Kathmandu"]);
    expect(stdout).toContain("2026-11-01 15:45");
    expect(stdout.split("\n").find((line) => line.startsWith("Total"))).toEndWith("$0.0070");
  });

  test("F051 five hours of silence end a block early", async () => {
    const w = createWorld();
    const at = (timestamp: string, n: number) =>
      assistant({ timestamp, requestId: `req_01${n}`, message: { id: `msg_01${n}` } });
    w.write(
      transcript("S1"),
      jsonl(
        at("2026-11-01T10:00:00.000Z", 1),
        at("2026-11-01T15:00:00.000Z", 2),
        at("2026-11-01T20:00:00.001Z", 3),
      ),
    );
    await w.read();
    const now = Date.parse("2026-11-01T21:00:00Z");
    const found = blockReport(w.db, {
      scope: {},
      model: undefined,
      since: undefined,
      until: undefined,
      time_zone: "UTC",
      now,
    });
    expect(found.rows.map((r) => [r.bucket, r.requests, r.is_active])).toEqual([
      ["2026-11-01T10:00+00:00", 2, false],
      ["2026-11-01T20:00+00:00", 1, true],
    ]);
    w.close();
  });

  test("A01 blocks are disjoint and every request of the range is in one", async () => {
    const start = Date.parse("2026-10-25T00:00:00Z");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 60 }),
        async (minutes) => {
          const w = createWorld();
          const lines = minutes.map((m, n) =>
            assistant({
              timestamp: new Date(start + m * 60_000).toISOString(),
              requestId: `req_01${n}`,
              message: { id: `msg_01${n}` },
              usage: { output_tokens: n },
            }),
          );
          w.write(transcript("S1"), jsonl(...lines));
          await w.read();
          const now = start + 10_000 * 60_000;
          const found = blockReport(w.db, {
            scope: {},
            model: undefined,
            since: undefined,
            until: undefined,
            time_zone: "UTC",
            now,
          });
          w.close();
          expect(found.rows.reduce((sum, r) => sum + r.requests, 0)).toBe(minutes.length);
          expect(found.total.requests).toBe(minutes.length);
          for (const [i, row] of found.rows.entries()) {
            expect(row.bucket_unix_ms % 3_600_000).toBe(0);
            expect(row.first_unix_ms - row.bucket_unix_ms).toBeLessThan(3_600_000);
            expect(row.last_unix_ms).toBeLessThanOrEqual(row.until_unix_ms);
            if (i > 0) expect(row.first_unix_ms).toBeGreaterThan(found.rows[i - 1]!.last_unix_ms);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
