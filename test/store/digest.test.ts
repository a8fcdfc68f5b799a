import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openDatabase, openReader } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { run, spawnCli } from "../cli/run.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");
const SESSIONS = 24;
const LINES = 500;
let corpus: string;
let files: string[];

/** Recorded conversations of both agents, and enough made ones that a reading can be killed in its middle. */
beforeAll(() => {
  corpus = mkdtempSync(join(tmpdir(), "hall-corpus-"));
  for (const version of ["2.1.197", "2.1.329"])
    cpSync(join(FIXTURES, "claude/transcripts", version), join(corpus, ".claude"), { recursive: true });
  cpSync(join(FIXTURES, "codex/home"), join(corpus, ".codex"), { recursive: true });
  for (let s = 0; s < SESSIONS; s++) {
    const path = join(corpus, transcript(`made-${s}`));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, jsonl(...madeLines(s)));
  }
  files = readdirSync(corpus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(corpus.length + 1))
    .sort();
});
afterAll(() => rmSync(corpus, { recursive: true, force: true }));

/** Every third response is also in the session before it, as after a fork. */
function madeLines(session: number): unknown[] {
  const start = Date.parse("2026-10-01T00:00:00Z") + session * 86_400_000;
  return Array.from({ length: LINES }, (_, n) => {
    const owner = n % 3 === 0 && session > 0 ? session - 1 : session;
    const id = `${owner}x${n}`;
    if (n % 97 === 5) return `not JSON ${id}`;
    return assistant({
      uuid: `u-${id}`,
      sessionId: `made-${session}`,
      requestId: `req_01${id}`,
      timestamp: new Date(start + n * 60_000).toISOString(),
      message: {
        id: `msg_01${id}`,
        model: n % 5 === 0 ? "claude-opus-9-1" : "claude-haiku-5-5",
        content: [{ type: "tool_use", id: `toolu_01${id}`, name: "Bash", input: { command: `echo ${id}` } }],
      },
      usage: { input_tokens: n, cache_read_input_tokens: n * 150, output_tokens: n % 400 },
    });
  });
}

/** A link is the same file with the same birth, under the world's own home. */
function put(world: World, file: string): void {
  mkdirSync(dirname(world.path(file)), { recursive: true });
  linkSync(join(corpus, file), world.path(file));
}

async function digestOf(read: (world: World) => Promise<void>) {
  const world = createWorld();
  await read(world);
  expect(countRollupDifferences(world.db)).toBe(0);
  const found = digest(world.db);
  world.close();
  return found;
}

const inOneGo = (withTexts = false) =>
  digestOf(async (w) => {
    for (const file of files) put(w, file);
    await w.read();
    if (withTexts) await w.pipeline.collector.drainTexts();
  });

describe("the digest of a database", () => {
  test("F036 the same files give the same one, last file first, in groups, or all over again", async () => {
    const expected = await inOneGo(true);
    expect(expected.tables.requests.rows).toBeGreaterThan(10_000);
    expect(expected.tables.request_copies.rows).toBeGreaterThan(20);
    expect(expected.tables.rejects.rows).toBeGreaterThan(100);
    const reversed = await digestOf(async (w) => {
      for (const [i, file] of files.toReversed().entries()) {
        put(w, file);
        if (i % 3 === 0) await w.read();
      }
      await w.read();
      await w.pipeline.collector.drainTexts();
    });
    expect(reversed).toEqual(expected);
    const again = await digestOf(async (w) => {
      for (const [i, file] of files.entries()) {
        put(w, file);
        if (i % 40 === 0) await w.read();
      }
      await w.read();
      w.pipeline.collector.reindex(["claude", "codex"]);
      await w.read();
      await w.pipeline.collector.drainTexts();
    });
    expect(again).toEqual(expected);
  });

  test("F1 a log that lies about without its database does not get into the first backfill", async () => {
    const expected = await inOneGo();
    using at = killable();
    const other = createWorld();
    other.write(transcript("S1"), jsonl(assistant({ uuid: "u1" })));
    await other.read();
    mkdirSync(at.data_dir, { recursive: true });
    cpSync(join(other.config.data_dir, "hall.db-wal"), join(at.data_dir, "hall.db-wal"));
    other.close();
    expect((await run(at, ["backfill", "--quiet"], at.env)).code).toBe(0);
    expectSame(at.data_dir, expected);
  });

  for (const [what, isThere] of [
    ["a first backfill", false],
    ["a backfill of a database that was there", true],
  ] as const)
    test(`F1 ${what}, killed and begun again, gives the same one`, async () => {
      const expected = await inOneGo();
      using at = killable();
      await killMidway(
        at,
        () => stored(at.data_dir) > 0,
        () => isThere && openDatabase(at.data_dir).close(),
      );
      const half = stored(at.data_dir);
      expect(half).toBeGreaterThan(0);
      expect(half).toBeLessThan(expected.tables.requests.rows);

      expect((await run(at, ["backfill", "--quiet"], at.env)).code).toBe(0);
      expectSame(at.data_dir, expected);
    });

  test("F036 one token more is another digest, the place on the disk is not", async () => {
    const line = (output_tokens: number) => jsonl(assistant({ uuid: "u1", usage: { output_tokens } }));
    const of = (tokens: number, project: string) =>
      digestOf(async (w) => {
        w.write(transcript("S1", project), line(tokens));
        await w.read();
      });
    const [one, moved, more] = [await of(5, "-w-app"), await of(5, "-elsewhere"), await of(6, "-w-app")];
    expect(moved.digest).toBe(one.digest);
    expect(more.digest).not.toBe(one.digest);
    expect(more.tables.sessions).toEqual(one.tables.sessions);
  });
});

function killable() {
  const home = mkdtempSync(join(tmpdir(), "hall-killed-"));
  return {
    home,
    data_dir: join(home, "data"),
    claude_dir: "",
    env: { CLAUDE_CONFIG_DIR: join(corpus, ".claude"), CODEX_HOME: join(corpus, ".codex") },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

function expectSame(data_dir: string, expected: ReturnType<typeof digest>): void {
  const db = openReader(data_dir);
  expect(digest(db)).toEqual(expected);
  expect(countRollupDifferences(db)).toBe(0);
  db.close();
}

/** Kills a backfill once it `hasBegun`; one that was over before this process had its turn is begun again. */
async function killMidway(
  at: ReturnType<typeof killable>,
  hasBegun: () => boolean,
  prepare: () => unknown = () => {},
): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    rmSync(at.data_dir, { recursive: true, force: true });
    prepare();
    const child = spawnCli(at, ["backfill", "--quiet"], at.env);
    while (child.exitCode === null && !hasBegun()) await Bun.sleep(1);
    child.kill("SIGKILL");
    await child.exited;
    if (child.signalCode === "SIGKILL") return;
  }
  throw new Error("every backfill was over before it could be killed");
}

function stored(data_dir: string): number {
  try {
    const db = openReader(data_dir);
    const { n } = db.query<{ n: number }, []>("select count(*) as n from requests").get()!;
    db.close();
    return n;
  } catch {
    return 0;
  }
}
