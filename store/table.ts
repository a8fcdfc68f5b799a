import type { LineKind, LineValue } from "./archive-lines.ts";

/** How a later observation of the same row joins the stored value; SQL over the column and the new value. */
export const MERGES = {
  first: (column: string, next: string) => `coalesce(${column}, ${next})`,
  last: (column: string, next: string) => `coalesce(${next}, ${column})`,
  least: (column: string, next: string) => `min(coalesce(${column}, ${next}), coalesce(${next}, ${column}))`,
  most: (column: string, next: string) => `max(coalesce(${column}, ${next}), coalesce(${next}, ${column}))`,
} as const;
type Merge = keyof typeof MERGES;

export type Column = {
  /** Type and constraints as in `create table`; absent for what an archive line takes from another table. */
  sql?: string;
  /** For an archive line: source of the value, if not the column of this name. */
  from?: string;
  /** The form of the value in an archive line; absent = not archived. */
  line?: LineKind;
  /** Part of what `digest` compares: true = the column, a text = this SQL in its place. */
  digest?: true | string;
  merge?: Merge;
  /** Updated by its own writer after the row was stored; a change is archived. */
  changes?: true;
  /** The version of the schema that brought it, for a column that is newer than its table. */
  since?: number;
};

/** How the rows of a table reach the archive, and which of them the digest compares. */
export type Archived = {
  kind: string;
  alias: string;
  /** Further tables that the lines take values from. */
  join?: string;
  /** Orders the rows; `key` distinguishes rows of one `pk`. */
  pk: string;
  key?: string;
  /** In the order of their `seq`, by the highest `pk` that was written, or row by row. */
  by: "seq" | "mark" | "row";
  /** Archived again after any update, whatever it changed. */
  always?: true;
  /** Rows that the digest compares. */
  where?: string;
  /** Not part of the digest of all tables: it may be filled long after the others. */
  apart?: true;
  /** Content of a line that is in no column. */
  fill?: "text";
};

export type Index = string | { on: string; since: number };
export type Table = {
  name: string;
  columns: Record<string, Column>;
  /** Table constraints, comma-separated. */
  constraints?: string;
  without_rowid?: true;
  /** Name → the columns in brackets, `unique ` in front where it is. */
  indexes?: Record<string, Index>;
  archive?: Archived;
  /** The version of the schema that brought the table. */
  since?: number;
};

type Stored<C> = { [K in keyof C]: C[K] extends { readonly sql: string } ? K : never }[keyof C];
type ValueOf<S> = S extends `${string} not null${string}` | `${string} primary key${string}`
  ? BaseOf<S>
  : BaseOf<S> | null;
type BaseOf<S> = S extends `text${string}` ? string : S extends `blob${string}` ? Uint8Array : number;
/** A stored row of a table. */
export type Row<T extends Table> = {
  -readonly [K in ColumnName<T>]: ValueOf<NonNullable<T["columns"][K]["sql"]>>;
};
export type ColumnName<T extends Table> = Stored<T["columns"]> & string;

export function table<const T extends Table>(of: T): T {
  return of;
}

/** Names of the stored columns, in their order. */
export function columnsOf<T extends Table>({ columns }: T): ColumnName<T>[] {
  return Object.keys(columns).filter(
    (name) => (columns[name] as Column).sql !== undefined,
  ) as ColumnName<T>[];
}

/** `insert` of the named columns; values are bound in their order. */
export function insertInto<T extends Table>(
  { name }: T,
  columns: readonly ColumnName<T>[],
  onConflict = "",
): string {
  return `insert into ${name} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")}) ${onConflict}`;
}

/** Columns that may be null. */
export type Nullable<T extends Table> = {
  [K in ColumnName<T>]: null extends Row<T>[K] ? K : never;
}[ColumnName<T>];

/** A value of a column as a parser gives it: where its archive line has one of a few names, so has this. */
type FieldOf<T extends Table, K extends ColumnName<T>> = T["columns"][K] extends {
  readonly line: infer L extends LineKind;
}
  ? NonNullable<LineValue<L>>
  : NonNullable<Row<T>[K]>;

/** Columns as fields: what may be null may be absent. `Own` are columns that the store sets itself. */
export type Fields<T extends Table, Own extends ColumnName<T>> = {
  [K in Exclude<ColumnName<T>, Own | Nullable<T>>]: FieldOf<T, K>;
} & { [K in Exclude<Nullable<T>, Own>]?: FieldOf<T, K> | undefined };

/** The same with each field present: what may be null is null. */
export type FilledFields<T extends Table, Own extends ColumnName<T>> = {
  [K in Exclude<ColumnName<T>, Own>]: FieldOf<T, K> | (K extends Nullable<T> ? null : never);
};

/** `set` clause of an update that joins a new observation; `next` names the new value of a column. */
export function mergeSet(table: Table, next: (column: string) => string): string {
  return mergedColumns(table)
    .map((name) => `${name} = ${MERGES[(table.columns[name] as Column).merge!](name, next(name))}`)
    .join(", ");
}

type Merged<T extends Table> = {
  [K in ColumnName<T>]: T["columns"][K] extends { readonly merge: Merge } ? K : never;
}[ColumnName<T>];

export function mergedColumns<T extends Table>(table: T): Merged<T>[] {
  const isMerged = (name: ColumnName<T>): name is Merged<T> =>
    (table.columns[name] as Column).merge !== undefined;
  return columnsOf(table).filter(isMerged);
}

/** Columns of which a later observation may change the value. */
export function mutableColumns<T extends Table>(table: T): ColumnName<T>[] {
  return columnsOf(table).filter((name) => {
    const { merge, changes } = table.columns[name] as Column;
    return merge !== undefined || changes !== undefined;
  });
}
