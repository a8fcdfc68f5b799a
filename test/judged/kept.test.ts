import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createJudged } from "../../store/judged/judged.ts";
import { keepBySession } from "../../store/judged/keep.ts";
import { createRandom, type Random } from "../bench/random.ts";
import { BEGIN, type StoryCall, type StoryRequest, write } from "../waste/story.ts";
import { createWorld, type World } from "../world.ts";
import { createWorldApp } from "../world-app.ts";

const NOW = BEGIN + 3 * 86_400_000;
const MINUTE = 60_000;
const MODELS = ["claude-opus-4-1", "claude-opus-4-1", "claude-opus-4-1", "claude-haiku-4-5"];

function requestsOf({ pick, int, chance }: Random): StoryRequest[] {
  let context = int(20_000, 150_000);
  let turn = 1;
  return Array.from({ length: int(1, 45) }, (): StoryRequest => {
    if (chance(0.15)) turn++;
    const read = chance(0.8) ? context : int(0, context);
    const fresh = pick([0, 300, 12_000, 40_000]);
    const entry = pick(["m5", "m5", "h1", "plain"]);
    const tokens = { plain: 0, m5: 0, h1: 0, [entry]: context - read + fresh };
    context = chance(0.05) ? 30_000 : Math.min(195_000, context + fresh);
    const calls = Array.from({ length: pick([0, 1, 1, 2]) }, (): StoryCall => {
      const [argument, chars] = [pick(["a", "b"]), pick([40, 9_000, 60_000])];
      return { tool: pick(["Bash", "Read"]), argument, fails: chance(0.6), chars };
    });
    const wait_ms = pick([5000, 5000, 40_000, 3 * MINUTE, 20 * MINUTE, 61 * MINUTE]);
    return { ...tokens, read, out: pick([0, 1, 700]), wait_ms, model: pick(MODELS), turn, calls };
  });
}

type File = { path: string; lines: string[] };

/** Transcripts of three sessions and a sub-agent, and a fork of the first that repeats its beginning. */
function transcripts(random: Random): File[] {
  const world = createWorld();
  try {
    write(world, { session: "S1", requests: requestsOf(random) });
    write(world, {
      session: "S1",
      agent: "a1",
      requests: requestsOf(random).map((r) => ({ ...r, turn: 1 })),
    });
    write(world, { session: "S2", requests: requestsOf(random) });
    write(world, { session: "S3", requests: requestsOf(random) });
    const names = readdirSync(world.path(".claude"), { recursive: true, encoding: "utf8" });
    const files = names
      .filter((name) => name.endsWith(".jsonl"))
      .sort()
      .map((name): File => {
        const path = `.claude/${name}`;
        return { path, lines: readFileSync(world.path(path), "utf8").trimEnd().split("\n") };
      });
    const first = files.find((f) => f.path.endsWith("/S1.jsonl"))!;
    const copied = first.lines.slice(0, random.int(1, first.lines.length));
    const fork = copied.map((line) => line.replaceAll('"S1"', '"S4"').replaceAll('"S1-p', '"S4-p'));
    return [...files, { path: first.path.replace("/S1.", "/S4."), lines: fork }];
  } finally {
    world.close();
  }
}

/** Some lines of one file, and some of another, whichever come next. */
async function readSome(world: World, files: File[], { pick, int }: Random): Promise<void> {
  for (let n = int(1, 3); n > 0; n--) {
    const file = pick(files);
    const lines = file.lines.splice(0, int(1, 30));
    if (lines.length > 0) world.append(file.path, lines.map((line) => `${line}\n`).join(""));
  }
  await world.read();
  await world.pipeline.collector.drainTexts();
}

/** Often the whole of a quarter of an hour, often not. */
function rangeOf({ int, chance }: Random): string {
  const minutes = (low: number, high: number) => int(low, high) * (chance(0.5) ? 15 : 1);
  const from = BEGIN + minutes(-10, 400) * MINUTE;
  const until = from + minutes(1, 2000) * MINUTE;
  return `start_time=${from}&end_time=${until}`;
}

const ROUTES = [
  ["GET /api/waste", "/api/waste?limit=500"],
  ["GET /api/cache", "/api/cache?by=day&limit=500"],
  ["GET /api/cache", "/api/cache?by=session&limit=500"],
  ["GET /api/requests", "/api/requests?sort=lost&limit=500"],
  ["GET /api/requests", "/api/requests?group_by=tool&group=Bash&limit=500"],
  ["GET /api/aggregations", "/api/aggregations?metric=cost&group_by=tool&period=day"],
] as const;

test.each([1, 2, 3, 4, 5, 6])(
  "W10 E06 what is kept of sessions answers as their rows do (%d)",
  async (seed) => {
    const random = createRandom(seed);
    const files = transcripts(random);
    const world = createWorld();
    try {
      const kept = createJudged(world.db, world.pipeline.book, world.pipeline.store.changes);
      const app = createWorldApp(world, { now: NOW, judged: kept });
      const plain = createWorldApp(world, { now: NOW });
      const check = async (range: string) => {
        for (const [key, path] of ROUTES)
          expect(await app.json(key, `${path}&${range}`)).toEqual(await plain.json(key, `${path}&${range}`));
      };
      while (files.some((f) => f.lines.length > 0)) {
        await readSome(world, files, random);
        await check(`start_time=${NOW - 80 * 86_400_000}`);
        await check(rangeOf(random));
      }
      for (let i = 0; i < 15; i++) await check(rangeOf(random));
    } finally {
      world.close();
    }
  },
);

test("W10 E06 a call that moves to its owner's session changes the one that it leaves", async () => {
  const world = createWorld();
  try {
    const { changes } = world.pipeline.store;
    const failing = { tool: "Bash", argument: "a", fails: true, chars: 40 };
    const tokens = {
      plain: 100_000,
      m5: 0,
      h1: 0,
      read: 0,
      out: 5,
      wait_ms: 5000,
      model: MODELS[0]!,
      turn: 1,
    };
    const requests = Array.from({ length: 5 }, () => ({ ...tokens, calls: [failing] }));
    write(world, { session: "S1", requests });
    const path = ".claude/projects/-w-app/S1.jsonl";
    const own = readFileSync(world.path(path), "utf8");
    world.write(path, "");
    world.write(path.replace("S1", "S4"), own.replaceAll('"S1"', '"S4"'));
    await world.read();
    const copy = world.one<{ pk: number }>(
      "select session_pk as pk from sessions where source_session_id = 'S4'",
    );
    const before = changes.commits();
    world.db
      .query("update tool_calls set session_pk = ? where session_pk = ?")
      .run(world.one<{ pk: number }>("select max(session_pk) + 1 as pk from sessions").pk, copy.pk);
    world.pipeline.store.record([], { any: "thing" });
    expect(changes.since(before)).toContain(copy.pk);
  } finally {
    world.close();
  }
});

test("W10 of more than is kept the sessions that ended first are worked out again", () => {
  const keep = keepBySession<{ until_unix_ms: number; parts: number }>(
    { commits: () => 0, since: () => [] },
    10,
  );
  let made = 0;
  const get = (n: number) =>
    keep.get(n, () => {
      made++;
      return { until_unix_ms: n, parts: 2 };
    });
  for (const n of [1, 2, 3, 4, 5, 6]) get(n);
  expect(keep.size()).toEqual({ sessions: 3, parts: 6 });
  made = 0;
  for (const n of [4, 5, 6]) get(n);
  expect(made).toBe(0);
  for (const n of [1, 2, 3, 1, 2, 3]) get(n);
  expect(made).toBe(6);
  expect(keep.size()).toEqual({ sessions: 3, parts: 6 });
});
