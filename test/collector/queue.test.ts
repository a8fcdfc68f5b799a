import { expect, test } from "bun:test";
import { realpathSync, rmSync, symlinkSync } from "node:fs";
import { openPipeline } from "../../cli/pipeline.ts";
import { createRest } from "../../cli/rest.ts";
import { createPipelineCounters } from "../../collector/counters.ts";
import { createFileReads } from "../../collector/file-reads.ts";
import { createFiles } from "../../collector/files.ts";
import { claude } from "../../collector/sources/claude/source.ts";
import { DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import { appendRecords, spoolRecord, toolStarted } from "../e2e/records.ts";
import { fireHook } from "../hooks/fire.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const MINUTE_MS = 60_000;
const SLICE = { live: { rows: 500, bytes: 8 << 20 }, history: { rows: 500, bytes: 8 << 20 } };
const events = (w: World) => w.one<{ n: number }>("select count(*) as n from events").n;
const requests = (w: World) => w.one<{ n: number }>("select count(*) as n from requests").n;

/** That many responses in one file, each some kilobytes long. */
const history = (session: string, responses: number) =>
  jsonl(
    ...Array.from({ length: responses }, (_, i) =>
      assistant({
        sessionId: session,
        requestId: `req_01${session}x${i}`,
        message: {
          id: `msg_01${session}x${i}`,
          content: [{ type: "text", text: "x".repeat(4000) }],
        },
        usage: { output_tokens: 1 },
      }),
    ),
  );

test("F007.A1 what a hook wrote into the spool is stored, and the bus hears of it after the commit", async () => {
  const w = createWorld();
  const received: { seq: number; stored: number }[] = [];
  w.pipeline.bus.subscribe("committed", ({ seq }) => received.push({ seq, stored: events(w) }));
  const payload = { session_id: "s1", hook_event_name: "SessionStart", cwd: "/w/shop", source: "resume" };
  const fired = await fireHook("SessionStart", JSON.stringify(payload), {
    env: { HOME: w.home, HALL_DATA_DIR: w.config.data_dir },
  });
  expect([fired.code, events(w), received]).toEqual([0, 0, []]);
  await w.read();
  expect(
    w.all("select seq, event_type, origin, source_session_id from events join sessions using (session_pk)"),
  ).toEqual([{ seq: 1, event_type: "session_started", origin: "hook", source_session_id: "s1" }]);
  expect(received).toEqual([{ seq: 1, stored: 1 }]);
  w.close();
});

test("EC004 a hook's event is stored before the history that was there at the start", async () => {
  const w = createWorld();
  for (let i = 0; i < 40; i++) w.write(transcript(`S${i}`), history(`S${i}`, 100));
  appendRecords(w.config.data_dir, [spoolRecord("e-1", toolStarted("S0", "toolu_1"))]);
  w.pipeline.collector.scan();
  await w.pipeline.collector.pass();
  expect([events(w), requests(w)]).toEqual([1, 0]);
  await w.pipeline.collector.pass();
  expect(requests(w)).toBeGreaterThan(0);
  expect(requests(w)).toBeLessThan(4000);
  // New events come before the next step of the history.
  const before = requests(w);
  appendRecords(w.config.data_dir, [spoolRecord("e-2", toolStarted("S0", "toolu_2"))]);
  w.pipeline.collector.pollSpool();
  await w.pipeline.collector.pass();
  expect([events(w), requests(w)]).toEqual([2, before]);
  await w.read();
  expect([events(w), requests(w)]).toEqual([2, 4000]);
  w.close();
});

test("EC004 twenty thousand events that wait in a file are taken in steps, each once and in order", async () => {
  const w = createWorld();
  await w.read();
  const ids = Array.from({ length: 20_000 }, (_, i) => `burst-${String(i).padStart(5, "0")}`);
  appendRecords(w.config.data_dir, [
    Buffer.concat(ids.map((id) => spoolRecord(id, { ...toolStarted("S1", id), note: "x".repeat(900) }))),
  ]);
  w.pipeline.collector.pollSpool();
  const steps: number[] = [];
  for (let n = 0; await w.pipeline.collector.pass(); n = events(w)) steps.push(events(w) - n);
  expect(steps.length).toBeGreaterThan(1);
  expect(
    w.all<{ tool_use_id: string }>("select tool_use_id from events order by seq").map((e) => e.tool_use_id),
  ).toEqual(ids);
  w.close();
});

test("F007.A3 a source that fails does not stop the others, and the status names its file", async () => {
  const w = createWorld();
  w.write(".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-broken.jsonl.zst", "this is no zstd");
  w.write(transcript("S1"), history("S1", 3));
  appendRecords(w.config.data_dir, [spoolRecord("e-1", toolStarted("S1", "toolu_1"))]);
  await w.read();
  expect([events(w), requests(w)]).toEqual([1, 3]);
  expect(w.pipeline.collector.telemetry.problems().map((p) => p.detail)).toEqual([
    expect.stringContaining("rollout-2026-11-01T10-00-00-broken.jsonl.zst"),
  ]);
  w.close();
});

test("F007 a problem with a file or a folder ends with its cause", async () => {
  const w = createWorld();
  const { collector } = w.pipeline;
  const problems = () => collector.telemetry.problems().map((p) => p.code);
  const broken = w.write(".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-b.jsonl.zst", "no zstd");
  w.write(transcript("S1"), history("S1", 1));
  const loop = w.path(".claude/projects/loop");
  symlinkSync(w.home, loop);
  await w.read();
  expect(problems().sort()).toEqual(["link_to_above", "unreadable"]);
  collector.scan();
  expect(problems().length).toBe(2);
  rmSync(loop);
  collector.scan();
  expect(problems()).toEqual(["unreadable"]);
  rmSync(broken);
  collector.scan();
  expect(problems()).toEqual([]);
  w.close();
});

test("V6 only history takes the fast path, and none where it is switched off", () => {
  const w = createWorld();
  const { collector, store } = w.pipeline;
  const jobs = (isFast: boolean) => {
    const files = createFiles(store);
    const { telemetry, progress } = collector;
    const counters = createPipelineCounters(undefined);
    const parts = {
      roots: [],
      files,
      capture: DEFAULT_CAPTURE,
      progress,
      counters,
      telemetry,
      now: Date.now,
    };
    const readings = createFileReads({ ...parts, isFast });
    return [true, false].map((live) => readings.job({ source: claude, path: "/s.jsonl", live }, 1).is_fast);
  };
  expect([jobs(true), jobs(false)]).toEqual([
    [false, true],
    [false, false],
  ]);
  w.close();
});

test("F1 a large file of which a part is stored is read on by the next program, though it did not change", async () => {
  const w = createWorld();
  w.write(transcript("S1"), history("S1", 2600));
  w.pipeline.collector.scan();
  await w.pipeline.collector.pass();
  expect(requests(w)).toBeGreaterThan(0);
  expect(requests(w)).toBeLessThan(2600);
  w.pipeline.close();
  const next = openPipeline(w.config, SLICE);
  await next.collector.drain();
  expect(next.db.query("select count(*) as n from requests").get()).toEqual({ n: 2600 });
  next.close();
  rmSync(w.home, { recursive: true, force: true });
});

test("F007 a change that a scan finds first is missed by the watcher only if no report of it comes by the next scan", async () => {
  const w = createWorld();
  const { collector } = w.pipeline;
  await w.read();
  for (const [session, isReported] of [
    ["S1", true],
    ["S2", false],
  ] as const) {
    const path = w.write(transcript(session), history(session, 1));
    collector.scan();
    expect(collector.foundByScan()).toBe(0);
    if (isReported) collector.touch(realpathSync(path));
    await w.read();
    expect(collector.foundByScan()).toBe(isReported ? 0 : 1);
  }
  expect(requests(w)).toBe(2);
  w.close();
});

test("F007 a change that the system leaves unreported ends the rest for a while, not for good", async () => {
  const w = createWorld();
  const { collector } = w.pipeline;
  await w.read();
  let time = 0;
  const rest = createRest({ ...collector, isReported: () => true, now: () => time });
  time += 2 * MINUTE_MS;
  expect(rest.isAtRest()).toBe(true);
  for (const session of ["S1", "S2"]) {
    // Nothing watches this folder: only the scan finds the file.
    w.write(transcript(session), history(session, 1));
    collector.scan();
    await w.read();
    rest.worked();
    for (const minutes of [0, 2, 7]) {
      time += minutes * MINUTE_MS;
      expect(rest.isAtRest()).toBe(false);
    }
    time += MINUTE_MS;
    expect(rest.isAtRest()).toBe(true);
  }
  expect(collector.foundByScan()).toBe(2);
  w.close();
});
