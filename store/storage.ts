import { statSync } from "node:fs";
import { join } from "node:path";
import type { Storage } from "../schema/api-health.ts";
import { archiveFiles } from "./archive-files.ts";
import { readSeals } from "./archive-seals.ts";
import { archiveFolder, DATABASE_FILE } from "./database.ts";

const SHOWN = 7;

/** Disk usage of the recorder; only file sizes are read. */
export function storageOf(data_dir: string): Pick<Storage, "database_bytes" | "wal_bytes" | "archive"> {
  const folder = archiveFolder(data_dir);
  const files = archiveFiles(folder).map(({ day, path, is_sealed }) => ({
    day,
    bytes: sizeOf(path),
    is_sealed,
  }));
  const seals = [...readSeals(folder).values()];
  const last = seals
    .toSorted((a, b) => a.sealed_unix_ms - b.sealed_unix_ms || (a.day < b.day ? -1 : 1))
    .at(-1);
  return {
    database_bytes: sizeOf(join(data_dir, DATABASE_FILE)),
    wal_bytes: sizeOf(join(data_dir, `${DATABASE_FILE}-wal`)),
    archive: {
      segments: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      first_day: files[0]?.day ?? null,
      last_day: files.at(-1)?.day ?? null,
      sealed_days: seals.length,
      last_checksum: last
        ? { day: last.day, sha256: last.sha256, sealed_unix_ms: last.sealed_unix_ms }
        : null,
      newest: files.slice(-SHOWN).reverse(),
    },
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
