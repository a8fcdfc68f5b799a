import { describe, expect, test } from "bun:test";
import { usageTable } from "../../cli/usage-table.ts";
import { createActivityView } from "../../collector/activity/tracker.ts";
import { listed } from "../../schema/text.ts";
import { loadPriceBook, resolveModel } from "../../store/price-book.ts";
import { metricTotalsQueries } from "../../store/queries/metric-totals.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { toTotals } from "../../store/queries/totals.ts";
import { noSums } from "../../store/sums.ts";
import { createRegistry } from "../../viewer/prometheus/registry.ts";
import { usageMetrics } from "../../viewer/prometheus/usage.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";
import { openCase, totalsOf } from "./case.ts";

describe("names", () => {
  const book = loadPriceBook();

  test("CASE14 every documented route of one model is that model", () => {
    for (const name of [
      "bedrock/us-east-1/anthropic.claude-sonnet-4-5-20250929-v1:0",
      "bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "bedrock/invoke/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "amazon-bedrock/jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "anthropic.claude-sonnet-4-5-20250929-v1:0:200k",
      "anthropic/claude-sonnet-4.5:beta",
      "openrouter/anthropic/claude-sonnet-4.5:thinking",
      "litellm_proxy/bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
      "azure_ai/claude-sonnet-4-5",
      "databricks/databricks-claude-sonnet-4-5",
      "anthropic--claude-4.5-sonnet",
      "claude-4.5-sonnet",
      "github_copilot/claude-sonnet-4.5",
      "github-copilot/claude-sonnet-4.5",
      "vercel_ai_gateway/anthropic/claude-sonnet-4.5",
      "google-vertex-anthropic/claude-sonnet-4-5@20250929",
      "publishers/anthropic/models/claude-sonnet-4-5@20250929",
      "projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929",
      "CLAUDE-SONNET-4-5-20250929[1M]",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ])
      expect([name, resolveModel(book, name)]).toEqual([name, "claude-sonnet-4-5"]);
    expect(resolveModel(book, "azure/gpt-6-sol")).toBe("gpt-6-sol");
  });

  test("CASE14 what is opaque, foreign or free stays without a price", () => {
    for (const name of [
      "my-claude-sonnet-4-5-clone",
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/claude-sonnet-4-5",
      "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/claude-sonnet-4-5",
      "bedrock/us-east-1/1-month-commitment/anthropic.claude-sonnet-4-5-20250929-v1:0",
      "openrouter/anthropic/claude-sonnet-4.5:free",
      "claude-4.5-sonnet-turbo",
      "databricks-my-model",
    ])
      expect([name, resolveModel(book, name)]).toEqual([name, null]);
  });

  test("CASE08 agents of the flat layout and of workflows are one session's, counted as listed", async () => {
    const world = openCase("08");
    await world.read();
    expect(totalsOf(world)).toEqual([3, 3, 0, 1110, 22212000]);
    const queries = sessionQueries(world.db);
    const session = queries.find("S1")!;
    expect(session.transcript_path).toEndWith("/S1.jsonl");
    expect(queries.countsOf([session.session_pk])[0]?.agents).toBe(2);
    world.close();
  });

  test("CASE19 texts cut through an emoji give one series each, and every text is UTF-8", async () => {
    const world = openCase("19");
    await world.read();
    expect(totalsOf(world)).toEqual([3, 3, 0, 1110, 204000]);
    const texts = world.all<{ t: string }>(
      "select prompt as t from turns union all select title from sessions union all select model from requests union all select summary from tool_calls",
    );
    for (const { t } of texts) expect([t, t?.isWellFormed() ?? true]).toEqual([t, true]);
    const registry = createRegistry();
    usageMetrics(metricTotalsQueries(world.db), createActivityView(world.db), registry)();
    const series = (await registry.text()).split("\n").filter((line) => !line.startsWith("#"));
    const names = series.map((line) => line.replace(/ [^ ]*$/, ""));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    world.close();
  });

  test("CASE34 a line about thousands of models is one that a person reads", () => {
    const models = Array.from({ length: 4000 }, (_, i) => ({
      model: `deploy-${i}-${"x".repeat(100)}`,
      ...toTotals({ ...noSums(), requests: 1, unpriced_requests: 1, unpriced_tokens: 2, output_tokens: 2 }),
    }));
    const total = toTotals({ ...noSums(), requests: 4000, unpriced_requests: 4000, unpriced_tokens: 8000 });
    const rows = [{ labels: ["2026-11-01"], totals: { ...total, models } }];
    const printed = usageTable(
      [{ title: "Day" }],
      rows,
      { models, total },
      { width: Infinity, breakdown: false },
    );
    for (const line of printed) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(400);
    expect(printed.join("\n")).toContain("3997 more");
    expect(listed(["a", "b"])).toBe("a, b");
  });

  test("T21 ids from a transcript are bounded, and two long ones stay two", async () => {
    const world = createWorld();
    const long = "s".repeat(1_000_000);
    for (const [i, end] of ["a", "b"].entries())
      world.write(
        transcript(`T${i}`),
        jsonl(
          assistant({
            sessionId: long + end,
            agentId: long,
            requestId: long,
            message: { id: `msg_01${String(i).padStart(22, "0")}`, model: long },
            usage: { output_tokens: 5 },
          }),
        ),
      );
    await world.read();
    const rows = world.all<{ source_session_id: string }>("select source_session_id from sessions");
    expect(new Set(rows.map((r) => r.source_session_id)).size).toBe(2);
    const sizes = world.one<Record<string, number>>(
      "select max(length(source_session_id)) as a, (select max(length(model) + length(request_key)) from requests) as b from sessions",
    );
    expect(sizes.a).toBeLessThanOrEqual(200);
    expect(sizes.b).toBeLessThanOrEqual(400);
    world.close();
  });
});
