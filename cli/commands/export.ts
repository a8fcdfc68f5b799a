import { chmodSync, closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { AppError, messageOf } from "../../schema/errors.ts";
import { SOURCES } from "../../schema/event-names.ts";
import { escapeAfterJson } from "../../schema/text.ts";
import { openReader } from "../../store/database.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import { exportText } from "../../viewer/api/metrics.ts";
import { type Command, choice, JSON_OPTION, text } from "../command.ts";
import { counted } from "../format.ts";
import { requireNames } from "../known-names.ts";
import { moment, RANGE_OPTIONS } from "../moment.ts";
import { complain, toPlain, write } from "../print.ts";
import { requireSession } from "../session-id.ts";

const FORMATS = ["ndjson", "csv"] as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

export const exportCommand: Command = {
  options: {
    ...RANGE_OPTIONS,
    format: { type: "string", value: FORMATS.join("|"), what: "default ndjson" },
    out: { type: "string", short: "o", value: "FILE", what: "write to FILE instead of standard output" },
    session: { type: "string", value: "ID", what: "only this session" },
    source: {
      type: "string",
      value: SOURCES.join("|"),
      what: "only this agent; plan = plans, hall = the recorder itself",
    },
    project: { type: "string", value: "PATH", what: "only this project" },
    json: { ...JSON_OPTION, what: "print errors as JSON" },
  },
  more: "Reads the database, with or without a daemon.",
  run({ values, config }) {
    const settings = config();
    const now = Date.now();
    const format = choice(values, "format", FORMATS) ?? "ndjson";
    const filter = {
      session_id: undefined as string | undefined,
      source: choice(values, "source", SOURCES),
      project: text(values, "project"),
      from_unix_ms: moment(values, "since", settings.time_zone, now),
      until_unix_ms: moment(values, "until", settings.time_zone, now),
    };
    const path = text(values, "out");
    const db = openReader(settings.data_dir);
    try {
      const session = text(values, "session");
      if (session !== undefined) filter.session_id = requireSession(db, session);
      requireNames(db, { project: filter.project });
      const pieces = exportText(feedQueries(db).ascending(filter), format);
      if (path === undefined || path === "-") toTerminal(pieces, format);
      else toFile(pieces, format, path);
    } finally {
      db.close();
    }
    return 0;
  },
};

function toTerminal(pieces: Iterable<string>, format: "ndjson" | "csv"): void {
  for (const piece of pieces) {
    const safe = format === "ndjson" ? escapeAfterJson(piece) : piece;
    write(process.stdout.isTTY ? safe.replace(CONTROLS, "") : safe);
  }
}

/** The file appears whole or not at all. */
function toFile(pieces: Iterable<string>, format: "ndjson" | "csv", path: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  let records = 0;
  try {
    const fd = openSync(temporary, "wx", 0o600);
    try {
      for (const piece of pieces) {
        records += piece.split("\n").length - 1;
        const bytes = Buffer.from(piece);
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      }
    } finally {
      closeSync(fd);
    }
    chmodSync(temporary, 0o600);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (cause instanceof AppError || typeof (cause as { syscall?: unknown }).syscall !== "string")
      throw cause;
    const message = messageOf(cause);
    throw new AppError("data_directory_unusable", `Cannot write ${path}: ${message}`, {
      hint: "choose another --out",
      cause,
    });
  }
  complain(`${counted(records - (format === "csv" ? 1 : 0), "event")} in ${toPlain(path)}`);
}
