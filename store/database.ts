import { type Changes, Database } from "bun:sqlite";
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensurePrivate } from "../hooks/append.ts";
import { AppError } from "../schema/errors.ts";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";
import { isWriteRefused, openUnwritable } from "./read-only.ts";
import { statIn } from "./stat.ts";

export const DATABASE_FILE = "hall.db";
/**
 * Keys of history come in no order, so its pages are written again soon: they wait in the log, up to 256 MB. The
 * daemon copies it every few seconds.
 */
const CHECKPOINT_PAGES = 65_536;
/** After a burst the log's file is truncated to this size when it restarts. */
const LOG_BYTES = 16 * 1024 * 1024;
const LOGGED = [
  "journal_mode = wal",
  "synchronous = normal",
  `wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
  `journal_size_limit = ${LOG_BYTES}`,
];

export type Values = (string | number | null | Uint8Array)[];

/** Runs a statement with its values as one array, which binds them without copying them twice first. */
export function writer(db: Database, sql: string): (values: Values) => Changes {
  // biome-ignore lint/suspicious/noExplicitAny: Bun takes an array for all the values, but its types do not allow it.
  const statement = db.query<unknown, any>(sql);
  return (values) => statement.run(values);
}

/** Opens (and creates or migrates) the one database; a newer or foreign file is refused, not touched. */
export function openDatabase(
  dataDir: string,
  { file, pragmas } = { file: DATABASE_FILE, pragmas: LOGGED },
): Database {
  ensurePrivateFolder(dataDir);
  const path = join(dataDir, file);
  refuseOdd(path);
  const isNew = !existsSync(path) || statSync(path).size === 0;
  let db: Database;
  try {
    db = new Database(path, { create: true, strict: true });
    chmodSync(path, 0o600);
    db.run("pragma busy_timeout = 5000");
    refuseForeign(db, path, isNew);
    db.run("pragma temp_store = memory");
    db.run("pragma cache_size = -32768");
    for (const pragma of pragmas) db.run(`pragma ${pragma}`);
    migrate(db, path);
  } catch (cause) {
    throw toStoreError(cause, path);
  }
  for (const suffix of ["-wal", "-shm"]) if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600);
  // Earlier versions filled a separate file first; a killed one left it behind.
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}.import${suffix}`, { force: true });
  return db;
}

/** A read-only connection for all queries. */
export function openReader(dataDir: string): Database {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path) && statIn(path)?.isFile() !== true)
    throw new AppError("no_data", `There is no database in ${dataDir}`, {
      hint: "run `hall-monitor start` first",
    });
  refuseOdd(path);
  try {
    return prepareReader(new Database(path, { readonly: true, strict: true }), path);
  } catch (cause) {
    if (!isWriteRefused(cause)) throw toStoreError(cause, path);
  }
  try {
    return prepareReader(openUnwritable(path), path);
  } catch (cause) {
    throw toStoreError(cause, path);
  }
}

function prepareReader(db: Database, path: string): Database {
  db.run("pragma busy_timeout = 5000");
  db.run("pragma query_only = on");
  db.run("pragma cache_size = -16384");
  refuseForeign(db, path, false);
  return db;
}

export function archiveFolder(dataDir: string): string {
  return join(dataDir, "archive");
}

export function ensurePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    // The same rule as for the hooks: otherwise they would write elsewhere than this process reads.
    ensurePrivate(path);
  } catch (cause) {
    throw new AppError("data_directory_unusable", `Cannot use ${path}`, {
      hint: "check its owner and permissions, or set HALL_DATA_DIR",
      cause,
    });
  }
}

/** SQLite would block on a FIFO forever. */
function refuseOdd(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw new AppError("data_directory_unusable", `${path} is not a file`, {
      hint: "move it away, then run `hall-monitor start`",
    });
}

function refuseForeign(db: Database, path: string, isNew: boolean): void {
  if (isNew) return;
  const id = db.query<{ application_id: number }, []>("pragma application_id").get()?.application_id;
  const version = userVersion(db);
  if (version > MIGRATIONS.length)
    throw new AppError(
      "database_newer",
      `${path} has schema version ${version}; this version supports up to ${MIGRATIONS.length}`,
      {
        hint: "update hall-monitor; nothing was changed",
      },
    );
  if (id !== APPLICATION_ID && version > 0)
    throw new AppError("database_foreign", `${path} is not a hall-monitor database`, {
      hint: "move the file away, then run `hall-monitor start`",
    });
}

function userVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("pragma user_version").get()?.user_version ?? 0;
}

/** Whether the next program that opens it to write has steps to make. */
export function isOlder(dataDir: string): boolean {
  const db = openReader(dataDir);
  try {
    return userVersion(db) < MIGRATIONS.length;
  } finally {
    db.close();
  }
}

/** One transaction per step, after a copy of the file as it was. */
function migrate(db: Database, path: string): void {
  const from = userVersion(db);
  if (from === MIGRATIONS.length) return;
  if (from > 0) {
    const backup = join(dirname(path), `hall.db.schema-${from}.backup`);
    if (!existsSync(backup)) {
      db.run("vacuum into ?", [backup]);
      chmodSync(backup, 0o600);
    }
  }
  for (let step = from; step < MIGRATIONS.length; step++)
    db.transaction(() => {
      db.run(MIGRATIONS[step]!);
      db.run(`pragma user_version = ${step + 1}`);
      db.run(`pragma application_id = ${APPLICATION_ID}`);
    }).immediate();
}

/** SQLite's error codes as errors with a hint. */
export function toStoreError(cause: unknown, path: string): AppError {
  if (cause instanceof AppError) return cause;
  const code = (cause as { code?: string } | null)?.code ?? "";
  const options = { cause };
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"))
    return new AppError("database_busy", `${path} is locked`, {
      ...options,
      hint: "close the program that holds it",
    });
  if (code === "SQLITE_FULL" || code === "SQLITE_IOERR_WRITE" || code === "ENOSPC")
    return new AppError("disk_full", `No space left to write ${path}`, {
      ...options,
      hint: "free some space; nothing is lost, and reading resumes automatically",
    });
  // A damaged root page makes the schema unreadable, which SQLite reports without a specific code.
  if (
    code === "SQLITE_NOTADB" ||
    code.startsWith("SQLITE_CORRUPT") ||
    /malformed|disk image/.test(String(cause))
  )
    return new AppError("database_damaged", `${path} is damaged`, {
      ...options,
      hint: "run `hall-monitor rebuild`",
    });
  if (
    code.startsWith("SQLITE_CANTOPEN") ||
    code.startsWith("SQLITE_READONLY") ||
    code === "EACCES" ||
    code === "EROFS"
  )
    return new AppError("data_directory_unusable", `Cannot write ${path}`, {
      ...options,
      hint: "check its owner and permissions, or set HALL_DATA_DIR",
    });
  return new AppError(
    "internal",
    `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    options,
  );
}
