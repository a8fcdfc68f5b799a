import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArchive } from "../../store/archive.ts";
import { archiveFolder, openDatabase } from "../../store/database.ts";
import { restoreArchive } from "../../store/restore-archive.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";
import { archiveAll, archivedWorld, dump } from "./archive-corpus.ts";

const DAY = Date.UTC(2026, 10, 20, 12);
/** Prices come from the archive; a request that would be repriced shows. */
const NO_PRICE = () => {
  throw new Error("an archived request was repriced");
};

type Line = { kind: string; seq?: number; after_seq?: number; output_tokens?: number };
function lines(w: World, day = "2026-11-20"): Line[] {
  const text = readFileSync(join(archiveFolder(w.config.data_dir), `${day}.jsonl`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}
const answer = (n: number, output_tokens = n) =>
  assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens } });

test("F036.A1 F9 the archive alone gives back every row as it was, with its number and its price", async () => {
  const w = await archivedWorld(DAY);
  const dir = mkdtempSync(join(tmpdir(), "hall-restore-"));
  const db = openDatabase(dir);
  const result = await restoreArchive(db, archiveFolder(w.config.data_dir), NO_PRICE);
  const before = dump(w.db);
  const after = dump(db);
  for (const table of Object.keys(before)) expect([table, after[table]]).toEqual([table, before[table]]);
  expect(result).toMatchObject({
    files: 1,
    damaged_lines: 0,
    events: before.events!.length,
    requests: before.requests!.length,
  });
  expect(before.tool_calls!.length).toBeGreaterThan(50);
  expect(before.samples!.length).toBeGreaterThan(0);
  expect(countRollupDifferences(db)).toBe(0);
  db.close();
  rmSync(dir, { recursive: true });
  w.close();
});

test("F036 a row that changed is archived again once, and a restart goes on where the archive ends", async () => {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(answer(1, 5)));
  await w.read();
  archiveAll(w, DAY);
  const first = lines(w);
  expect(first.filter((l) => l.kind === "request")).toMatchObject([{ seq: 1, output_tokens: 5 }]);
  expect(first.filter((l) => l.kind === "session")).toHaveLength(1);
  w.append(transcript("S1"), jsonl(answer(1, 9)));
  await w.read();
  archiveAll(w, DAY);
  const changed = lines(w).slice(first.length);
  expect(changed.filter((l) => l.kind === "request")).toMatchObject([
    { seq: 1, after_seq: 2, output_tokens: 9 },
  ]);
  expect(changed.filter((l) => l.kind === "event")).toMatchObject([{ seq: 2 }]);
  const again = createArchive(w.db, w.config.data_dir);
  expect(again.lastSeq()).toBe(2);
  expect(again.append(DAY)).toBe(false);
  w.close();
});

test("F036 an archive that was taken away is written again from its beginning", async () => {
  const w = await archivedWorld(DAY);
  rmSync(archiveFolder(w.config.data_dir), { recursive: true });
  const archive = createArchive(w.db, w.config.data_dir);
  while (archive.append(DAY));
  const dir = mkdtempSync(join(tmpdir(), "hall-restore-"));
  const db = openDatabase(dir);
  await restoreArchive(db, archiveFolder(w.config.data_dir), NO_PRICE);
  expect(dump(db)).toEqual(dump(w.db));
  db.close();
  rmSync(dir, { recursive: true });
  w.close();
});

test("F14 damaged lines are counted and passed over, their neighbours are used", async () => {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(answer(1), answer(2), answer(3)));
  await w.read();
  archiveAll(w, DAY);
  const path = join(archiveFolder(w.config.data_dir), "2026-11-20.jsonl");
  const [one, , ...rest] = readFileSync(path, "utf8").split("\n");
  writeFileSync(
    path,
    [one, '{"seq":2,"kind":"req\u0000', "", ...rest.slice(0, -1), '{"seq":4,"ki'].join("\n"),
  );
  const dir = mkdtempSync(join(tmpdir(), "hall-restore-"));
  const db = openDatabase(dir);
  const result = await restoreArchive(db, archiveFolder(w.config.data_dir), NO_PRICE);
  expect(result).toMatchObject({ damaged_lines: 2, requests: 2 });
  expect(db.query("select seq from requests order by seq").all()).toEqual([{ seq: 1 }, { seq: 3 }]);
  db.close();
  rmSync(dir, { recursive: true });
  w.close();
});

test("F12 F14 whatever byte an archive is cut at, restoring gives a prefix of it", async () => {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(...Array.from({ length: 20 }, (_, i) => answer(i + 1))));
  await w.read();
  archiveAll(w, DAY);
  const path = join(archiveFolder(w.config.data_dir), "2026-11-20.jsonl");
  const whole = readFileSync(path);
  for (let cut = 0; cut < whole.length; cut += 997) {
    writeFileSync(path, whole.subarray(0, cut));
    const dir = mkdtempSync(join(tmpdir(), "hall-restore-"));
    const db = openDatabase(dir);
    await restoreArchive(db, archiveFolder(w.config.data_dir), NO_PRICE);
    const seqs = (db.query("select seq from requests order by seq").all() as { seq: number }[]).map(
      (r) => r.seq,
    );
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    db.close();
    rmSync(dir, { recursive: true });
  }
  w.close();
});
