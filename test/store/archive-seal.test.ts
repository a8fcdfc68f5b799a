import { expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { createArchive } from "../../store/archive.ts";
import { lastArchived } from "../../store/archive-files.ts";
import { daysToSeal, isIntact, sealDay } from "../../store/archive-seal.ts";
import { readSeals } from "../../store/archive-seals.ts";
import { openDatabase } from "../../store/database.ts";
import { restoreArchive } from "../../store/restore-archive.ts";
import { createPruner } from "../../store/retention.ts";
import { appendRecords, spoolRecord, toolStarted } from "../e2e/records.ts";
import { createWorld } from "../world.ts";
import { archiveAll, archivedWorld, dump } from "./archive-corpus.ts";

const DAY = Date.UTC(2026, 10, 10, 12);
const NAME = "2026-11-10";
const LATER = Date.UTC(2026, 10, 20, 12);
const NO_PRICE = () => {
  throw new Error("an archived request was repriced");
};

function folder(lines: string[]) {
  const path = mkdtempSync(join(tmpdir(), "hall-seal-"));
  const plain = join(path, `${NAME}.jsonl`);
  writeFileSync(plain, lines.map((line) => `${line}\n`).join(""));
  const sealed = `${plain}.zst`;
  return {
    path,
    plain,
    sealed,
    text: () => zstdDecompressSync(readFileSync(sealed)).toString("utf8"),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}
const row = (seq: number) => JSON.stringify({ seq, kind: "event", data: { text: "x".repeat(seq % 50) } });
const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i));

test("D-30 a sealed archive is the plain one, and a database comes back from it", async () => {
  const w = await archivedWorld(DAY);
  const { archive } = w.pipeline;
  const plain = join(archive.folder, `${NAME}.jsonl`);
  const before = readFileSync(plain, "utf8");
  expect(daysToSeal(archive.folder, NAME)).toEqual([]);
  expect(daysToSeal(archive.folder, "2026-11-11")).toEqual([NAME]);
  expect(await sealDay(archive.folder, NAME, LATER)).toMatchObject({ ok: true });
  expect(existsSync(plain)).toBe(false);
  expect(zstdDecompressSync(readFileSync(`${plain}.zst`)).toString("utf8")).toBe(before);
  expect(statSync(`${plain}.zst`).mode & 0o777).toBe(0o600);
  expect(statSync(`${plain}.zst`).size).toBeLessThan(before.length / 4);
  expect(createArchive(w.db, w.config.data_dir).lastSeq()).toBe(archive.lastSeq());
  const dir = mkdtempSync(join(tmpdir(), "hall-restore-"));
  const db = openDatabase(dir);
  await restoreArchive(db, archive.folder, NO_PRICE);
  expect(dump(db)).toEqual(dump(w.db));
  db.close();
  rmSync(dir, { recursive: true });
  w.close();
});

test("F036.A2 a crash at any step of sealing loses nothing and the next try ends it", async () => {
  const moments: Record<string, (f: ReturnType<typeof folder>) => void> = {
    "half a temporary file": (f) => writeFileSync(`${f.sealed}.tmp`, zstdCompressSync("x").subarray(0, 5)),
    "noted, not renamed": (f) => rmSync(f.sealed),
    "renamed, the plain file still there": () => {},
    "half a note": (f) => {
      rmSync(f.sealed);
      writeFileSync(join(f.path, "seals.jsonl"), '\n{"day":"2026-11-');
    },
  };
  for (const [moment, crash] of Object.entries(moments)) {
    using f = folder(rows(1, 500));
    const before = readFileSync(f.plain);
    await sealDay(f.path, NAME, LATER);
    writeFileSync(f.plain, before);
    crash(f);
    expect([moment, await sealDay(f.path, NAME, LATER)]).toEqual([
      moment,
      { day: NAME, ok: true, lines: 500 },
    ]);
    expect([moment, f.text() === before.toString()]).toEqual([moment, true]);
    expect([existsSync(f.plain), existsSync(`${f.sealed}.tmp`)]).toEqual([false, false]);
    const seal = readSeals(f.path).get(NAME)!;
    expect(seal).toMatchObject({ lines: 500, last_seq: 500, ranges: [[1, 500]] });
    expect(await isIntact(f.path, seal)).toBe(true);
  }
});

test("F036 an end in the middle of sealing leaves the plain file alone", async () => {
  using f = folder(rows(1, 20_000));
  const before = readFileSync(f.plain);
  const ended = new AbortController();
  const sealing = sealDay(f.path, NAME, LATER, ended.signal);
  ended.abort();
  expect(await sealing.catch(() => ({ ok: false }))).toMatchObject({ ok: false });
  expect(readFileSync(f.plain).equals(before)).toBe(true);
  expect(existsSync(f.sealed)).toBe(false);
});

test("F036 what a clock that was set back adds to a sealed day is sealed with it, once", async () => {
  using f = folder(rows(1, 100));
  await sealDay(f.path, NAME, LATER);
  writeFileSync(f.plain, `${rows(501, 520).join("\n")}\n${row(521).slice(0, 9)}`);
  const added = readFileSync(f.plain);
  expect(lastArchived(f.path)).toBe(520);
  expect(await sealDay(f.path, NAME, LATER)).toMatchObject({ ok: true, lines: 120 });
  expect(f.text()).toBe(`${[...rows(1, 100), ...rows(501, 520)].join("\n")}\n`);
  writeFileSync(f.plain, added.subarray(0, added.lastIndexOf(10) + 1));
  expect(await sealDay(f.path, NAME, LATER)).toMatchObject({ ok: true, lines: 120 });
  expect(readSeals(f.path).get(NAME)?.ranges).toEqual([
    [1, 100],
    [501, 520],
  ]);
});

test("F036 a sealed file that was damaged is distinguished from a good one", async () => {
  using f = folder(rows(1, 500));
  await sealDay(f.path, NAME, LATER);
  const seal = readSeals(f.path).get(NAME)!;
  const bytes = readFileSync(f.sealed);
  for (const at of [6, Math.floor(bytes.length / 2), bytes.length - 1]) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1;
    writeFileSync(f.sealed, flipped);
    expect([at, await isIntact(f.path, seal)]).toEqual([at, false]);
  }
  writeFileSync(f.sealed, bytes.subarray(0, -10));
  expect(await isIntact(f.path, seal)).toBe(false);
});

test("F036 bodies go only when they are old and a sealed day that can be read back holds them", async () => {
  const w = createWorld();
  const put = (id: string, time: number) =>
    appendRecords(w.config.data_dir, [spoolRecord(`e-${id}`, toolStarted("s1", id), time)]);
  put("old", DAY);
  put("young", LATER);
  await w.read();
  archiveAll(w, DAY);
  const { folder: archive } = w.pipeline.archive;
  const pruner = createPruner(w.db, archive);
  const before = DAY + 1;
  const bodies = () =>
    w.all<{ id: string; data: string }>("select event_id as id, data from events order by seq");
  const full = bodies();
  expect(await pruner.plan(LATER)).toMatchObject({
    events: 0,
    refused: [{ day: NAME, reason: "not_sealed" }],
  });
  expect(await pruner.prune(LATER)).toBe(0);
  await sealDay(archive, NAME, LATER);
  const sealed = join(archive, `${NAME}.jsonl.zst`);
  copyFileSync(sealed, `${sealed}.kept`);
  writeFileSync(sealed, readFileSync(sealed).subarray(0, -5));
  expect(await pruner.plan(before)).toMatchObject({ events: 0, refused: [{ day: NAME, reason: "damaged" }] });
  expect(await pruner.prune(before)).toBe(0);
  expect(bodies()).toEqual(full);
  copyFileSync(`${sealed}.kept`, sealed);
  expect(await pruner.plan(before)).toMatchObject({ events: 1, days: [NAME], refused: [] });
  expect(bodies()).toEqual(full);
  expect(await pruner.prune(before)).toBe(1);
  expect(bodies()).toEqual(full.map((b) => (b.id === "e-old" ? { ...b, data: "{}" } : b)));
  expect(await pruner.prune(before)).toBe(0);
  w.close();
});

test("F036 what was never archived is never pruned, and requests stay as they are", async () => {
  const w = await archivedWorld(DAY);
  const { folder: archive } = w.pipeline.archive;
  await sealDay(archive, NAME, LATER);
  appendRecords(w.config.data_dir, [spoolRecord("e-late", toolStarted("s1", "late"), DAY)]);
  await w.read();
  const before = dump(w.db);
  const pruned = await createPruner(w.db, archive).prune(Date.UTC(2100, 0, 1));
  const after = dump(w.db);
  expect(pruned).toBe(before.events!.filter((e) => e.event_id !== "e-late" && e.data !== "{}").length);
  expect(w.all("select event_id from events where data <> '{}'")).toEqual([{ event_id: "e-late" }]);
  expect(after.requests).toEqual(before.requests!);
  expect(after.usage_rollup).toEqual(before.usage_rollup!);
  expect(after.event_rollup).toEqual(before.event_rollup!);
  w.close();
});
