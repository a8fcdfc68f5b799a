/** Every error a person or a script can meet, with its exit code (sysexits) and HTTP status. */
export const ERROR_CODES = {
  usage: { exit: 64, status: 400, title: "Invalid usage" },
  bad_config: { exit: 78, status: 500, title: "Invalid setting" },
  data_directory_unusable: { exit: 73, status: 500, title: "The data directory cannot be used" },
  database_newer: { exit: 65, status: 500, title: "The database was written by a newer version" },
  database_older: { exit: 65, status: 500, title: "The database was written by an earlier version" },
  database_damaged: { exit: 65, status: 500, title: "The database is damaged" },
  database_foreign: { exit: 65, status: 500, title: "The database belongs to another program" },
  database_busy: { exit: 75, status: 503, title: "The database is locked by another program" },
  disk_full: { exit: 74, status: 503, title: "No space left for the database" },
  already_running: { exit: 0, status: 409, title: "A daemon is already running on this data directory" },
  not_running: { exit: 69, status: 503, title: "No daemon is running on this data directory" },
  daemon_hung: { exit: 75, status: 503, title: "The daemon is not responding" },
  port_busy: { exit: 69, status: 503, title: "The port is used by another program" },
  settings_unreadable: { exit: 65, status: 500, title: "A settings file cannot be read" },
  no_data: { exit: 69, status: 404, title: "No data" },
  not_found: { exit: 69, status: 404, title: "Not found" },
  bad_request: { exit: 64, status: 400, title: "Invalid parameter" },
  forbidden_origin: { exit: 77, status: 403, title: "Request from another site refused" },
  forbidden_user: { exit: 77, status: 403, title: "Access denied for this user" },
  unauthorized: { exit: 77, status: 401, title: "Token required" },
  unsupported_media_type: { exit: 64, status: 415, title: "Send application/json" },
  too_large: { exit: 64, status: 413, title: "Request body too large" },
  too_many_requests: { exit: 75, status: 429, title: "Too many requests" },
  spool_refused: { exit: 74, status: 503, title: "The spool cannot be written" },
  too_many_streams: { exit: 75, status: 429, title: "Too many open event streams" },
  internal: { exit: 70, status: 500, title: "Internal error" },
} as const satisfies Record<string, { exit: number; status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one thrown error. `hint` is the way out, for the person at the terminal. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.hint = options.hint;
  }
}

/** What was thrown, as text; anything can be. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** RFC 9457 problem document, as every HTTP error answers. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  hint?: string;
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
  return error.hint === undefined ? problem : { ...problem, hint: error.hint };
}
