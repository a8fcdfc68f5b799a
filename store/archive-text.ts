import type { LineKind } from "./archive-lines.ts";
import type { Archived, Column } from "./table.ts";
import type { ArchivedTable } from "./tables.ts";

type Way = "quoted" | "bare" | "number" | "json";

/**
 * Which side formats a value of a line. SQLite formats texts and whole numbers in a third of the time of building an
 * object and serializing it. It spells fractions differently, and does not check JSON.
 */
const WAYS: Readonly<Record<LineKind, Way>> = {
  text: "quoted",
  id: "quoted",
  text_or_empty: "quoted",
  maybe_text: "quoted",
  text_or_null: "quoted",
  source: "quoted",
  maybe_source: "quoted",
  origin: "quoted",
  sample_origin: "quoted",
  event_type: "quoted",
  outcome: "quoted",
  role: "quoted",
  record: "quoted",
  relation: "quoted",
  reason: "quoted",
  int: "bare",
  count: "bare",
  count_or_0: "bare",
  seq: "bare",
  maybe_int: "bare",
  int_or_null: "bare",
  number: "number",
  maybe_number: "number",
  number_or_null: "number",
  json: "json",
};

type Piece = { sql: string; name?: string; way?: Way };

/**
 * The fields of a table's line without those that are null. `sql` selects them as one text, or as several with a value
 * between each two; `fieldsOf` makes one text of these, which are in a row from its `first` column on. It begins with a
 * comma. The caller adds the text of the line.
 */
export function lineFields({ columns, archive }: ArchivedTable): {
  sql: string;
  fieldsOf(row: readonly unknown[], first: number): string;
} {
  const { fill }: Archived = archive;
  const pieces: Piece[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) pieces.push({ sql: `concat(${open.join(", ")})` });
    open = [];
  };
  for (const [name, column] of Object.entries<Column>(columns)) {
    if (column.line === undefined || name === fill) continue;
    const value = column.from ?? `${archive.alias}.${name}`;
    const way = WAYS[column.line];
    if (way === "quoted" || way === "bare") open.push(...fieldSql(name, value, way, column));
    else {
      close();
      pieces.push({ sql: value, name, way });
    }
  }
  close();
  return {
    sql: pieces.map(({ sql }) => sql).join(", "),
    fieldsOf: (row, first) => {
      let text = "";
      for (let i = 0; i < pieces.length; i++) text += textOf(pieces[i]!, row[first + i]);
      return text;
    },
  };
}

function fieldSql(name: string, value: string, way: Way, { sql = "" }: Column): string[] {
  const written = way === "quoted" ? `json_quote(${value})` : value;
  if (/not null|primary key/.test(sql)) return [`',"${name}":'`, written];
  return [`iif(${value} is null, '', concat(',"${name}":', ${written}))`];
}

function textOf({ name, way }: Piece, value: unknown): string {
  if (name === undefined) return value as string;
  if (value === null) return "";
  const written = way === "json" ? JSON.parse(value as string) : value;
  return `,"${name}":${JSON.stringify(written)}`;
}
