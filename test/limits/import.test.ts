import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importUsage, readCheckpoints } from "../../collector/limits/import.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { forEachVendor } from "../../schema/vendors.ts";
import { createWorld } from "../world.ts";
import { ENV, NOON, tempRig } from "./rig.ts";

const MAIN = join(import.meta.dir, "../../cli/main.ts");

/** A line as ccTrack's sampler wrote it: windows at the top, a share of 1, Go's time with nanoseconds. */
function line(source_tool: "claude" | "codex", seq_no: number, hostname = "oldbox"): string {
  const window = { usage_ratio: seq_no / 100, resets_at: "2026-11-20T15:00:00.123456789Z" };
  const windows = source_tool === "claude" ? { session: window, weekly_all: window } : { "5h_limit": window };
  const timestamp = `2026-11-20T11:${String(seq_no).padStart(2, "0")}:00.123456789Z`;
  return JSON.stringify({ source_tool, seq_no, timestamp, hostname, ...windows });
}
const file = (path: string, lines: string[]) => {
  writeFileSync(path, lines.map((l) => `${l}\n`).join(""));
  return path;
};

test("A-10 a file from before Codex was sampled imports whole, and Codex's checkpoint stays at 0", async () => {
  using rig = tempRig();
  const old = file(
    rig.path("usage-20261120.jsonl"),
    [1, 2, 3].map((n) => line("claude", n)),
  );
  expect(await importUsage(rig.data, [old], NOON)).toEqual({
    lines: 3,
    events: { ...forEachVendor(() => 0), claude: 3 },
    known: 0,
    unreadable: 0,
    samples: 6,
  });
  expect(readCheckpoints(rig.data)).toEqual({ oldbox: { claude: 3 } });
  expect(rig.spooled()[0]).toMatchObject({
    source: "claude",
    origin: "command",
    window: "5h",
    window_minutes: 300,
    used_percent: 1,
    resets_at_unix_ms: Date.parse("2026-11-20T15:00:00.123Z"),
    time_unix_ms: Date.parse("2026-11-20T11:01:00.123Z"),
  });
});

test("A-11 each source goes on at its own checkpoint, and a second import changes nothing", async () => {
  using rig = tempRig();
  const before = Array.from({ length: 10 }, (_, i) => line("claude", i + 1));
  await importUsage(rig.data, [file(rig.path("a.jsonl"), before)], NOON);
  expect(readCheckpoints(rig.data)).toEqual({ oldbox: { claude: 10 } });

  const mixed = Array.from({ length: 12 }, (_, i) => line(i % 2 === 0 ? "claude" : "codex", i + 1));
  mixed.push(line("claude", 12));
  const path = file(rig.path("b.jsonl"), mixed);
  const second = await importUsage(rig.data, [path], NOON);
  expect(second).toMatchObject({ events: { claude: 2, codex: 6 }, known: 5 });
  expect(readCheckpoints(rig.data)).toEqual({ oldbox: { claude: 12, codex: 12 } });
  const third = await importUsage(rig.data, [path], NOON);
  expect(third).toMatchObject({ events: { claude: 0, codex: 0 }, known: 13, samples: 0 });
});

test("A-11 I9.3 days that are imported in any order give every reading, and none twice", async () => {
  using rig = tempRig();
  const day = (name: string, from: number) =>
    file(
      rig.path(name),
      Array.from({ length: 4 }, (_, i) => line(i % 2 === 0 ? "claude" : "codex", from + i)),
    );
  const days = [day("c.jsonl", 9), day("a.jsonl", 1), day("b.jsonl", 5)];
  for (const path of days)
    expect(await importUsage(rig.data, [path], NOON)).toMatchObject({
      events: { claude: 2, codex: 2 },
      known: 0,
    });
  expect(await importUsage(rig.data, days, NOON)).toMatchObject({ known: 12, samples: 0 });
});

test("A-10 numbers of two hosts have nothing to do with each other, and a torn line is counted", async () => {
  using rig = tempRig();
  const lines = [
    line("claude", 5, "a"),
    line("claude", 1, "b"),
    '{"source_tool":"claude","seq_no":2,"ti',
    "{}",
  ];
  const path = file(rig.path("a.jsonl"), lines);
  expect(await importUsage(rig.data, [path], NOON)).toMatchObject({ events: { claude: 2 }, unreadable: 2 });
  expect(readCheckpoints(rig.data)).toEqual({ a: { claude: 5 }, b: { claude: 1 } });
});

test("A-11 the command imports into the database, and running it again adds no row", async () => {
  using rig = tempRig();
  file(rig.path("usage-20261119.jsonl"), [line("claude", 1), line("codex", 2)]);
  file(rig.path("usage-20261120.jsonl"), [line("claude", 3), line("codex", 4)]);
  const run = () => {
    // The later day first: the command puts days in their order.
    const files = ["usage-20261120.jsonl", "usage-20261119.jsonl"].map(rig.path);
    const done = Bun.spawnSync(
      [process.execPath, ...BUN_SEAL, MAIN, "limits", "import", ...files, "--json"],
      {
        env: { ...ENV, HOME: rig.path("home"), HALL_DATA_DIR: rig.data },
      },
    );
    expect(done.stderr.toString()).toBe("");
    return JSON.parse(done.stdout.toString());
  };
  expect(run()).toMatchObject({ events: { claude: 2, codex: 2 }, samples: 6 });
  expect(run()).toMatchObject({ known: 4, samples: 0 });
  const world = createWorld({ HALL_DATA_DIR: rig.data });
  try {
    await world.read();
    const { n } = world.one<{ n: number }>("select count(*) as n from rate_limit_samples");
    expect(n).toBe(6);
  } finally {
    world.close();
  }
});
