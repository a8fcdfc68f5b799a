import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Probe, ProbeResult } from "../../collector/limits/probe.ts";
import { createWorld } from "../world.ts";
import { CADENCE, CLAUDE_EVENT, CODEX_EVENT, ENV, MINUTE, NOON, prints, type Rig, tempRig } from "./rig.ts";

const HOUR = 60 * MINUTE;

/** Both sources as programs that stamp the time which the test's clock shows. */
function both(rig: Rig, cadences = { claude: CADENCE, codex: CADENCE }): Probe[] {
  return (["claude", "codex"] as const).map((source) => {
    const event = { claude: CLAUDE_EVENT, codex: CODEX_EVENT }[source];
    const stamped = prints({ ...event, timestamp: "@" }).replace(
      "cat",
      `sed "s/@/$(cat ${rig.path("time")})/"`,
    );
    const probe = rig.probe(source, rig.command(source, stamped), { cadence_ms: cadences[source] });
    return {
      ...probe,
      run(now, signal) {
        writeFileSync(rig.path("time"), new Date(rig.clock.now).toISOString());
        return probe.run(now, signal);
      },
    };
  });
}
const numbers = (rig: Rig) => rig.lines().map((line) => line.seq_no);

test("A-18 the day's file changes at midnight UTC and the numbers go on", async () => {
  using rig = tempRig();
  const sampler = rig.sampler(both(rig));
  rig.clock.now = Date.parse("2026-11-20T23:58:00Z");
  await sampler.tick();
  rig.clock.now += CADENCE;
  await sampler.tick();
  expect(rig.dayFiles()).toEqual(["usage-20261120.jsonl", "usage-20261121.jsonl"]);
  expect(numbers(rig)).toEqual([1, 2, 3, 4]);
});

test("A-21 each source keeps its own cadence", async () => {
  using rig = tempRig();
  const sampler = rig.sampler(both(rig, { claude: CADENCE, codex: 2 * CADENCE }));
  for (let minute = 0; minute <= 20; minute++) {
    await sampler.tick();
    rig.clock.now += MINUTE;
  }
  expect([rig.runs("claude"), rig.runs("codex")]).toEqual([5, 3]);
});

test("A-21 in parallel and one after the other give the same lines", async () => {
  const lines = async (mode: "parallel" | "sequential") => {
    using rig = tempRig();
    const sampler = rig.sampler(both(rig), { mode });
    for (let i = 0; i < 3; i++) {
      await sampler.tick();
      rig.clock.now += CADENCE;
    }
    return rig.lines();
  };
  const parallel = await lines("parallel");
  expect(parallel).toHaveLength(6);
  expect(await lines("sequential")).toEqual(parallel);
});

describe("a machine that sleeps", () => {
  test("A-17 after two hours one capture runs at once, and none of the missed ones", async () => {
    using rig = tempRig();
    const sampler = rig.sampler(both(rig));
    await sampler.tick();
    rig.clock.now += 2 * HOUR;
    await sampler.tick();
    await sampler.tick();
    expect(rig.runs("claude")).toBe(2);
    expect(sampler.health()[0]?.next_due_unix_ms).toBe(rig.clock.now + CADENCE);
    const times = rig.lines().map((l) => Date.parse(l.timestamp));
    expect([...new Set(times)]).toEqual([NOON, NOON + 2 * HOUR]);
  });

  test("A-17 the loop notices the jump of the clock itself, before anything would be due", async () => {
    using rig = tempRig();
    const probes = both(rig, { claude: 6 * HOUR, codex: 6 * HOUR });
    const naps: number[] = [];
    const done = Promise.withResolvers<void>();
    const sampler = rig.sampler(probes, {
      async sleep(ms, signal) {
        do await Bun.sleep(1);
        while (sampler.health().some((h) => h.is_running));
        naps.push(ms);
        rig.clock.now += naps.length === 3 ? 2 * HOUR : ms;
        if (naps.length === 6) done.resolve();
        if (naps.length >= 6) await new Promise((go) => signal.addEventListener("abort", go));
      },
    });
    sampler.start();
    await done.promise;
    await sampler.stop();
    expect(Math.max(...naps)).toBeLessThanOrEqual(5_000);
    expect([sampler.counters.wakes, rig.runs("claude"), rig.runs("codex")]).toEqual([1, 2, 2]);
  });

  test("F032 a clock that is set back by a day does not stop the sampler for a day", async () => {
    using rig = tempRig();
    const sampler = rig.sampler(both(rig));
    await sampler.tick();
    rig.clock.now -= 24 * HOUR;
    await sampler.tick();
    expect(rig.runs("claude")).toBe(2);
    expect(sampler.health()[0]?.next_due_unix_ms).toBe(rig.clock.now + CADENCE);
  });
});

describe("A-12 a crash", () => {
  test("A-12 between the line and the rest loses no event and uses no number twice", async () => {
    using rig = tempRig();
    await rig.sampler(both(rig)).tick();
    const spooled = rig.spooled().map((s) => s.sample_id);
    // As if the process had died right after the line: neither record nor state.
    rmSync(join(rig.data, "spool"), { recursive: true });
    rmSync(join(rig.data, "usage/sampler-state.json"));
    rig.clock.now += CADENCE;
    const again = rig.sampler(both(rig));
    await again.tick();
    expect(numbers(rig)).toEqual([1, 2, 3, 4]);
    expect(again.counters.recovered_events).toBe(2);
    expect(rig.spooled().map((s) => s.sample_id)).toEqual(expect.arrayContaining(spooled));
  });

  test("A-12 in the middle of a line: half a line is cut off and counted, a whole one gets its end", async () => {
    using rig = tempRig();
    await rig.sampler(both(rig)).tick();
    const path = join(rig.data, "usage/usage-20261120.jsonl");
    const whole = readFileSync(path, "utf8");
    appendFileSync(path, '{"source_tool":"claude","seq_no":3,"time');
    const torn = rig.sampler(both(rig));
    expect([torn.counters.torn_lines, readFileSync(path, "utf8")]).toEqual([1, whole]);
    writeFileSync(path, whole.trimEnd());
    const unfinished = rig.sampler(both(rig));
    expect([unfinished.counters.torn_lines, readFileSync(path, "utf8")]).toEqual([0, whole]);
  });

  test("A-12 kill -9 in a real process again and again: every line is whole, no number comes twice", async () => {
    using rig = tempRig();
    rig.command("claude", prints(CLAUDE_EVENT));
    rig.command("codex", prints(CODEX_EVENT));
    for (let i = 0; i < 5; i++) {
      const child = Bun.spawn(
        [process.execPath, join(import.meta.dir, "sampler-child.ts"), rig.data, rig.path("")],
        {
          env: ENV,
          stdout: "pipe",
        },
      );
      // The child reports when it wrote; the kill then falls somewhere into the next rounds.
      await child.stdout.getReader().read();
      child.kill("SIGKILL");
      await child.exited;
    }
    await rig.sampler(both(rig)).tick();
    const seen = numbers(rig);
    expect(seen.length).toBeGreaterThanOrEqual(12);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    const stored = new Set(rig.spooled().map((s) => s.sample_id.split(":")[3]));
    expect(seen.filter((n) => !stored.has(String(n)))).toEqual([]);
  });
});

describe("health", () => {
  const answer = (failure: "rate_limited" | "unreachable" | null): ProbeResult =>
    failure === null
      ? {
          ok: true,
          credits: [],
          event: {
            source_tool: "codex",
            time_unix_ms: NOON,
            hostname: "",
            account: "default",
            origin: "app_server",
            windows: [],
          },
        }
      : { ok: false, failure };
  const probe = (results: Parameters<typeof answer>[0][]): Probe => ({
    name: "codex_app_server",
    source: "codex",
    origin: "app_server",
    account: "default",
    cadence_ms: MINUTE,
    program: "codex",
    run: async () => answer(results.shift() ?? null),
  });

  test("A-22 each source counts its successes, its failures by class, and when it last succeeded", async () => {
    using rig = tempRig();
    const sampler = rig.sampler([probe([null, "unreachable", "unreachable"])], {
      backoff: { base_ms: 0, cap_ms: 0 },
    });
    const requests: (string | null)[] = [];
    sampler.onProbe((note) => void requests.push(note.failure));
    for (let i = 0; i < 3; i++) {
      await sampler.tick();
      rig.clock.now += MINUTE;
    }
    expect(sampler.health()[0]).toMatchObject({
      captures: 1,
      failures: 2,
      failures_by_class: { unreachable: 2 },
      consecutive_failures: 2,
      last_failure_class: "unreachable",
      last_success_unix_ms: NOON,
      last_attempt_unix_ms: NOON + 2 * MINUTE,
      is_running: false,
    });
    expect(requests).toEqual([null, "unreachable", "unreachable"]);
  });

  test("R04 after a 429 the next try waits five minutes, then twice as long, up to an hour", async () => {
    using rig = tempRig();
    const tries = Array.from({ length: 7 }, () => "rate_limited" as const);
    const sampler = rig.sampler([probe([...tries, null])], { backoff: { base_ms: 0, cap_ms: 0 } });
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await sampler.tick();
      const due = sampler.health()[0]?.next_due_unix_ms ?? 0;
      waits.push((due - rig.clock.now) / MINUTE);
      rig.clock.now = due;
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60, 60, 1]);
  });

  test("F032 stop ends the processes that run", async () => {
    using rig = tempRig();
    const sampler = rig.sampler([rig.probe("claude", rig.command("claude", "sleep 600"))]);
    sampler.start();
    while (rig.runs("claude") === 0) await Bun.sleep(5);
    const started = performance.now();
    await sampler.stop();
    expect(performance.now() - started).toBeLessThan(60_000);
    expect(sampler.health()[0]).toMatchObject({ captures: 0, failures: 0 });
  });

  test("A-20 ten thousand cycles leave no memory behind", async () => {
    using rig = tempRig();
    // Two, so that one waits for the other.
    const sampler = rig.sampler([probe([]), probe([])]);
    const objectsAfter = async (cycles: number) => {
      for (let i = 0; i < cycles; i++) {
        await sampler.tick();
        rig.clock.now += MINUTE;
      }
      Bun.gc(true);
      return heapStats().objectCount;
    };
    const warm = await objectsAfter(5_000);
    const after = await objectsAfter(5_000);
    expect(sampler.health().map(({ captures }) => captures)).toEqual([10_000, 10_000]);
    // Counted, not measured in bytes: those go up and down by themselves. One kept of each cycle would be 5,000.
    expect(after - warm).toBeLessThan(500);
  });
});

test("F032 what was sampled is in the database, and nothing of it is rejected", async () => {
  using rig = tempRig();
  const world = createWorld({ HALL_DATA_DIR: rig.data });
  try {
    const sampler = rig.sampler(both(rig));
    await sampler.tick();
    await world.read();
    const rows = world.all<{ source: string; origin: string; window: string; used_percent: number }>(
      "select source, origin, window, used_percent from rate_limit_samples order by source, window",
    );
    expect(rows.map((r) => [r.source, r.origin, r.window, r.used_percent])).toEqual([
      ["claude", "command", "5h", 42],
      ["claude", "command", "weekly", 10],
      ["claude", "command", "weekly_opus", 3],
      ["codex", "command", "5h", 23],
      ["codex", "command", "weekly", 44],
    ]);
    expect(world.one<{ n: number }>("select count(*) as n from rejects").n).toBe(0);
  } finally {
    world.close();
  }
});
