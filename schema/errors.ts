/** Every error code, with its exit code (sysexits) and HTTP status. */
export const ERROR_CODES = {
  usage: {
    exit: 64,
    status: 400,
    title: "Invalid usage",
    fix: "see `hall-monitor COMMAND --help`",
  },
  bad_config: {
    exit: 78,
    status: 500,
    title: "Invalid setting",
    fix: "the message names the variable or the key; `hall-monitor config --check` checks all of them",
  },
  data_directory_unusable: {
    exit: 73,
    status: 500,
    title: "The data directory cannot be used",
    fix: "check the permissions of the data directory, or set `HALL_DATA_DIR` to another folder",
  },
  database_newer: {
    exit: 65,
    status: 500,
    title: "The database was written by a newer version",
    fix: "update hall-monitor, or set `HALL_DATA_DIR` to another folder",
  },
  database_older: {
    exit: 65,
    status: 500,
    title: "The database was written by an earlier version",
    fix: "run `hall-monitor start`: it migrates the database",
  },
  database_damaged: {
    exit: 65,
    status: 500,
    title: "The database is damaged",
    fix: "the daemon rebuilds the database and keeps the old file as `hall.db.corrupt-<time>`; to do it yourself, run `hall-monitor stop`, then `hall-monitor rebuild`",
  },
  database_foreign: {
    exit: 65,
    status: 500,
    title: "The database belongs to another program",
    fix: "move `hall.db` away, or set `HALL_DATA_DIR` to another folder",
  },
  database_busy: {
    exit: 75,
    status: 503,
    title: "The database is locked by another program",
    fix: "end the program that holds `hall.db` open, such as a sqlite3 shell, and try again",
  },
  disk_full: {
    exit: 74,
    status: 503,
    title: "No space left for the database",
    fix: "free space on the disk of the data directory; the daemon retries",
  },
  already_running: {
    exit: 0,
    status: 409,
    title: "A daemon is already running on this data directory",
    fix: "no action needed: there is one daemon per data directory; `hall-monitor status` shows where",
  },
  not_running: {
    exit: 69,
    status: 503,
    title: "No daemon is running on this data directory",
    fix: "run `hall-monitor start`",
  },
  daemon_hung: {
    exit: 75,
    status: 503,
    title: "The daemon is not responding",
    fix: "run `hall-monitor stop`, then `hall-monitor start`; nothing is lost",
  },
  port_busy: {
    exit: 69,
    status: 503,
    title: "The port is used by another program",
    fix: "free the port, or set `HALL_PORT`; recording continues, and the page starts when the port is free",
  },
  settings_unreadable: {
    exit: 65,
    status: 500,
    title: "A settings file cannot be read",
    fix: "repair the file that the message names",
  },
  no_data: {
    exit: 69,
    status: 404,
    title: "No data",
    fix: "record or import something first; the message names what is missing",
  },
  not_found: {
    exit: 69,
    status: 404,
    title: "Not found",
    fix: "check the spelling; the hint names what there is",
  },
  method_not_allowed: {
    exit: 64,
    status: 405,
    title: "Method not allowed",
    fix: "use a method of the `Allow` header",
  },
  bad_request: {
    exit: 64,
    status: 400,
    title: "Invalid parameter",
    fix: "the message names the parameter; see docs/api.md",
  },
  forbidden_origin: {
    exit: 77,
    status: 403,
    title: "Request from another site refused",
    fix: "open http://localhost on the viewer's own port",
  },
  forbidden_user: {
    exit: 77,
    status: 403,
    title: "Access denied for this user",
    fix: "run `hall-monitor open --token` as the daemon's user, or see `HALL_ACCESS`",
  },
  unauthorized: {
    exit: 77,
    status: 401,
    title: "Token required",
    fix: "the hint names the token: that of `hall-monitor open`, `daemon.json` or `HALL_OTLP_TOKEN`",
  },
  unsupported_media_type: {
    exit: 64,
    status: 415,
    title: "Send application/json",
    fix: "send the body as `application/json`",
  },
  too_large: {
    exit: 64,
    status: 413,
    title: "Request body too large",
    fix: "send less in one request",
  },
  too_many_requests: {
    exit: 75,
    status: 429,
    title: "Too many requests",
    fix: "an exporter retries automatically; raise `HALL_OTLP_MAX_RPS` if many agents run",
  },
  spool_refused: {
    exit: 74,
    status: 503,
    title: "The spool cannot be written",
    fix: "free space on the disk of the data directory; an exporter retries automatically",
  },
  too_many_streams: {
    exit: 75,
    status: 429,
    title: "Too many open event streams",
    fix: "close other event streams, or raise `HALL_SSE_MAX`",
  },
  output_unwritable: {
    exit: 74,
    status: 500,
    title: "The output cannot be written",
    fix: "free space where the output is redirected to, or send it elsewhere: to a terminal, a file or a pipe",
  },
  internal: {
    exit: 70,
    status: 500,
    title: "Internal error",
    fix: "a fault of hall-monitor; `hall-monitor doctor` checks the installation",
  },
} as const satisfies Record<string, { exit: number; status: number; title: string; fix: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Set if a hint helps an API client but not a person at a terminal. */
export type HintFor = "api";

/** The one error class that is thrown. `hint` is the fix, for a person at a terminal. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly hint_for: HintFor | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; hint_for?: HintFor; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.hint = options.hint;
    this.hint_for = options.hint_for;
  }
}

/** A thrown value as text; it may be of any type. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** RFC 9457 problem document, the body of every HTTP error. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  hint?: string;
  hint_for?: HintFor;
};

export function toProblem(error: AppError): Problem {
  const { status, title } = ERROR_CODES[error.code];
  const problem: Problem = {
    type: `urn:hall-monitor:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
  };
  const { hint, hint_for } = error;
  return { ...problem, ...(hint !== undefined && { hint }), ...(hint_for && { hint_for }) };
}
