import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { creditWriter } from "../../store/credits.ts";
import { openReader } from "../../store/database.ts";
import { creditRunQueries } from "../../store/queries/credit-runs.ts";
import { startViewer } from "../viewer/rig.ts";
import { createWorld, jsonl } from "../world.ts";
import { parseAnswer } from "../world-app.ts";

const THREAD = "01a1fa16-228d-7c00-b24a-14c635de0003";
const ROLLOUT = `.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${THREAD}.jsonl`;
const NOW = Date.parse("2026-11-20T12:00:00Z");
const at = (minute: number) => NOW - 3_600_000 + minute * 60_000;
const sample = (minute: number, balance: string) => ({
  timestamp: new Date(at(minute)).toISOString(),
  type: "event_msg",
  payload: {
    type: "token_count",
    info: null,
    rate_limits: {
      limit_id: "codex",
      primary: null,
      secondary: null,
      credits: { has_credits: true, unlimited: false, balance },
    },
  },
});
const head = {
  timestamp: new Date(at(0)).toISOString(),
  type: "session_meta",
  payload: { id: THREAD, cwd: "/w/shop", cli_version: "0.169.0", source: "exec" },
};
const ALL = { from_unix_ms: 0, until_unix_ms: Number.MAX_SAFE_INTEGER };

test("C-17 each change of a balance in a rollout is a row with its first and last reading, also after a second reading", async () => {
  const world = createWorld();
  await using viewer = await startViewer({ reader: openReader(world.config.data_dir), now: () => NOW });
  const shown = async () => {
    const { data } = parseAnswer(
      "GET /api/limits/credits",
      await (await viewer.get("/api/limits/credits?source=codex")).json(),
    );
    return data.map((run) => [run.balance, run.time_unix_ms, run.last_unix_ms]);
  };
  const lines = [
    [1, "37.5"],
    [2, "37.5"],
    [3, "37.5"],
    [4, "30"],
    [5, "30"],
    [6, "130.25"],
  ] as const;
  world.write(ROLLOUT, jsonl(head, ...lines.map(([minute, balance]) => sample(minute, balance))));
  await world.read();
  const wanted = [
    [130.25, at(6), at(6)],
    [30, at(4), at(5)],
    [37.5, at(1), at(3)],
  ];
  expect(await shown()).toEqual(wanted);
  world.pipeline.collector.reindex(["codex"]);
  await world.read();
  expect(await shown()).toEqual(wanted);
  world.append(ROLLOUT, jsonl(sample(8, "130.25")));
  await world.read();
  expect((await shown())[0]).toEqual([130.25, at(6), at(8)]);
  world.close();
});

test("C-17 a balance that goes down has the same changes in whatever order it is read, and any has them in its own", async () => {
  await using viewer = await startViewer();
  const writer = creditWriter(viewer.db);
  const queries = creditRunQueries(viewer.db);
  let limit = 0;
  /** Runs as first reading, last reading and balance; a reading's time is its place in `balances`. */
  function runsOf(balances: number[], order: number[]): number[][] {
    const limit_id = `limit ${limit++}`;
    const of = {
      source: "codex",
      account: "default",
      limit_id,
      has_credits: true,
      is_unlimited: false,
    } as const;
    for (const i of order) writer.put([{ ...of, balance: balances[i]!, time_unix_ms: i }]);
    return queries
      .between({}, ALL, 100_000)
      .filter((run) => run.limit_id === limit_id)
      .map((run) => [run.time_unix_ms, run.last_unix_ms, run.balance!])
      .reverse();
  }
  function wanted(balances: number[]): number[][] {
    const runs: number[][] = [];
    for (const [i, balance] of balances.entries())
      if (runs.at(-1)?.[2] === balance) runs.at(-1)![1] = i;
      else runs.push([i, i, balance]);
    return runs;
  }
  const values = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 });
  void fc.assert(
    fc.property(values, fc.infiniteStream(fc.nat()), (balances, random) => {
      const inOrder = [...balances.keys()];
      expect(runsOf(balances, inOrder)).toEqual(wanted(balances));
      const falling = balances.toSorted((a, b) => b - a);
      const places = inOrder.map((i) => [random.next().value, i] as const).sort(([a], [b]) => a - b);
      expect(
        runsOf(
          falling,
          places.map(([, i]) => i),
        ),
      ).toEqual(wanted(falling));
    }),
  );
});
