import { describe, expect, test } from "bun:test";
import { createBus } from "../../collector/bus.ts";
import { METRICS } from "../../schema/metrics.ts";
import { openReader } from "../../store/database.ts";
import { rebuildRollups } from "../../store/rollups.ts";
import { createApp } from "../../viewer/app.ts";
import { startViewer, type Viewer } from "../viewer/rig.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";
import { NO_PROMTOOL, parseExposition, promtool } from "./exposition.ts";
import { sampleWriter } from "./samples.ts";

type Series = Map<string, number>;

const isCounter = (key: string) => METRICS[key.split("{")[0] as keyof typeof METRICS]?.type === "counter";
const counters = (series: Series) => new Map([...series].filter(([key]) => isCounter(key)));
const fallen = (before: Series, after: Series) =>
  [...counters(before)].filter(([key, value]) => !((after.get(key) ?? Number.NaN) >= value));
const scrape = async (viewer: Viewer) => parseExposition(await (await viewer.get("/metrics")).text());

/** A viewer as it is after a restart: on the same database, with nothing in memory. */
async function scrapeAfresh(viewer: { dir: string; deps: Viewer["deps"] }): Promise<Series> {
  const reader = openReader(viewer.dir);
  const app = createApp({ ...viewer.deps, reader, access: "in_process", bus: createBus(), ports: () => [1] });
  const response = await app.request("http://localhost:1/metrics", { headers: { host: "localhost:1" } });
  const series = parseExposition(await response.text());
  reader.close();
  return series;
}

describe("P01 counters never fall", () => {
  test("P01 not by a restart: they are what the database holds", async () => {
    await using viewer = await startViewer();
    const before = await scrape(viewer);
    const after = await scrapeAfresh(viewer);
    expect(before.get('hall_tokens_total{source="claude",model="claude-opus-5",type="output"}')).toBe(100);
    expect(before.get('hall_events_total{source="claude",type="tool_failed"}')).toBe(1);
    expect([...counters(after)]).toEqual([...counters(before)]);
  });

  test("P01 not by reading everything again, and a raised figure of a response is counted once", async () => {
    const world = createWorld();
    await using viewer = await startViewer({ reader: openReader(world.config.data_dir) });
    const line = (output_tokens: number) => assistant({ usage: { input_tokens: 7, output_tokens } });
    world.write(transcript("S1"), jsonl(line(5)));
    await world.read();
    const first = await scrape(viewer);
    world.append(transcript("S1"), jsonl(line(9)));
    await world.read();
    const raised = await scrape(viewer);
    world.pipeline.collector.reindex(["claude", "codex"]);
    await world.read();
    const again = await scrape(viewer);
    const output = 'hall_tokens_total{source="claude",model="claude-opus-5-5",type="output"}';
    expect([first, raised, again].map((s) => s.get(output))).toEqual([5, 9, 9]);
    expect(again.get('hall_requests_total{source="claude",model="claude-opus-5-5"}')).toBe(1);
    expect([...fallen(first, raised), ...fallen(raised, again)]).toEqual([]);
    world.close();
  });

  test("P01 not by a lower price: money is a gauge and falls, tokens stay", async () => {
    await using viewer = await startViewer();
    const before = await scrape(viewer);
    viewer.commit(() => {
      viewer.db.run("update requests set cost_nano_usd = cost_nano_usd / 2");
      rebuildRollups(viewer.db);
    });
    const after = await scrape(viewer);
    const cost = 'hall_cost_usd{source="codex",model="gpt-5.6"}';
    expect([before.get(cost), after.get(cost)]).toEqual([1e-6, 5e-7]);
    expect([...counters(after)]).toEqual([...counters(before)]);
    expect(METRICS.hall_cost_usd.type).toBe("gauge");
  });

  test("P01 not when a response of an unknown model gets its model, also over a restart", async () => {
    await using viewer = await startViewer();
    viewer.commit((r) => {
      r.request(viewer.ids.codex, { source: "codex", model: "", output_tokens: 77 });
      r.rollup();
    });
    const before = await scrape(viewer);
    expect(before.get('hall_unattributed_tokens{source="codex"}')).toBe(177);
    viewer.commit((r) => {
      viewer.db.run("update requests set model = 'gpt-5.6' where model = ''");
      r.rollup();
    });
    const after = await scrapeAfresh(viewer);
    expect(fallen(before, after)).toEqual([]);
    expect(after.get('hall_tokens_total{source="codex",model="gpt-5.6",type="output"}')).toBe(127);
    expect(after.get('hall_unattributed_tokens{source="codex"}')).toBe(0);
  });

  test("F039 what has no price at all has no cost series, and its tokens are shown", async () => {
    await using viewer = await startViewer();
    const series = await scrape(viewer);
    expect(series.get('hall_cost_usd{source="claude",model="mystery-1"}')).toBeUndefined();
    expect(series.get('hall_unpriced_tokens{source="claude"}')).toBe(150);
  });
});

describe("P02 the number of series is bounded", () => {
  test("P02 ten thousand more sessions and projects add none", async () => {
    await using viewer = await startViewer();
    const before = (await scrape(viewer)).size;
    viewer.commit((r) => {
      for (let i = 0; i < 10_000; i++) r.session(`s-${i}`, { project_path: `/work/p${i}` });
      r.request(viewer.ids.one);
      r.rollup();
    });
    expect((await scrape(viewer)).size).toBe(before);
  });

  test("P02 no label names a session, a path or a prompt", () => {
    const names = new Set(Object.values(METRICS).flatMap((m): readonly string[] => m.labels));
    const allowed =
      "account activity agent cause code decision kind limit mode model origin part reason result signal source stage state status type version window";
    expect([...names].toSorted()).toEqual(allowed.split(" "));
  });

  test("T20 random names of models and tools: at most 50 models beside `other`, the same ones after a restart", async () => {
    await using viewer = await startViewer();
    viewer.commit((r) => {
      for (let i = 0; i < 3000; i++) {
        r.request(viewer.ids.one, { model: `model-${(i * 7919) % 3000}` });
        r.event(viewer.ids.one, { event_type: "tool_started", tool_name: `tool-${i}\n{}` });
      }
      r.rollup();
    });
    const response = await viewer.get("/metrics");
    const text = await response.text();
    const before = parseExposition(text);
    const models = [...before.keys()].filter((key) => key.startsWith("hall_requests_total"));
    expect(models.length).toBe(51);
    const requests = models.reduce((sum, key) => sum + before.get(key)!, 0);
    expect(requests).toBe(3005);
    expect(before.size).toBeLessThan(2000);
    expect(text.length).toBeLessThan(1_000_000);
    expect([...counters(await scrapeAfresh(viewer))]).toEqual([...counters(before)]);
    if (NO_PROMTOOL === undefined)
      expect(await promtool(["check", "metrics"], text)).toEqual({ code: 0, printed: "" });
  });

  test("T20 a thousand names of windows are shown up to a bound, and the rest is counted", async () => {
    await using viewer = await startViewer();
    const put = sampleWriter(viewer.db);
    for (let i = 0; i < 300; i++)
      put({
        source: "codex",
        window: `${i}m`,
        used_percent: 1,
        account: `a${i}`,
        time_unix_ms: viewer.deps.now!() - i,
      });
    const series = await scrape(viewer);
    expect(
      [...series.keys()].filter((k) => k.startsWith("hall_limit_usage_ratio")).length,
    ).toBeLessThanOrEqual(100);
    expect(series.get("hall_limit_series_dropped")).toBe(200);
    expect(series.size).toBeLessThan(2000);
  });
});
