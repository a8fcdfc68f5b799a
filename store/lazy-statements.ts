import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { openReader } from "./database.ts";
import { columnsOf, type Table } from "./table.ts";
import { TABLES } from "./tables.ts";

type AnyStatement = Statement<unknown, SQLQueryBindings[]>;

/**
 * A reader for a daemon. A table or column that is missing is an error at once, as if all of its queries were prepared: a
 * daemon that starts on such a database ends instead of failing at one request after another.
 */
export function openLazyReader(dataDir: string): Database {
  const db = openReader(dataDir);
  try {
    for (const table of TABLES as readonly Table[])
      db.run(`select ${columnsOf(table).join(", ")} from ${table.name} limit 0`);
    return prepareLazily(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Makes a connection prepare each statement when it is first used. A daemon has some 660 statements of 8 kB, and until a
 * page is opened it uses a third of them.
 */
function prepareLazily(db: Database): Database {
  const prepare = db.query.bind(db) as (sql: string) => AnyStatement;
  db.query = ((sql: string) => new LazyStatement(() => prepare(sql))) as unknown as Database["query"];
  return db;
}

/** Of a statement what queries use. */
class LazyStatement implements Pick<AnyStatement, "all" | "get" | "iterate" | "values"> {
  private readonly prepare: () => AnyStatement;
  private prepared: AnyStatement | undefined;

  constructor(prepare: () => AnyStatement) {
    this.prepare = prepare;
  }

  private get statement(): AnyStatement {
    this.prepared ??= this.prepare();
    return this.prepared;
  }

  all(...values: SQLQueryBindings[]) {
    return this.statement.all(...values);
  }

  get(...values: SQLQueryBindings[]) {
    return this.statement.get(...values);
  }

  iterate(...values: SQLQueryBindings[]) {
    return this.statement.iterate(...values);
  }

  values(...values: SQLQueryBindings[]) {
    return this.statement.values(...values);
  }
}
