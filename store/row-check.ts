import type { Database } from "bun:sqlite";
import { basename } from "node:path";
import { archiveFiles } from "./archive-files.ts";
import { sequencedRows } from "./archive-rows.ts";
import { lastStoredSeq } from "./committer.ts";
import { readLineBytes } from "./line-bytes.ts";
import { checkBytes, isAt } from "./line-sum.ts";

export type RowCheck = {
  /** Rows with both copies compared. */
  compared: number;
  /** Rows that differ from a line with a good checksum: the database is what changed. */
  damaged: number[];
  /** Rows that differ from a line without a checksum: either may have changed. */
  differing: number[];
  /** Numbers that are only in the archive. */
  lost: number[];
  /** Lines that do not match their checksum. */
  broken_lines: string[];
};
type Options = { signal?: AbortSignal; pause?: () => Promise<unknown> };

const PAGE = 1000;
const MOST_NAMED = 20;
const MOST_SUSPECTS = 5000;

/**
 * Compares every event and request of the database with its newest line in the archive: the checksum shows which of the
 * two is right. Reads both in pieces, so that other work can run; rows that change meanwhile are checked again.
 */
export async function checkRows(db: Database, folder: string, options: Options = {}): Promise<RowCheck> {
  const found: RowCheck = { compared: 0, damaged: [], differing: [], lost: [], broken_lines: [] };
  const expected = createSums();
  const suspects = new Set<number>();
  const suspect = (seq: number): void => void (suspects.size < MOST_SUSPECTS && suspects.add(seq));
  let last = lastStoredSeq(db);
  for await (const { seq, text } of rowLines(folder, options, found.broken_lines)) {
    if (seq > last) last = lastStoredSeq(db);
    if (seq > last) suspect(seq);
    else expected.set(seq, Bun.hash.crc32(text));
  }

  const page = sequencedRows(db);
  for (let rows = page(0, PAGE); rows.length > 0; rows = page(rows.at(-1)!.seq, PAGE)) {
    for (const { seq, line } of rows) {
      const known = expected.take(seq);
      if (known === undefined) continue;
      found.compared++;
      if (known !== Bun.hash.crc32(withoutPlace(line))) suspect(seq);
    }
    await rest(options);
  }
  for (const seq of replacedRows(db)) expected.take(seq);
  for (const seq of expected.left()) suspect(seq);
  if (suspects.size > 0) await recheck(db, folder, suspects, found, options);
  return found;
}

/** A checksum by number, in five bytes each: there are millions. */
function createSums() {
  let sums = new Uint32Array(2 ** 16);
  let isSet = new Uint8Array(sums.length);

  function grow(least: number): void {
    const [old, marks] = [sums, isSet];
    sums = new Uint32Array(Math.max(least, 2 * old.length));
    sums.set(old);
    isSet = new Uint8Array(sums.length);
    isSet.set(marks);
  }
  return {
    set(seq: number, sum: number): void {
      if (seq >= sums.length) grow(seq + 1);
      sums[seq] = sum;
      isSet[seq] = 1;
    },
    take(seq: number): number | undefined {
      if (isSet[seq] !== 1) return undefined;
      isSet[seq] = 0;
      return sums[seq];
    },
    *left(): Generator<number> {
      for (let seq = isSet.indexOf(1); seq >= 0; seq = isSet.indexOf(1, seq + 1)) yield seq;
    },
  };
}

/** Calls that were in no file and were replaced when one contained them: their notice has their number. */
function replacedRows(db: Database): Set<number> {
  const notices = db.query<{ event_id: string }, []>(
    "select event_id from events where event_type = 'usage_updated' and event_id like '%:replaced:%'",
  );
  return new Set(notices.all().map(({ event_id }) => Number(event_id.slice(event_id.lastIndexOf(":") + 1))));
}

/** Field by field, with the newest line and the row of this moment. */
async function recheck(
  db: Database,
  folder: string,
  suspects: Set<number>,
  found: RowCheck,
  options: Options,
): Promise<void> {
  const lines = new Map<number, { text: string; isGood: boolean }>();
  for await (const { seq, text, isGood } of rowLines(folder, options, []))
    if (suspects.has(seq)) lines.set(seq, { text, isGood });
  const page = sequencedRows(db);
  const replaced = replacedRows(db);
  const isPending = db.query("select 1 from archive_pending where kind = 'request' and row_pk = ?");
  for (const [seq, { text, isGood }] of [...lines].sort(([a], [b]) => a - b)) {
    const row = page(seq - 1, 1)[0];
    if (row?.seq !== seq && !replaced.has(seq)) found.lost.push(seq);
    else if (row?.seq !== seq) continue;
    else if (!isPending.get(seq) && !isSame(toFields(text), toFields(withoutPlace(row.line))))
      (isGood ? found.damaged : found.differing).push(seq);
  }
}

/** The project of a session may be known only later, a file may move, and old bodies are pruned. */
function isSame(line: Record<string, unknown>, row: Record<string, unknown>): boolean {
  const isEmptied = JSON.stringify(row.data) === "{}";
  return [...new Set([...Object.keys(line), ...Object.keys(row)])].every(
    (name) =>
      name === "project_path" ||
      name === "path" ||
      (name === "data" && isEmptied) ||
      JSON.stringify(line[name]) === JSON.stringify(row[name]),
  );
}

function toFields(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** How lines of events and requests begin; all others are checked, and not read as text. */
const BEGINNINGS = ['{"seq":', '{"kind":"request","after_seq":'];

/** The lines of events and requests, each as `{"seq":…}` without its kind and place. */
async function* rowLines(folder: string, options: Options, broken: string[]) {
  for (const { path } of archiveFiles(folder)) {
    let at = 0;
    try {
      for await (const { bytes, lines } of readLineBytes(path)) {
        for (const { start, end } of lines) {
          at++;
          const { trust, sum_at } = checkBytes(bytes, start, end);
          if (trust === "broken" && broken.length < MOST_NAMED) broken.push(`${basename(path)} line ${at}`);
          if (trust === "broken" || !BEGINNINGS.some((text) => isAt(bytes, text, start, end))) continue;
          const text = withoutPlace(`${bytes.toString("utf8", start, sum_at)}}`);
          const seq = Number(/^\{"seq":(\d+),/.exec(text)?.[1] ?? 0);
          if (seq > 0) yield { seq, text, isGood: trust === "good" };
        }
        await rest(options);
      }
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      broken.push(`${basename(path)} is damaged or incomplete`);
    }
  }
}

function withoutPlace(line: string): string {
  if (line.startsWith('{"kind":"request","after_seq":')) return `{${line.slice(line.indexOf(",", 30) + 1)}`;
  const end = line.lastIndexOf(',"kind":"');
  return end > 0 && line.startsWith('{"seq":') ? `${line.slice(0, end)}}` : line;
}

async function rest({ signal, pause }: Options): Promise<void> {
  signal?.throwIfAborted();
  await (pause ? pause() : new Promise((resolve) => setImmediate(resolve)));
}
