import type { Database } from "bun:sqlite";
import { messageOf } from "../schema/errors.ts";
import { archiveFiles } from "./archive-files.ts";
import { isIntact, tally } from "./archive-seal.ts";
import { readSeals } from "./archive-seals.ts";
import { archiveFolder } from "./database.ts";
import { type Digest, digest } from "./digest.ts";
import { countRollupDifferences } from "./rollups.ts";
import { checkRows, type RowCheck } from "./row-check.ts";

export type ArchiveCheck = {
  files: number;
  lines: number;
  last_seq: number;
  /** Rows of the database that the archive skipped. */
  missing: number;
  first_missing_seq: number | null;
  /** Rows that are newer than the archive: it follows the database with a lag. */
  waiting: number;
  /** Rows by which the archive is ahead of the database, which then has lost them. */
  ahead: number;
  damaged_files: string[];
};
export type Verified = {
  ok: boolean;
  /** SQLite's findings about the file. */
  damage: string[];
  rollup_differences: number;
  /** Comparison of both copies of each event and request. */
  rows: RowCheck;
  archive: ArchiveCheck;
  /** Null if the rows cannot be read. */
  digest: Digest | null;
};

type Ranges = [number, number][];
type Read = Pick<ArchiveCheck, "files" | "lines" | "last_seq" | "damaged_files"> & { ranges: Ranges };

/**
 * Checks the stored data: the file, the sums, and the archive. The archive is read first: it is written after the
 * database, so everything in it must be in the database.
 */
export async function verify(db: Database, dataDir: string): Promise<Verified> {
  const folder = archiveFolder(dataDir);
  const read = await readArchive(folder);
  const damage: string[] = [];
  const rows = await attempt(damage, NO_ROWS, () => checkRows(db, folder));
  db.run("begin");
  try {
    damage.push(...(await attempt(damage, [], async () => integrity(db))));
    const rollup_differences = await attempt(damage, 0, async () => countRollupDifferences(db));
    const archive = await attempt(damage, { ...read, ...NO_COMPARISON }, async () => compare(db, read));
    const found = await attempt(damage, null, async () => digest(db));
    const isHeld = archive.missing === 0 && archive.ahead === 0 && archive.damaged_files.length === 0;
    const isSame = [rows.damaged, rows.differing, rows.lost, rows.broken_lines].every(
      (list) => list.length === 0,
    );
    const ok = damage.length === 0 && rollup_differences === 0 && isHeld && isSame;
    return { ok, damage: [...new Set(damage)], rollup_differences, rows, archive, digest: found };
  } finally {
    db.run("rollback");
  }
}

const NO_ROWS: RowCheck = { compared: 0, damaged: [], differing: [], lost: [], broken_lines: [] };
const NO_COMPARISON = { missing: 0, first_missing_seq: null, waiting: 0, ahead: 0 };

/** What cannot be read is damage, and does not end the checks of everything else. */
async function attempt<T>(damage: string[], otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    damage.push(messageOf(cause));
    return otherwise;
  }
}

function integrity(db: Database): string[] {
  return db
    .query<{ integrity_check: string }, []>("pragma integrity_check(20)")
    .all()
    .map((row) => row.integrity_check)
    .filter((line) => line !== "ok");
}

/** A day that is sealed during the read gets another name: then everything is read again. */
async function readArchive(folder: string, triesLeft = 3): Promise<Read> {
  try {
    return await readOnce(folder);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT" || triesLeft === 0) throw error;
    return readArchive(folder, triesLeft - 1);
  }
}

async function readOnce(folder: string): Promise<Read> {
  const seals = readSeals(folder);
  const read: Read = { files: 0, lines: 0, last_seq: 0, damaged_files: [], ranges: [] };
  for (const { path, day, is_sealed } of archiveFiles(folder)) {
    const seal = seals.get(day);
    read.files++;
    if (is_sealed && (!seal || !(await isIntact(folder, seal)))) {
      read.damaged_files.push(path);
      continue;
    }
    const found = await tally([path]).catch((cause: { code?: string }) => {
      if (cause.code === "ENOENT") throw cause;
      return undefined;
    });
    if (!found) {
      read.damaged_files.push(path);
      continue;
    }
    read.lines += found.lines;
    read.last_seq = Math.max(read.last_seq, found.last_seq);
    read.ranges.push(...found.ranges);
  }
  return { ...read, ranges: read.ranges.sort((a, b) => a[0] - b[0]) };
}

function compare(db: Database, { ranges, ...read }: Read): ArchiveCheck {
  const found: ArchiveCheck = { ...read, missing: 0, first_missing_seq: null, waiting: 0, ahead: 0 };
  const stored = db.query<{ seq: number }, []>(
    "select seq from (select seq from events union all select seq from requests) order by seq",
  );
  let last = 0;
  let at = 0;
  for (const { seq } of stored.iterate()) {
    last = seq;
    while (at < ranges.length && ranges[at]![1] < seq) at++;
    if ((ranges[at]?.[0] ?? Number.POSITIVE_INFINITY) <= seq) continue;
    if (seq > read.last_seq) found.waiting++;
    else {
      found.missing++;
      found.first_missing_seq ??= seq;
    }
  }
  return { ...found, ahead: Math.max(0, read.last_seq - last) };
}
