import { columnsOf, type Index, mutableColumns, type Table } from "./table.ts";

/** SQL of a table's declaration, as of a version of the schema. */
export function createTable(table: Table, version: number): string {
  const columns = columnsOf(table)
    .filter((name) => isThere(table.columns[name]!, version))
    .map((name) => `${name} ${table.columns[name]!.sql}`);
  const parts = [...columns, ...(table.constraints ? [table.constraints] : [])];
  return `create table ${table.name} (${parts.join(", ")})${table.without_rowid ? " without rowid" : ""};`;
}

export function createIndexes(table: Table, version: number): string[] {
  return Object.entries<Index>(table.indexes ?? {}).flatMap(([name, index]) => {
    if (typeof index !== "string" && index.since > version) return [];
    const on = typeof index === "string" ? index : index.on;
    const unique = on.startsWith("unique ") ? "unique " : "";
    return [`create ${unique}index if not exists ${name} on ${table.name} ${on.slice(unique.length)};`];
  });
}

/**
 * Triggers that record which rows are to be archived. They check before they insert: inside an upsert SQLite ignores a
 * trigger's own "or ignore", and the row itself would be rejected.
 */
export function createTriggers(table: Table, version: number): string[] {
  const { archive } = table;
  if (!archive) return [];
  const { kind, pk, key } = archive;
  const note = `insert into archive_pending select '${kind}', new.${pk}, ${key ? `new.${key}` : "''"}
    where not exists (select 1 from archive_pending where kind = '${kind}' and row_pk = new.${pk} and key = ${key ? `new.${key}` : "''"});`;
  const trigger = (name: string, on: string, when: string) =>
    `create trigger archive_${name} after ${on} on ${table.name}${when} begin\n  ${note}\nend;`;
  const mutable = mutableColumns(table).filter((name) => isThere(table.columns[name]!, version));
  const made = [];
  if (archive.by === "row") made.push(trigger(mutable.length > 0 ? `${kind}_new` : kind, "insert", ""));
  if (archive.always) made.push(trigger(kind, "update", ""));
  else if (mutable.length > 0) {
    const isWritten = `new.${pk} <= (select cast(value as integer) from meta where key = 'archived_${kind}') and `;
    const row = (which: string) => `(${mutable.map((name) => `${which}.${name}`).join(", ")})`;
    const when = ` when ${archive.by === "mark" ? isWritten : ""}${row("new")} is not ${row("old")}`;
    made.push(trigger(kind, "update", when));
  }
  return made;
}

/** The steps of the schema after `released`: what the declarations with these versions add, then `more` of each. */
export function declaredSteps(
  tables: readonly Table[],
  released: number,
  more: Readonly<Record<number, string>>,
): string[] {
  const versions = tables.flatMap((t) => [
    t.since ?? 0,
    ...Object.values(t.columns).map((c) => c.since ?? 0),
  ]);
  const last = Math.max(released, ...versions, ...Object.keys(more).map(Number));
  return Array.from({ length: last - released }, (_, i) => {
    const version = released + 1 + i;
    return [...tables.flatMap((table) => step(table, version)), more[version] ?? ""].join("\n");
  });
}

function step(table: Table, version: number): string[] {
  if ((table.since ?? 0) > version) return [];
  if (table.since === version)
    return [createTable(table, version), ...createIndexes(table, version), ...createTriggers(table, version)];
  const added = columnsOf(table).filter((name) => table.columns[name]!.since === version);
  if (added.length === 0) return [];
  const triggers = createTriggers(table, version);
  return [
    ...added.map((name) => `alter table ${table.name} add column ${name} ${table.columns[name]!.sql};`),
    ...createIndexes(table, version),
    ...triggers.map((sql) => `drop trigger if exists ${sql.split(" ")[2]};`),
    ...triggers,
  ];
}

function isThere({ since = 0 }: { since?: number }, version: number): boolean {
  return since <= version;
}
