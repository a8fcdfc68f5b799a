import type { Database } from "bun:sqlite";
import type { Archived, Column } from "./table.ts";
import { EVENTS } from "./tables/events.ts";
import { REQUESTS } from "./tables/requests.ts";
import { ARCHIVED, type ArchivedTable } from "./tables.ts";
import { type TextPlace, textReader } from "./texts.ts";

export type ArchiveRow = Record<string, unknown>;

/** The columns of a table's line, in its order. */
function lineColumns({ columns, archive }: ArchivedTable): string {
  return Object.entries<Column>(columns)
    .filter(([, { line }]) => line !== undefined)
    .map(([name, { from }]) => (from ? `${from} as ${name}` : `${archive.alias}.${name}`))
    .join(", ");
}

/** The `from` clause of a table and what its lines join. */
export function sourceOf({ name, archive }: ArchivedTable): string {
  const { alias, join = "" }: Archived = archive;
  return `${name} ${alias} ${join}`;
}

/** The events and requests after a sequence number, in one order. */
export function sequencedRows(db: Database) {
  const after = (table: typeof EVENTS | typeof REQUESTS) =>
    `select ${lineColumns(table)} from ${sourceOf(table)} where ${table.archive.alias}.seq > ? order by ${table.archive.alias}.seq limit ?`;
  const events = db.query<ArchiveRow & { seq: number; data: string }, [number, number]>(after(EVENTS));
  const requests = db.query<ArchiveRow & { seq: number }, [number, number]>(after(REQUESTS));

  /** The shorter of two full pages bounds how far both may be used. */
  return function page(after: number, limit: number): { seq: number; line: string }[] {
    const e = events.all(after, limit);
    const r = requests.all(after, limit);
    const bound = Math.min(
      e.length === limit ? e.at(-1)!.seq : Number.POSITIVE_INFINITY,
      r.length === limit ? r.at(-1)!.seq : Number.POSITIVE_INFINITY,
    );
    const rows = [
      ...e.map((row) => ({
        seq: row.seq,
        line: toLine(Object.assign(row, { kind: "event", data: JSON.parse(row.data) as unknown })),
      })),
      ...r.map((row) => ({ seq: row.seq, line: toLine(Object.assign(row, { kind: "request" })) })),
    ];
    return rows.filter((row) => row.seq <= bound).sort((a, b) => a.seq - b.seq);
  };
}

/** A row that is filled with words is as long as so many others. */
const FILLED_SHARE = 8;

/** Kinds with rows that are written once more when they change. */
const CHANGING = ARCHIVED.filter((table) => {
  const { by, always }: Archived = table.archive;
  return by !== "seq" || always;
});

/** Lines to append, and what is to be noted in the database once they are in the file. */
export type ChangedPage = { lines: string[]; settle(): void };

/**
 * Rows without a sequence number of their own: new ones above a mark, and those that changed since they were
 * archived. `after_seq` is the place of a line in the sequence.
 */
export function changedRows(db: Database) {
  const setMark = db.query("insert or replace into meta (key, value) values (?, ?)");
  const getMark = db.query<{ value: string }, [string]>("select value from meta where key = ?");
  const forget = db.query("delete from archive_pending where kind = ? and row_pk = ? and key = ?");
  const forgetAll = db.query("delete from archive_pending where kind = ?");
  const isPending = db.query<{ row_pk: number }, [string]>(
    "select row_pk from archive_pending where kind = ? limit 1",
  );
  const shapes = CHANGING.map((table) => ({
    kind: table.archive.kind,
    by: table.archive.by,
    fill: filler(db, table),
    share: (limit: number) => ("fill" in table.archive ? Math.ceil(limit / FILLED_SHARE) : limit),
    ...statements(db, table),
  }));
  const mark = (kind: string): number => Number(getMark.get(`archived_${kind}`)?.value ?? 0);

  function page(after_seq: number, limit: number): ChangedPage {
    const lines: string[] = [];
    const notes: (() => void)[] = [];
    for (const shape of shapes) {
      const { kind } = shape;
      const fresh =
        shape.by === "mark"
          ? shape.fresh.all(mark(kind), Math.max(0, shape.share(limit) - lines.length))
          : [];
      for (const row of fresh) lines.push(toChangedLine(kind, after_seq, shape.fill(row)));
      const top = fresh.at(-1)?.row_pk;
      if (top !== undefined) notes.push(() => setMark.run(`archived_${kind}`, String(top)));
      if (lines.length >= limit) break;
      if (!isPending.get(kind)) continue;
      const pending = shape.pending.all(limit - lines.length);
      for (const row of pending) lines.push(toChangedLine(kind, after_seq, shape.fill(row)));
      // What is left once all rows were found belongs to rows that are gone.
      if (lines.length < limit) notes.push(() => forgetAll.run(kind));
      else for (const { row_pk, row_key } of pending) notes.push(() => forget.run(kind, row_pk, row_key));
      if (lines.length >= limit) break;
    }
    if (lines.length > 0) notes.push(() => setMark.run("archived_seq", String(after_seq)));
    return {
      lines,
      settle() {
        for (const note of notes) note();
      },
    };
  }

  return {
    page,
    archivedSeq: () => mark("seq"),
    /** Everything that is there now is in the archive. */
    markAll(seq: number): void {
      for (const { kind, by, top } of shapes)
        if (by === "mark") setMark.run(`archived_${kind}`, String(top.get()?.pk ?? 0));
      setMark.run("archived_seq", String(seq));
      db.run("delete from archive_pending");
    },
    /** The archive has lost lines: what has no number of its own is archived again from the beginning. */
    startOver(): void {
      db.run("delete from meta where key like 'archived\\_%' escape '\\'");
      for (const { kind, by, all } of shapes)
        if (by === "row") db.run(`insert or ignore into archive_pending select '${kind}', ${all}`);
    },
  };
}

/** A line's words come out of the chunk that they are stored in. */
function filler(db: Database, { archive }: ArchivedTable): (row: Keyed) => Keyed {
  const { fill }: Archived = archive;
  if (!fill) return (row) => row;
  const { textOf } = textReader(db);
  const place = db.query<TextPlace, [number]>(
    "select chunk_pk, chunk_start, chunk_chars from texts where text_pk = ?",
  );
  return (row) => ({ ...row, text: textOf(place.get(row.row_pk)!) });
}

type Keyed = ArchiveRow & { row_pk: number; row_key: string };

function statements(db: Database, table: ArchivedTable) {
  const { kind, alias, pk, key }: Archived = table.archive;
  const [columns, from] = [lineColumns(table), sourceOf(table)];
  const join = `${alias}.${pk} = p.row_pk${key ? ` and ${alias}.${key} = p.key` : ""}`;
  return {
    fresh: db.query<Keyed, [number, number]>(
      `select ${alias}.${pk} as row_pk, '' as row_key, ${columns} from ${from} where ${alias}.${pk} > ? order by ${alias}.${pk} limit ?`,
    ),
    pending: db.query<Keyed, [number]>(
      `select p.row_pk as row_pk, p.key as row_key, ${columns} from archive_pending p, ${from}
       where p.kind = '${kind}' and ${join} order by p.row_pk, p.key limit ?`,
    ),
    top: db.query<{ pk: number | null }, []>(`select max(${pk}) as pk from ${table.name}`),
    all: `${pk}, ${key ?? "''"} from ${table.name}`,
  };
}

function toChangedLine(kind: string, after_seq: number, row: Keyed): string {
  return toLine(Object.assign({ kind, after_seq }, row, { row_pk: null, row_key: null }));
}

/** Takes the row as its own: a copy without its nulls takes twice as long as the text that is made of it. */
function toLine(row: ArchiveRow): string {
  for (const name in row) if (row[name] === null) row[name] = undefined;
  return JSON.stringify(row);
}
