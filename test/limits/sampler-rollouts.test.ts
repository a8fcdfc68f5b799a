import { expect, test } from "bun:test";
import { join } from "node:path";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { toCctrackWindow } from "../../schema/rate-limits.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { createWorld, jsonl, type World } from "../world.ts";
import { MINUTE, NOON } from "./rig.ts";

type SampleRow = {
  window: string;
  used_percent: number;
  account: string;
  origin: string;
  time_unix_ms: number;
};
const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();
const window = (used_percent: number, window_minutes: number) => ({
  used_percent,
  window_minutes,
  resets_at: NOON / 1000 + 3600,
});

function rollout(id: string, reported: [minutes: number, rate_limits: unknown][]): string {
  const meta = {
    timestamp: at(0),
    type: "session_meta",
    payload: { id, timestamp: at(0), cwd: "/w/app", cli_version: "0.169.0" },
  };
  const counts = reported.map(([minutes, rate_limits]) => ({
    timestamp: at(minutes),
    type: "event_msg",
    payload: { type: "token_count", info: null, rate_limits },
  }));
  return jsonl(meta, ...counts);
}
const write = (world: World, id: string, text: string) =>
  world.write(`.codex/sessions/2026/11/20/rollout-2026-11-20T12-00-00-${id}.jsonl`, text);
const rows = (world: World) =>
  world.all<SampleRow>(
    "select window, used_percent, account, origin, time_unix_ms from rate_limit_samples order by time_unix_ms, window",
  );
const id = (n: number) => `01a1fa6f-0000-7000-8000-00000000000${n}`;

async function inWorld(check: (world: World) => Promise<void>): Promise<void> {
  const world = createWorld();
  try {
    await check(world);
  } finally {
    world.close();
  }
}

test("C-17 rollouts alone give the windows, marked as rollouts, and the newest reading is the newest by time", () =>
  inWorld(async (world) => {
    const both = (used: number) => ({
      limit_id: "codex",
      primary: window(used, 300),
      secondary: window(used + 20, 10_080),
    });
    write(world, id(2), rollout(id(2), [[30, both(50)]]));
    await world.read();
    // A file that is written later and reports an earlier time.
    write(world, id(1), rollout(id(1), [[1, both(23)]]));
    await world.read();
    expect(rows(world).map((r) => [r.origin, toCctrackWindow("codex", r.window), r.used_percent])).toEqual([
      ["rollout", "5h_limit", 23],
      ["rollout", "weekly_limit", 43],
      ["rollout", "5h_limit", 50],
      ["rollout", "weekly_limit", 70],
    ]);
    const [newest] = world.all<SampleRow>(
      "select * from rate_limit_samples where window = '5h' order by time_unix_ms desc limit 1",
    );
    expect(newest?.used_percent).toBe(50);
  }));

test("C-03 R09 a week in the first place is a week, and a window that is no longer reported gives no reading", () =>
  inWorld(async (world) => {
    const reported: [number, unknown][] = [
      [1, { limit_id: "codex", primary: window(80, 300), secondary: window(10, 10_080) }],
      [20, { limit_id: "codex", primary: window(11, 10_080), secondary: null }],
    ];
    write(world, id(1), rollout(id(1), reported));
    await world.read();
    expect(rows(world).map((r) => [r.window, r.used_percent])).toEqual([
      ["5h", 80],
      ["weekly", 10],
      ["weekly", 11],
    ]);
  }));

test("R07 R05 accounts are kept apart, and a window that restarted is a reading of its own", () =>
  inWorld(async (world) => {
    const sample = (
      account: string,
      minutes: number,
      used_percent: number,
      resets: number,
    ): RateLimitSample => ({
      sample_id: `${account}:${minutes}`,
      source: "claude",
      origin: "statusline",
      account,
      limit_id: "claude",
      window: "5h",
      window_minutes: 300,
      used_percent,
      resets_at_unix_ms: NOON + resets * MINUTE,
      time_unix_ms: NOON + minutes * MINUTE,
      session_id: "",
    });
    const samples = [sample("work", 0, 95, 5), sample("work", 10, 2, 305), sample("home", 10, 40, 100)];
    await spoolSamples(world.config.data_dir, samples, NOON);
    await world.read();
    expect(rows(world).map((r) => [r.account, r.used_percent])).toEqual([
      ["work", 95],
      ["work", 2],
      ["home", 40],
    ]);
  }));

test("F032 a record of readings that is not one is a counted reject, and its neighbours are stored", () =>
  inWorld(async (world) => {
    const { data_dir } = world.config;
    const good = {
      source: "claude",
      origin: "command",
      account: "default",
      limit_id: "claude",
      window: "5h",
      window_minutes: 300,
      used_percent: 1,
      resets_at_unix_ms: null,
      time_unix_ms: NOON,
      session_id: "",
    } as const;
    await spoolSamples(data_dir, [{ ...good, sample_id: "a" }], NOON);
    await spoolSamples(data_dir, [{ ...good, sample_id: "b", account: "person@example.test" }], NOON);
    await spoolSamples(data_dir, [{ ...good, sample_id: "c" }], NOON);
    await world.read();
    expect(rows(world)).toHaveLength(2);
    expect(world.all("select reason, detail from rejects")).toEqual([
      { reason: "unknown_shape", detail: "samples.0.account: custom" },
    ]);
    expect(await Bun.file(join(data_dir, "hall.db")).text()).not.toContain("person@example");
  }));
