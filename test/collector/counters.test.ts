import { expect, test } from "bun:test";
import { createCollector } from "../../collector/collector.ts";
import type { PipelineCounters } from "../../schema/status.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";
import { rollout } from "./codex-harness.ts";

const THREAD = "0199a0c0-0000-7000-8000-000000000001";
const ROLLOUT = `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${THREAD}.jsonl`;

const thread = () => rollout("x").meta(THREAD).turn("t1", "gpt-5.5-codex").count(1000, 1000).bytes();
const answer = (n: number) =>
  assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens: n } });
const counters = (w: World): PipelineCounters => w.pipeline.collector.counters();
const scanned = (w: World) =>
  Object.fromEntries(
    counters(w).files_scanned.map((row) => [`${row.source} ${row.stage} ${row.result}`, row.count]),
  );

test("B-09 good, broken and unreadable files are counted by source, stage and result", async () => {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(answer(1)));
  w.write(transcript("S2"), `${jsonl(answer(2))}{"broken\n${jsonl(answer(3))}`);
  w.write(ROLLOUT, thread());
  w.write(ROLLOUT.replace("000001.jsonl", "000002.jsonl.zst"), "not compressed at all");
  await w.read();
  const first = {
    "claude pass1 ok": 2,
    "claude pass2 ok": 1,
    "claude pass2 parse_error": 1,
    "codex pass1 ok": 2,
    "codex pass2 ok": 1,
    "codex pass2 io_error": 1,
  };
  expect(scanned(w)).toEqual(first);
  expect(counters(w).lines_rejected).toEqual(
    expect.arrayContaining([
      { source: "claude", count: 1 },
      { source: "codex", count: 0 },
    ]),
  );
  expect(counters(w).sessions_indexed).toEqual(
    expect.arrayContaining([
      { source: "claude", count: 1 },
      { source: "codex", count: 1 },
    ]),
  );
  for (const { buckets, count, sum_ms, source } of counters(w).parse_ms) {
    expect([source, count]).toEqual([source, source === "claude" ? 2 : 1]);
    expect(buckets.at(-1)).toEqual({ le_ms: 5000, count });
    expect(sum_ms).toBeGreaterThan(0);
  }
  w.append(transcript("S1"), jsonl(answer(4)));
  await w.read();
  expect(scanned(w)).toMatchObject({ "claude pass1 ok": 3, "claude pass2 ok": 1, "claude live ok": 1 });
  w.close();
});

test("B-09 a file that stays unreadable is counted and logged once, not with every scan", async () => {
  const w = createWorld();
  w.write(ROLLOUT.replace(".jsonl", ".jsonl.zst"), "not compressed at all");
  for (let scan = 0; scan < 3; scan++) await w.read();
  expect(scanned(w)).toMatchObject({ "codex pass2 io_error": 1 });
  expect(scanned(w)["codex live io_error"]).toBeUndefined();
  w.close();
});

test("B-08 a rollout below a Claude root, and a transcript below Codex's, give rejects and nothing else", async () => {
  const w = createWorld();
  w.write(`.claude/projects/-w-app/rollout-2026-11-01T10-00-00-${THREAD}.jsonl`, thread());
  w.write(ROLLOUT, jsonl(answer(1), answer(2)));
  await w.read();
  expect(w.all("select source, reason, count(*) as n from rejects group by 1, 2 order by 1")).toEqual([
    { source: "claude", reason: "wrong_source", n: 3 },
    { source: "codex", reason: "wrong_source", n: 2 },
  ]);
  expect(w.all("select 1 from requests")).toEqual([]);
  expect(w.all("select 1 from events")).toEqual([]);
  expect(w.all("select 1 from sessions where project_path is not null")).toEqual([]);
  expect(scanned(w)).toMatchObject({ "claude pass2 parse_error": 1, "codex pass2 parse_error": 1 });
  w.close();
});

test("B-10 with Codex switched off its files are not read, and not taken for deleted", async () => {
  const w = createWorld();
  w.write(ROLLOUT, thread());
  await w.read();

  const { bus, store } = w.pipeline;
  const slice = { rows: 500, bytes: 1024 * 1024 };
  const off = createCollector({ roots: [], store, metrics: bus, live: slice, history: slice });
  await off.drain();
  expect(w.all("select state from files where source = 'codex'")).toEqual([{ state: "active" }]);
  w.close();
});
