import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { pack, unpack } from "../../collector/pack.ts";
import { readHere, type TimedResult } from "../../collector/reader.ts";
import type { RequestObservation, ToolCallObservation } from "../../schema/batch.ts";
import { NO_USAGE } from "../../schema/usage.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");

function filesBelow(folder: string): string[] {
  return readdirSync(join(FIXTURES, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.jsonl(\.zst)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

test("what crosses between the threads comes out as it went in: every recorded conversation", async () => {
  let rows = 0;
  for (const source of ["claude", "codex"] as const)
    for (const path of filesBelow(source === "claude" ? "claude/transcripts" : "codex/home")) {
      const result = await readHere({ source, path, from: undefined, budget_bytes: 1e9 });
      expect(unpack(structuredClone(pack(result)))).toEqual(result);
      if (result.kind === "read")
        rows +=
          result.batch.requests.length + result.batch.tool_calls.length + result.batch.limits.cells.length;
    }
  expect(rows).toBeGreaterThan(300);
});

const words = fc.string({ unit: "binary", maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const time = fc.integer({ min: 0, max: 2 ** 45 });
const request: fc.Arbitrary<RequestObservation> = fc.record({
  request_key: words,
  parent_key: maybe(words),
  source: fc.constantFrom("claude", "codex"),
  session_id: words,
  agent_id: words,
  owner_session_id: maybe(words),
  is_sidechain: fc.boolean(),
  prompt_id: maybe(words),
  response_id: words,
  provider_request_id: words,
  time_unix_ms: time,
  model: words,
  model_from_session_id: maybe(words),
  usage: fc.constant({ ...NO_USAGE, output_tokens: 7 }),
  service_tier: words,
  speed: words,
  inference_geo: words,
  flags: fc.integer({ min: 0, max: 2 ** 19 }),
  is_final: fc.boolean(),
  recorded_cost_nano_usd: maybe(time),
  offset: time,
});
const call: fc.Arbitrary<ToolCallObservation> = fc.record({
  tool_key: words,
  source: fc.constantFrom("claude", "codex"),
  session_id: words,
  owner_session_id: maybe(words),
  agent_id: words,
  tool_use_id: words,
  tool_name: maybe(words),
  prompt_id: maybe(words),
  started_unix_ms: maybe(time),
  ended_unix_ms: maybe(time),
  duration_ms: maybe(time),
  outcome: maybe(fc.constantFrom("running", "completed")),
  summary: maybe(words),
  error: maybe(words),
});

test("what crosses between the threads comes out as it went in: any rows, in any order", async () => {
  const empty = (await readHere({
    source: "claude",
    path: filesBelow("claude/transcripts")[0]!,
    from: undefined,
    budget_bytes: 0,
  })) as TimedResult & { kind: "read" };
  void fc.assert(
    fc.property(fc.array(request), fc.array(call), (requests, tool_calls) => {
      const result: TimedResult = { ...empty, batch: { ...empty.batch, requests, tool_calls } };
      expect(unpack(structuredClone(pack(result)))).toEqual(result);
    }),
  );
  for (const other of [{ kind: "gone" }, { kind: "failed", code: "EACCES" }] as const)
    expect(unpack(pack({ ...other, elapsed_ms: 1 }))).toEqual({ ...other, elapsed_ms: 1 });
});
