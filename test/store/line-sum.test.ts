import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { createArchive } from "../../store/archive.ts";
import { archiveFolder, openDatabase } from "../../store/database.ts";
import { checkBytes, checkLine, sealLine } from "../../store/line-sum.ts";
import { restoreArchive } from "../../store/restore-archive.ts";
import { checkRows } from "../../store/row-check.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";
import { archiveAll } from "./archive-corpus.ts";

const DAY = Date.UTC(2026, 10, 20, 12);
const NO_PRICE = () => {
  throw new Error("an archived request was repriced");
};
const answer = (n: number) =>
  assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens: 1000 + n } });
const dayFile = (w: World, day = "2026-11-20") => join(archiveFolder(w.config.data_dir), `${day}.jsonl`);

async function world(count = 12): Promise<World> {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(...Array.from({ length: count }, (_, i) => answer(i + 1))));
  await w.read();
  archiveAll(w, DAY);
  return w;
}

async function restored(w: World) {
  const dir = mkdtempSync(join(tmpdir(), "hall-sum-"));
  const db = openDatabase(dir);
  const result = await restoreArchive(db, archiveFolder(w.config.data_dir), NO_PRICE);
  const rows = db.query<{ seq: number; output_tokens: number }, []>(
    "select seq, output_tokens from requests order by seq",
  );
  const found = rows.all();
  db.close();
  rmSync(dir, { recursive: true });
  return { result, found };
}

test("F14 I9.3 a token of the archive that was changed is not restored, and its place is named", async () => {
  const w = await world();
  const path = dayFile(w);
  writeFileSync(path, readFileSync(path, "utf8").replace('"output_tokens":1005', '"output_tokens":9005'));
  const { result, found } = await restored(w);
  expect(found.map((r) => r.seq)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]);
  expect(found.every((r) => r.output_tokens === 1000 + r.seq)).toBe(true);
  expect(result).toMatchObject({
    damaged_lines: 1,
    unverified_lines: 0,
    untrusted: ["2026-11-20.jsonl line 5: its checksum does not match"],
  });
  w.close();
});

test("F14 I9.3 whatever bit of the archive is flipped, no wrong row is restored and at most the rows of two lines are missing", async () => {
  const w = await world(3);
  const path = dayFile(w);
  const whole = readFileSync(path);
  const good = (await restored(w)).found;
  for (let bit = 3; bit < whole.length * 8; bit += 613) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(path, flipped);
    const { found, result } = await restored(w);
    for (const row of found) expect([bit, good]).toEqual([bit, expect.arrayContaining([row])]);
    expect([bit, found.length >= 1, result.damaged_lines >= 1 && result.damaged_lines <= 2]).toEqual([
      bit,
      true,
      true,
    ]);
  }
  w.close();
});

test("F14 I9.3 a line that was taken out leaves a gap that is named", async () => {
  const w = await world();
  const path = dayFile(w);
  const lines = readFileSync(path, "utf8").split("\n");
  lines.splice(6, 1);
  writeFileSync(path, lines.join("\n"));
  const { result } = await restored(w);
  expect(result).toMatchObject({
    gaps: 1,
    damaged_lines: 0,
    untrusted: ["2026-11-20.jsonl line 7: lines before it are missing"],
  });
  w.close();
});

test("F14 I9.3 a digit of the last line's number that was changed does not stop the archive", async () => {
  const w = await world();
  const path = dayFile(w);
  const text = readFileSync(path, "utf8");
  for (const [from, to] of [
    ['{"seq":12,', '{"seq":92,'],
    ['"after_seq":12,', '"after_seq":92,'],
  ] as const) {
    writeFileSync(path, text.replaceAll(from, to));
    w.append(transcript("S1"), jsonl(answer(20)));
    await w.read();
    const archive = createArchive(w.db, w.config.data_dir);
    archive.hurry();
    while (archive.append(DAY));
    expect(readFileSync(path, "utf8")).toContain("msg_0120");
    // The same without checksums, as an earlier version wrote it.
    writeFileSync(path, text.replaceAll(from, to).replace(/,"sum":"\w{16}"/g, ""));
    const older = createArchive(w.db, w.config.data_dir);
    older.hurry();
    while (older.append(DAY));
    expect(readFileSync(path, "utf8")).toContain("msg_0120");
  }
  w.close();
});

test("F14 I9.3 an archive of an earlier version is read, and its lines are counted as unverified", async () => {
  const w = await world();
  const path = dayFile(w);
  const text = readFileSync(path, "utf8");
  expect(
    text
      .trim()
      .split("\n")
      .every((line) => /,"sum":"[0-9a-f]{16}"\}$/.test(line)),
  ).toBe(true);
  writeFileSync(path, text.replace(/,"sum":"\w{16}"/g, ""));
  const { result, found } = await restored(w);
  expect(found.length).toBe(12);
  expect(result).toMatchObject({
    damaged_lines: 0,
    gaps: 0,
    unverified_lines: text.trim().split("\n").length,
  });
  w.close();
});

test("F21 I9.3 a clock that jumps 40 days ahead and back: restored rows keep their numbers", async () => {
  const w = createWorld();
  for (const [i, now] of [DAY, DAY + 40 * 86_400_000, DAY + 1000, DAY + 86_400_000].entries()) {
    w.append(transcript("S1"), jsonl(...Array.from({ length: 20 }, (_, n) => answer(20 * i + n + 1))));
    await w.read();
    const archive = createArchive(w.db, w.config.data_dir);
    archive.hurry();
    while (archive.append(now));
  }
  expect(readdirSync(archiveFolder(w.config.data_dir)).length).toBe(3);
  const { found } = await restored(w);
  expect(found.map((r) => [r.seq, r.output_tokens])).toEqual(
    Array.from({ length: 80 }, (_, i) => [i + 1, 1001 + i]),
  );
  w.close();
});

test("F14 I9.3 a line is trusted as bytes exactly where it is trusted as text, and its bytes stay as they are", () => {
  const line = fc
    .record({ a: fc.string({ unit: "binary" }), sum: fc.string() })
    .map((v) => JSON.stringify(v));
  const damage = fc.record({ at: fc.nat(200), byte: fc.integer({ min: 32, max: 126 }) });
  void fc.assert(
    fc.property(line, fc.option(damage), fc.boolean(), (body, hit, isBare) => {
      const text = isBare ? body : sealLine(body, "0").line;
      const bytes = Buffer.from(`xx${text}yy`);
      const end = bytes.length - 2;
      if (hit && 2 + hit.at < end) bytes[2 + hit.at] = hit.byte;
      const before = bytes.toString("hex");
      const { trust, sum_at } = checkBytes(bytes, 2, end);
      const known = checkLine(bytes.toString("utf8", 2, end), "0");
      expect(trust).toBe(known.trust);
      if (trust !== "broken") expect(`${bytes.toString("utf8", 2, sum_at)}}`).toBe(known.body);
      expect(bytes.toString("hex")).toBe(before);
    }),
    { numRuns: 2000 },
  );
});

test("F14 rows are compared in pieces with a pause after each, also where some of them are compared again", async () => {
  const w = await world();
  const folder = archiveFolder(w.config.data_dir);
  const check = async () => {
    let pauses = 0;
    const pause = async () => void pauses++;
    const { compared, damaged, lost } = await checkRows(w.db, folder, { pause });
    return { compared, damaged, lost, pauses };
  };
  const healthy = await check();
  expect(healthy).toMatchObject({ compared: 12, damaged: [], lost: [] });
  w.db.run("update requests set output_tokens = 9 where seq = 5");
  w.db.run("delete from archive_pending");
  w.db.run("delete from requests where seq = 12");
  const changed = await check();
  expect(changed).toMatchObject({ compared: 11, damaged: [5], lost: [12] });
  expect(changed.pauses).toBeGreaterThan(healthy.pauses);
  w.close();
});
