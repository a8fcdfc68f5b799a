import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";

type AnyStatement = Statement<unknown, SQLQueryBindings[]>;

/**
 * Makes a connection prepare each statement when it is first used. A daemon has some 660 statements of 8 kB, and until a
 * page is opened it uses a third of them. A command that reads prepares all of its own at once: on a database of an
 * earlier version it must fail before anything else.
 */
export function prepareLazily(db: Database): Database {
  const prepare = db.query.bind(db) as (sql: string) => AnyStatement;
  db.query = ((sql: string) => new LazyStatement(() => prepare(sql))) as unknown as Database["query"];
  return db;
}

/** Of a statement what queries use. */
class LazyStatement implements Pick<AnyStatement, "all" | "get" | "iterate" | "run" | "values"> {
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

  run(...values: SQLQueryBindings[]) {
    return this.statement.run(...values);
  }

  values(...values: SQLQueryBindings[]) {
    return this.statement.values(...values);
  }
}
