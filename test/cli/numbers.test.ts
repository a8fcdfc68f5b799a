import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sourceRetention } from "../../cli/source-retention.ts";
import { createPriceBook, editionOf } from "../../store/price-book.ts";
import { PriceData, PriceRow } from "../../store/price-shape.ts";
import frozen from "../fixtures/prices/book.json";
import { assistant, createWorld, jsonl, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";
import { type Home, run, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

type Check = { name: string; state: string; detail: string; hint?: string };
const homes: Home[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) home[Symbol.dispose]();
});

function fresh(): Home {
  const home = tempHome();
  homes.push(home);
  return home;
}

async function checks(home: Home): Promise<(name: string) => Check | undefined> {
  const { stdout } = await run(home, ["doctor", "--json"]);
  const found = (JSON.parse(stdout) as { checks: Check[] }).checks;
  return (name) => found.find((c) => c.name === name);
}

const response = (id: string, at: string, model: string) => ({ id, at, model, input: 1500, output: 500 });

describe("doctor on what is new", () => {
  test("C31 X21 unknown kinds of lines and of iterations are counted by name", async () => {
    const home = fresh();
    const claude = join(home.home, ".claude/projects/-w");
    const codex = join(home.home, ".codex/sessions/2026/11/01");
    for (const folder of [claude, codex]) mkdirSync(folder, { recursive: true });
    const response = assistant({
      usage: { output_tokens: 5, iterations: [{ type: "dream", output_tokens: 9 }] },
    });
    const made = { type: "made-up", sessionId: "S1" };
    const system = { ...response, type: "system", subtype: "weather", message: undefined };
    writeFileSync(
      join(claude, "S1.jsonl"),
      jsonl(response, made, made, system, { type: "mode", sessionId: "S1" }),
    );
    const at = "2026-11-01T10:00:00.000Z";
    writeFileSync(
      join(codex, "rollout-2026-11-01T10-00-00-01a19251-553b-7db4-914e-8d08ec62ea70.jsonl"),
      jsonl(
        { timestamp: at, type: "session_meta", payload: { id: "01a19251-553b-7db4-914e-8d08ec62ea70" } },
        { timestamp: at, type: "event_msg", payload: { type: "sang" } },
      ),
    );
    await run(home, ["backfill"], { CODEX_HOME: join(home.home, ".codex") });
    const of = await checks(home);
    expect(of("new kinds")).toMatchObject({
      state: "warn",
      detail:
        '2 lines "made-up" of claude, 1 line "event_msg/sang" of codex, 1 line "system/weather" of claude, 1 request with a part that is not priced',
    });
    const clean = fresh();
    writeTranscript(clean, "one", "/w/a", [{ id: "a", at, model: "claude-haiku-4-5", input: 1, output: 1 }]);
    await run(clean, ["backfill"]);
    expect((await checks(clean))("new kinds")?.state).toBe("ok");
  });
});

describe("doctor on prices", () => {
  test("F038 models without a price are listed with their tokens, and why", async () => {
    const home = fresh();
    writeTranscript(home, "one", "/w/a", [
      response("a", "2026-11-01T10:00:00.000Z", "made-up-9"),
      response("b", "2026-11-01T10:01:00.000Z", "codex-auto-review"),
      response("c", "2026-11-01T10:02:00.000Z", "codex-auto-review"),
      response("d", "2026-11-01T10:03:00.000Z", "claude-haiku-4-5"),
    ]);
    await run(home, ["backfill"]);
    const of = await checks(home);
    expect(of("prices")).toMatchObject({
      state: "warn",
      hint: expect.stringContaining("hall-monitor recost"),
    });
    expect(of("prices")?.detail).toStartWith(
      "unknown for codex-auto-review (4,000 tokens in 2 requests; Sources disagree",
    );
    expect(of("prices")?.detail).toEndWith(
      "made-up-9 (2,000 tokens in 1 request); 25 % of all tokens have one",
    );
    expect(of("price dates")?.state).toBe("ok");
  });

  test("C33 99.6 % of the tokens with a price are 99 %, wherever a cost is shown", async () => {
    const home = fresh();
    const at = "2026-11-01T10:00:00.000Z";
    writeTranscript(home, "one", "/w/a", [
      { id: "a", at, model: "claude-opus-5-5", input: 900, output: 96 },
      { id: "b", at, model: "claude-opus-9-1", input: 3, output: 1 },
    ]);
    await run(home, ["backfill"]);
    const data = async (...args: string[]) => JSON.parse((await run(home, [...args, "--json"])).stdout).data;
    const coverage = {
      priced_requests: 1,
      unpriced_requests: 1,
      unpriced_tokens: 4,
      priced_tokens_percent: 99,
      cost_complete: false,
    };
    const known = { total_tokens: 1000, cost_nano_usd: 900 * 4000 + 96 * 20_000, coverage };
    expect((await data("session", "one")).totals).toMatchObject(known);
    expect((await data("session")).rows).toMatchObject([known]);
    expect((await data("daily")).total).toMatchObject(known);
    expect((await data("why", "one")).total).toMatchObject(known);
    for (const [args, words] of [
      [["session", "one"], "cost      $0.0055 (no price known for 1 request; 99 % of the tokens have one)"],
      [["daily"], "the cost excludes them and covers 99 % of the tokens"],
      [["why", "one"], "no price  4 tokens in 1 entry; 99 % of all have one"],
      [["doctor"], "claude-opus-9-1 (4 tokens in 1 request); 99 % of all tokens have one"],
    ] as const)
      expect((await run(home, [...args])).stdout.replaceAll(/\s+/g, " ")).toContain(
        words.replaceAll(/ +/g, " "),
      );
  });

  test("X11 a price past its confirmed end is listed, with the requests that used it", async () => {
    const home = fresh();
    mkdirSync(home.data_dir, { recursive: true, mode: 0o700 });
    const rate = { model: "own-1", usd_per_mtok: { input: 1, output: 1 } };
    writeFileSync(
      join(home.data_dir, "config.json"),
      JSON.stringify({ prices: [{ ...rate, until: "2026-11-02", checked_on: "2026-10-30" }] }),
    );
    writeTranscript(home, "one", "/w/a", [
      response("a", "2026-11-01T10:00:00.000Z", "own-1"),
      response("b", "2026-11-02T00:00:00.000Z", "own-1"),
    ]);
    await run(home, ["backfill"]);
    expect((await checks(home))("price dates")).toMatchObject({
      state: "warn",
      detail:
        "config:own-1 (confirmed until 2026-11-02, checked on 2026-10-30; 1 of 2 requests outside of it)",
    });
  });
});

describe("A10 what every answer holds about itself", () => {
  test("A10 the schema, the time, the zone, the prices, and how much of a cost is known", async () => {
    const world = createWorld();
    world.write(
      ".claude/projects/-w/s.jsonl",
      jsonl(
        assistant({ usage: { output_tokens: 5 } }),
        assistant({ message: { id: "msg_01B", model: "made-up-9" }, usage: { output_tokens: 5 } }),
      ),
    );
    await world.read();
    const { text } = createWorldApp(world);
    for (const path of [
      "costs",
      "aggregations",
      "sessions",
      "requests",
      "requests/1",
      "dashboard/stats",
      "metrics",
    ]) {
      const body = JSON.parse(await text(`/api/${path}`));
      expect([path, body]).toMatchObject([
        path,
        {
          schema_version: 1,
          generated_at: "2026-12-01T00:00:00.000Z",
          time_zone: "UTC",
          price_book: { id: expect.stringMatching(/^[0-9a-f]{12}$/), checked_on: "2026-11-20" },
        },
      ]);
    }
    const { data } = JSON.parse(await text("/api/costs"));
    const cost = JSON.parse(await text("/api/aggregations?metric=cost")).data;
    expect(cost.coverage).toEqual(data.total.coverage);
    expect(data.total.coverage).toMatchObject({
      priced_requests: 1,
      unpriced_requests: 1,
      priced_tokens_percent: 50,
      cost_complete: false,
    });
    world.close();
  });

  test("A10 equal for equal prices, others another", () => {
    const own = (input: number) =>
      createPriceBook(PriceData.parse(frozen), [
        PriceRow.parse({ model: "own-1", usd_per_mtok: { input, output: 1 }, checked_on: "2026-11-30" }),
      ]);
    expect(editionOf(own(1))).toEqual(editionOf(own(1)));
    expect(editionOf(own(1)).id).not.toBe(editionOf(own(2)).id);
    expect(editionOf(own(1)).checked_on).toBe("2026-11-30");
  });
});

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-20T12:00:00Z");

/** Transcripts of 1,000 bytes that last changed so many days ago. */
async function aged(days: number[], settings?: string): Promise<World> {
  const world = createWorld();
  for (const [i, age] of days.entries()) {
    const path = world.write(
      `.claude/projects/-w/s${i}.jsonl`,
      `${JSON.stringify({ type: "summary" }).padEnd(999)}\n`,
    );
    utimesSync(path, new Date(NOW - age * DAY_MS), new Date(NOW - age * DAY_MS));
  }
  if (settings !== undefined) world.write(".claude/settings.json", settings);
  await world.read();
  return world;
}

describe("transcripts that are about to be deleted", () => {
  test.each([
    [
      "none near its end",
      [1, 26.9],
      undefined,
      { files_expiring: 0, oldest_age_days: 26, days_until_sweep: 4 },
    ],
    [
      "two within three days",
      [1, 27, 29.5],
      undefined,
      { files_expiring: 2, oldest_age_days: 29, days_until_sweep: 1 },
    ],
    ["one overdue", [40], undefined, { files_expiring: 1, oldest_age_days: 40, days_until_sweep: 0 }],
    [
      "a longer time is kept",
      [40],
      '\ufeff{"cleanupPeriodDays":365}',
      { files_expiring: 0, days_until_sweep: 325 },
    ],
    ["a shorter one too", [6], '{"cleanupPeriodDays":7}', { files_expiring: 1, cleanup_period_days: 7 }],
    ["settings that are no JSON", [28], "{", { files_expiring: 1, cleanup_period_days: 30 }],
    ["a value that is no number", [28], '{"cleanupPeriodDays":"many"}', { cleanup_period_days: 30 }],
  ])("F038 %s", async (_, days, settings, expected) => {
    const world = await aged(days, settings);
    const found = sourceRetention(world.db, world.config, NOW);
    expect(found).toMatchObject(expected);
    expect(found?.bytes_per_day).toBe(
      Math.round((days.length * 1000) / Math.max(1, Math.floor(Math.max(...days)))),
    );
    world.close();
  });

  test("F038 what is already deleted is not warned of, and without transcripts there is no answer", async () => {
    const world = await aged([29, 2]);
    rmSync(world.path(".claude/projects/-w/s0.jsonl"));
    await world.read();
    expect(sourceRetention(world.db, world.config, NOW)).toMatchObject({
      files_expiring: 0,
      oldest_age_days: 2,
    });
    rmSync(world.path(".claude/projects/-w/s1.jsonl"));
    await world.read();
    expect(sourceRetention(world.db, world.config, NOW)).toBeNull();
    world.close();
  });

  test("F038 doctor and the daemon's status warn before it happens", async () => {
    const home = fresh();
    const path = writeTranscript(home, "one", "/w/a", [
      response("a", "2026-10-24T10:00:00.000Z", "claude-haiku-4-5"),
    ]);
    utimesSync(path, new Date(Date.now() - 28 * DAY_MS), new Date(Date.now() - 28 * DAY_MS));
    await run(home, ["start", "--detach"]);
    try {
      const warning = (await checks(home))("transcripts");
      expect(warning?.state).toBe("warn");
      expect(warning?.detail).toContain(
        "1 file will be deleted within 3 days, the oldest (28 days) in 2 days",
      );
      const status = JSON.parse((await run(home, ["status", "--json"])).stdout);
      expect(JSON.stringify(status)).toContain(
        '"files_expiring":1,"oldest_age_days":28,"days_until_sweep":2',
      );
    } finally {
      await run(home, ["stop"]);
    }
  });
});
