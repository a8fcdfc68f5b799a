import type { Database } from "bun:sqlite";
import { DAY_MS } from "../../schema/durations.ts";
import type { SourceRetention } from "../../schema/status.ts";
import { DELETING_NAMES, sqlNames } from "../../schema/vendors.ts";

/** A transcript counts as expiring this many days before Claude Code deletes it. */
export const WARN_DAYS = 3;

/** A folder of transcripts, and after how many days without a change the client deletes one. */
export type KeptFolder = { path: string; cleanup_period_days: number };
type File = { path: string; size_bytes: number; mtime_unix_ms: number };

/** What the agent's own clean-up is about to delete; null without transcripts. */
export function retentionQueries(db: Database) {
  const present = db.query<File, []>(
    `select path, size_bytes, mtime_unix_ms from files
     where source in (${sqlNames(DELETING_NAMES)}) and state <> 'deleted'`,
  );
  return {
    expiry(folders: readonly KeptFolder[], now: number): SourceRetention | null {
      const files = present.all();
      const found = folders
        .map((folder) => ({ folder, files: files.filter((f) => f.path.startsWith(`${folder.path}/`)) }))
        .filter((f) => f.files.length > 0)
        .map((f) => folderExpiry(f.folder, f.files, now));
      // Two homes may have different retention: the one that deletes first is reported.
      const first = found.toSorted((a, b) => a.days_until_sweep - b.days_until_sweep)[0];
      if (!first) return null;
      const sum = (of: (r: SourceRetention) => number) => found.reduce((n, r) => n + of(r), 0);
      return {
        ...first,
        files_expiring: sum((r) => r.files_expiring),
        bytes_per_day: sum((r) => r.bytes_per_day),
      };
    },
  };
}

function folderExpiry(folder: KeptFolder, files: File[], now: number): SourceRetention {
  const { cleanup_period_days } = folder;
  const expiring = now - (cleanup_period_days - WARN_DAYS) * DAY_MS;
  const oldest = Math.min(...files.map((f) => f.mtime_unix_ms));
  const oldest_age_days = Math.max(0, Math.floor((now - oldest) / DAY_MS));
  const bytes = files.reduce((n, f) => n + Math.max(0, f.size_bytes), 0);
  return {
    files_expiring: files.filter((f) => f.mtime_unix_ms <= expiring).length,
    oldest_age_days,
    days_until_sweep: Math.max(0, cleanup_period_days - oldest_age_days),
    cleanup_period_days,
    bytes_per_day: Math.round(bytes / Math.max(1, oldest_age_days)),
  };
}
