import type { Database } from "bun:sqlite";
import { archiveFiles } from "./archive-files.ts";
import { isIntact, tally } from "./archive-seal.ts";
import { readSeals } from "./archive-seals.ts";
import { archiveFolder } from "./database.ts";
import { type Digest, digest } from "./digest.ts";
import { countRollupDifferences } from "./rollups.ts";

export type ArchiveCheck = {
  files: number;
  lines: number;
  last_seq: number;
  /** Rows of the database that the archive has passed over. */
  missing: number;
  first_missing_seq: number | null;
  /** Rows that are newer than the archive: it follows the database with a lag. */
  waiting: number;
  /** How far the archive is ahead of the database, which then has lost rows. */
  ahead: number;
  damaged_files: string[];
};
export type Verified = {
  ok: boolean;
  /** What SQLite finds wrong with the file. */
  damage: string[];
  rollup_differences: number;
  archive: ArchiveCheck;
  digest: Digest;
};

type Ranges = [number, number][];
type Read = Pick<ArchiveCheck, "files" | "lines" | "last_seq" | "damaged_files"> & { ranges: Ranges };

/**
 * Whether what is stored is whole: the file, the sums kept along the way, and the archive. The archive is read
 * first: it is written after the database, so whatever stands in it must be there.
 */
export async function verify(db: Database, dataDir: string): Promise<Verified> {
  const read = await readArchive(archiveFolder(dataDir));
  db.run("begin");
  try {
    const damage = db
      .query<{ integrity_check: string }, []>("pragma integrity_check(20)")
      .all()
      .map((row) => row.integrity_check)
      .filter((line) => line !== "ok");
    const rollup_differences = countRollupDifferences(db);
    const archive = compare(db, read);
    const isHeld = archive.missing === 0 && archive.ahead === 0 && archive.damaged_files.length === 0;
    const ok = damage.length === 0 && rollup_differences === 0 && isHeld;
    return { ok, damage, rollup_differences, archive, digest: digest(db) };
  } finally {
    db.run("rollback");
  }
}

/** A day that is sealed while it is read is there under another name: then all is read again. */
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
    const found = await tally([path]);
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
