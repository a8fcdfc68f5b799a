import { ERROR_CODES, type ErrorCode } from "./errors.ts";

type Kind = { title: string; fix: string };

/**
 * Problems that a daemon can report, in addition to the errors of `ERROR_CODES`, which it reports under their own
 * codes.
 */
export const PROBLEM_CODES = {
  hook_events_lost: {
    title: "Hook events could not be written",
    fix: "free space on the disk of the data directory, or check its permissions; transcripts are still read",
  },
  spool_not_private: {
    title: "A spool belongs to another user or is writable by others, and is not read",
    fix: "remove it, or restrict it and its parent folder to your user (chmod 700)",
  },
  database_lost_rows: {
    title: "The database ended before its archive; the missing rows were restored",
    fix: "no action needed; if it happens again, check the disk",
  },
  archive_diverged: {
    title: "An archive of another database was found and set aside",
    fix: "stop the daemon, import the files of that folder with `hall-monitor import`, then remove it",
  },
  archive_damaged: {
    title: "Lines of the archive do not match their checksums",
    fix: "the database is intact; stop the daemon and move the folder `archive` away: the next start writes it again",
  },
  archive_not_sealed: {
    title: "The archive of a day could not be compressed",
    fix: "it is kept as is and retried every hour",
  },
  retention_failed: {
    title: "Old days could not be compressed or pruned",
    fix: "check the permissions of the data directory; retried every hour",
  },
  log_not_cut: {
    title: "`hall.db-wal` grows, because another program holds an old read transaction",
    fix: "end the long export, verify or sqlite3 shell that holds it open",
  },
  otlp_port_busy: {
    title: "The port of `HALL_OTLP_PORT` is used by another program",
    fix: "end the other program, or export to HALL_PORT and unset HALL_OTLP_PORT",
  },
  unwatched: {
    title: "The system cannot watch more files",
    fix: "nothing is lost: folders are scanned every HALL_SCAN_INTERVAL_MS instead; raise the system's limit of watches to see changes sooner",
  },
  unreadable: {
    title: "A file or folder of an agent cannot be read",
    fix: "check its permissions, and that it is neither damaged nor incomplete; it is read again when it changes",
  },
  link_to_above: {
    title: "A link leads to a folder that contains the agents' folders",
    fix: "it is not followed; remove the link",
  },
  too_many_folders: {
    title: "A folder contains too many folders",
    fix: "the rest is not read; point the link at the sessions folder itself",
  },
} as const satisfies Record<string, Kind>;

export type ProblemCode = keyof typeof PROBLEM_CODES | ErrorCode;

const KINDS: Record<ProblemCode, Kind> = { ...ERROR_CODES, ...PROBLEM_CODES };

export const PROBLEM_CODE_NAMES = Object.keys(KINDS) as [ProblemCode, ...ProblemCode[]];

/** The fix if the problem has no hint of its own. */
export function fixOf(code: ProblemCode): string {
  return KINDS[code].fix;
}
