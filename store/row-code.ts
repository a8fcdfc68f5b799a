/** Functions over rows, generated as code once per table: a loop over names takes four times as long. */
import type { Values } from "./database.ts";
import { type Column, type ColumnName, columnsOf, type Nullable, type Row, type Table } from "./table.ts";

/** The values of a row in the order of the columns. */
export function valuesOf<T extends Table, N extends ColumnName<T>>(
  _table: T,
  columns: readonly N[],
): (row: Pick<Row<T>, N>) => Values {
  return new Function("row", `return [${columns.map((name) => `row.${name}`).join(", ")}];`) as never;
}

/** Columns as fields of an observation: what may be null may be absent. */
export type Observed<T extends Table, N extends ColumnName<T>> = Pick<Row<T>, Exclude<N, Nullable<T>>> & {
  [K in N & Nullable<T>]?: Row<T>[K] | undefined;
};

/**
 * The same of an observation; `own` are the columns that the store sets itself. A column that the observation has no
 * field for does not compile.
 */
export function observedValues<T extends Table, N extends ColumnName<T>, Own extends N>(
  table: T,
  columns: readonly N[],
  own: readonly Own[],
): <O extends Observed<T, Exclude<N, Own>>>(
  own: Observed<T, Own>,
  observed: O & { [K in Exclude<N, Own | keyof O>]: Row<T>[K] },
) => Values {
  const values = columns.map((name) => {
    const value = `${(own as readonly string[]).includes(name) ? "own" : "observed"}.${name}`;
    return isNullable(table, name) ? `${value} ?? null` : value;
  });
  return new Function("own", "observed", `return [${values.join(", ")}];`) as never;
}

function isNullable({ columns }: Table, name: string): boolean {
  return !/ (not null|primary key)/.test((columns[name] as Column).sql ?? "");
}

/** Some fields of a row as a record of their own. */
export function pickOf<K extends string>(
  fields: readonly K[],
): <R extends { [P in K]?: unknown }>(row: R) => { [P in K]: R[P] } {
  return new Function(
    "row",
    `return { ${fields.map((name) => `${name}: row.${name}`).join(", ")} };`,
  ) as never;
}

/** A whole row from the writer's own values and parts that already have these columns; absent is null. */
export function rowOf<
  T extends Table,
  A extends ColumnName<T>,
  B extends ColumnName<T>,
  C extends ColumnName<T>,
>(
  table: T,
  [a, b, c]: readonly [readonly A[], readonly B[], readonly C[]],
): (
  own: Omit<Row<T>, A | B | C>,
  a: Pick<Row<T>, A>,
  b: Pick<Row<T>, B>,
  c: { [K in C]?: Row<T>[K] | undefined },
) => Row<T> {
  const from = (name: ColumnName<T>): string => {
    if ((a as readonly string[]).includes(name)) return `a.${name}`;
    if ((b as readonly string[]).includes(name)) return `b.${name}`;
    return (c as readonly string[]).includes(name) ? `c.${name} ?? null` : `own.${name}`;
  };
  const fields = columnsOf(table).map((name) => `${name}: ${from(name)}`);
  return new Function("own", "a", "b", "c", `return { ${fields.join(", ")} };`) as never;
}
