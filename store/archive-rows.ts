import type { Database } from "bun:sqlite";
import { lineFields } from "./archive-text.ts";
import { metaOf } from "./meta.ts";
import type { Archived } from "./table.ts";
import { EVENTS } from "./tables/events.ts";
import { REQUESTS } from "./tables/requests.ts";
import { ARCHIVED, type ArchivedTable } from "./tables.ts";
import { type TextPlace, textReader } from "./texts.ts";

/** The `from` clause of a table and what its lines join. */
export function sourceOf({ name, archive }: ArchivedTable): string {
  const { alias, join = "" }: Archived = archive;
  return `${name} ${alias} ${join}`;
}

/** Values of a row as an array; the types of single columns do not matter here. */
type Values = unknown[];

/** The events and requests after a sequence number, in one order. */
export function sequencedRows(db: Database) {
  const eventsAfter = sequencedLines(db, EVENTS);
  const requestsAfter = sequencedLines(db, REQUESTS);

  /** Of two full pages, the one that ends earlier limits how far both may be used. */
  return function page(after: number, limit: number): SequencedLine[] {
    const e = eventsAfter(after, limit);
    const r = requestsAfter(after, limit);
    const bound = Math.min(
      e.length === limit ? e.at(-1)!.seq : Number.POSITIVE_INFINITY,
      r.length === limit ? r.at(-1)!.seq : Number.POSITIVE_INFINITY,
    );
    return [...e, ...r].filter((row) => row.seq <= bound).sort((a, b) => a.seq - b.seq);
  };
}

type SequencedLine = { seq: number; line: string };

function sequencedLines(db: Database, table: typeof EVENTS | typeof REQUESTS) {
  const { kind, alias } = table.archive;
  const { sql, fieldsOf } = lineFields(table);
  const after = db.query<unknown, [number, number]>(
    `select ${alias}.seq, ${sql} from ${sourceOf(table)} where ${alias}.seq > ? order by ${alias}.seq limit ?`,
  );
  return (seq: number, limit: number): SequencedLine[] =>
    (after.values(seq, limit) as Values[]).map((row) => ({
      seq: row[0] as number,
      line: `{${fieldsOf(row, 1).slice(1)},"kind":"${kind}"}`,
    }));
}

/** A row with text is as long as this many others. */
const FILLED_SHARE = 8;
/** The lines of a page are in memory together; a text may be as long as a page of other lines. */
const PAGE_CHARS = 1024 * 1024;

/** Kinds of rows that are archived again when they change. */
const CHANGING = ARCHIVED.filter((table) => {
  const { by, always }: Archived = table.archive;
  return by !== "seq" || always;
});

/** Lines to append, and what to record in the database once they are in the file. */
export type ChangedPage = { lines: string[]; settle(): void };
type Page = { after_seq: number; limit: number; lines: string[]; notes: (() => void)[] };

/**
 * Rows without a sequence number of their own: new ones above a mark, and those that changed since they were
 * archived. `after_seq` is the place of a line in the sequence.
 */
export function changedRows(db: Database) {
  const meta = metaOf(db);
  const marks: Marks = {
    get: (kind) => Number(meta.get(`archived_${kind}`) ?? 0),
    set: (kind, row) => meta.set(`archived_${kind}`, String(row)),
  };
  const kinds = CHANGING.map((table) => changedOfKind(db, table, marks));

  return {
    page(after_seq: number, limit: number): ChangedPage {
      const page: Page = { after_seq, limit, lines: [], notes: [] };
      for (const kind of kinds) {
        kind.addNew(page);
        if (page.lines.length < limit) kind.addChanged(page);
        if (page.lines.length >= limit) break;
      }
      const { lines, notes } = page;
      if (lines.length > 0) notes.push(() => marks.set("seq", after_seq));
      return {
        lines,
        settle() {
          for (const note of notes) note();
        },
      };
    },
    archivedSeq: () => marks.get("seq"),
    /** Everything that exists now is in the archive. */
    markAll(seq: number): void {
      for (const kind of kinds) kind.markAll();
      marks.set("seq", seq);
      db.run("delete from archive_pending");
    },
    /** The archive has lost lines: rows without a number of their own are archived again from the beginning. */
    startOver(): void {
      db.run("delete from meta where key like 'archived\\_%' escape '\\'");
      for (const kind of kinds) kind.startOver();
    },
  };
}

/** The last row of each kind that is in the archive. */
type Marks = { get(kind: string): number; set(kind: string, row: number): void };

function changedOfKind(db: Database, table: ArchivedTable, marks: Marks) {
  const { kind, by }: Archived = table.archive;
  const q = statements(db, table);
  const share = "fill" in table.archive ? FILLED_SHARE : 1;
  return {
    addNew({ lines, notes, limit, after_seq }: Page): void {
      if (by !== "mark") return;
      const rows = q.fresh(marks.get(kind), Math.max(0, Math.ceil(limit / share) - lines.length));
      let top: number | undefined;
      let chars = 0;
      for (const row of rows) {
        const line = q.lineOf(row, after_seq);
        lines.push(line);
        top = row[0];
        chars += line.length;
        if (chars >= PAGE_CHARS) break;
      }
      if (top !== undefined) notes.push(() => marks.set(kind, top));
    },
    addChanged({ lines, notes, limit, after_seq }: Page): void {
      if (!q.isPending()) return;
      const rows = q.pending(limit - lines.length);
      for (const row of rows) lines.push(q.lineOf(row, after_seq));
      // Entries left after all rows were found belong to deleted rows.
      if (lines.length < limit) notes.push(q.forgetAll);
      else for (const [pk, key] of rows) notes.push(() => q.forget(pk, key));
    },
    markAll(): void {
      if (by === "mark") marks.set(kind, q.top());
    },
    startOver(): void {
      if (by === "row") q.pendAll();
    },
  };
}

/** Its place and its key, then the values of its line. */
type Keyed = [row_pk: number, row_key: string, ...Values];

/** Rows are archived in the order in which they were put into chunks; texts that repeat are in earlier ones. */
const CHUNKS_IN_ORDER = 8;

/** The text of a line is read from the chunk in which it is stored; `sql` selects its place at the end of a row. */
function filler(db: Database, { archive }: ArchivedTable): { sql: string; fill(row: Keyed): string } {
  const { fill, alias }: Archived = archive;
  if (!fill) return { sql: "", fill: () => "" };
  const { textOf } = textReader(db, CHUNKS_IN_ORDER);
  return {
    sql: `, ${alias}.chunk_pk, ${alias}.chunk_start, ${alias}.chunk_chars`,
    fill(row) {
      const [chunk_pk, chunk_start, chunk_chars] = row.slice(-3) as number[];
      const place: TextPlace = { chunk_pk: chunk_pk!, chunk_start: chunk_start!, chunk_chars: chunk_chars! };
      return `,"text":${JSON.stringify(textOf(place))}`;
    },
  };
}

function statements(db: Database, table: ArchivedTable) {
  const { kind, alias, pk, key }: Archived = table.archive;
  const { sql, fieldsOf } = lineFields(table);
  const from = sourceOf(table);
  const filled = filler(db, table);
  const join = `${alias}.${pk} = p.row_pk${key ? ` and ${alias}.${key} = p.key` : ""}`;
  const fresh = db.query<unknown, [number, number]>(
    `select ${alias}.${pk}, '', ${sql}${filled.sql} from ${from} where ${alias}.${pk} > ? order by ${alias}.${pk} limit ?`,
  );
  const pending = db.query<unknown, [number]>(
    `select p.row_pk, p.key, ${sql}${filled.sql} from archive_pending p, ${from}
       where p.kind = '${kind}' and ${join} order by p.row_pk, p.key limit ?`,
  );
  return {
    fresh: (after: number, limit: number) => fresh.values(after, limit) as Keyed[],
    pending: (limit: number) => pending.values(limit) as Keyed[],
    lineOf: (row: Keyed, after_seq: number): string =>
      `{"kind":"${kind}","after_seq":${after_seq}${fieldsOf(row, 2)}${filled.fill(row)}}`,
    ...pendingOf(db, table),
  };
}

/** Pending entries of rows of a kind that must be archived again. */
function pendingOf(db: Database, { name, archive }: ArchivedTable) {
  const { kind, pk, key = "''" }: Archived = archive;
  const of = `archive_pending where kind = '${kind}'`;
  const some = db.query<{ row_pk: number }, []>(`select row_pk from ${of} limit 1`);
  const forget = db.query<unknown, [number, string]>(`delete from ${of} and row_pk = ? and key = ?`);
  const top = db.query<{ pk: number | null }, []>(`select max(${pk}) as pk from ${name}`);
  return {
    isPending: () => some.get() !== null,
    forget: (row_pk: number, row_key: string): void => void forget.run(row_pk, row_key),
    forgetAll: (): void => void db.run(`delete from ${of}`),
    pendAll: (): void =>
      void db.run(`insert or ignore into archive_pending select '${kind}', ${pk}, ${key} from ${name}`),
    top: () => top.get()?.pk ?? 0,
  };
}
