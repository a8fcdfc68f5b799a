import type { Database } from "bun:sqlite";
import { sourceOf } from "./archive-rows.ts";
import type { Archived, Column } from "./table.ts";
import { ARCHIVED, type ArchivedTable } from "./tables.ts";

/**
 * The recorded data, without anything that depends on when, in what order or from which folder it was read: no row
 * numbers, no paths, none of the events that describe how a read corrected an earlier one.
 */
function recorded(table: ArchivedTable): string {
  const { alias, where = "true" }: Archived = table.archive;
  const values: string[] = [];
  // A column that is newer than its table changes the digest only where it has a value.
  const younger: string[] = [];
  for (const [name, { digest: of, since }] of Object.entries<Column>(table.columns)) {
    if (of === undefined) continue;
    const value = of === true ? `${alias}.${name}` : of;
    if (since === undefined) values.push(value);
    else younger.push(` || iif(${value} is null, '', '${name}:' || json_quote(${value}))`);
  }
  return `select json_array(${values.join(", ")})${younger.join("")} as line from ${sourceOf(table)} where ${where} order by line`;
}

export type TableName = ArchivedTable["name"];
export type Digest = { digest: string; tables: Record<TableName, { rows: number; digest: string }> };

/**
 * Two databases with the same records have the same digest, however they were filled. Data that is read later than the
 * figures has only its own digest, and is not part of the digest of all.
 */
export function digest(db: Database): Digest {
  const all = new Bun.CryptoHasher("sha256");
  const tables = ARCHIVED.map((table) => {
    const hasher = new Bun.CryptoHasher("sha256");
    let rows = 0;
    for (const { line } of db.query<{ line: string }, []>(recorded(table)).iterate()) {
      hasher.update(`${line}\n`);
      rows++;
    }
    const found = { rows, digest: hasher.digest("hex") };
    const { apart }: Archived = table.archive;
    // A table that is newer than a database is not part of it until it has rows.
    if (!apart && (rows > 0 || !("since" in table))) all.update(`${table.name} ${found.digest}\n`);
    return [table.name, found] as const;
  });
  return { digest: all.digest("hex"), tables: Object.fromEntries(tables) as Digest["tables"] };
}
