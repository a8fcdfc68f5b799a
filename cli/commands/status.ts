import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../schema/config.ts";
import { ERROR_CODES } from "../../schema/errors.ts";
import type { DaemonStatus } from "../../schema/status.ts";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { checkQueries, type StoredCounts } from "../../store/checks.ts";
import { DATABASE_FILE, openReader } from "../../store/database.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute } from "../daemon-client.ts";
import { findPresence, type Presence, toHungError } from "../find-presence.ts";
import { counted, toBytes, toCount, toDuration } from "../format.ts";
import { out, paint, printJson, toPlain } from "../print.ts";

export const status: Command = {
  options: { json: JSON_OPTION },
  more: "Exit code 0 when it runs, 69 when it does not.",
  async run({ values, config }) {
    const settings = config();
    const presence = await findPresence(settings.data_dir);
    if (presence.kind !== "live") return silent(settings, presence, flag(values, "json"));
    const answer = await callRoute(presence.daemon, "GET /api/status");
    const data = { ...answer.data, data_dir: settings.data_dir };
    if (flag(values, "json")) printJson({ ...answer, data });
    else for (const line of lines(data)) out(line);
    return 0;
  },
};

export function lines(s: DaemonStatus): string[] {
  const rows = [
    `${paint("bold", s.url ?? "no page: the port is busy")}  ${s.state}, process ${s.pid}, up ${toDuration(Date.now() - s.started_unix_ms)}`,
    `data      ${toPlain(s.data_dir)} (event ${toCount(s.last_seq)})`,
    `reading   ${counted(s.watch.files, "file")} in ${counted(s.watch.folders, "folder")} (${s.watch.mode})`,
    `history   ${progress(s.backfill)}`,
    `counted   ${counted(s.counters.lines_read, "line")}, ${counted(s.counters.events_committed, "event")}, ${counted(s.counters.requests_committed, "request")}, ${counted(s.counters.rejects, "reject")} since the start`,
  ];
  if (s.counters.hook_events_lost > 0)
    rows.push(
      paint("yellow", `lost      ${counted(s.counters.hook_events_lost, "hook event")} could not be written`),
    );
  for (const p of s.problems) {
    rows.push(paint("red", `problem   ${toPlain(p.detail)}`));
    if (p.hint) rows.push(`          ${toPlain(p.hint)}`);
  }
  return rows;
}

export function progress(b: DaemonStatus["backfill"]): string {
  if (b.done) return `complete (${counted(b.files_total, "file")}, ${toBytes(b.bytes_total)})`;
  const share = b.bytes_total === 0 ? 0 : Math.floor((b.bytes_done / b.bytes_total) * 100);
  return `${share} %: ${toCount(b.files_done)} of ${counted(b.files_total, "file")}, ${toBytes(b.bytes_done)} of ${toBytes(b.bytes_total)}`;
}

function silent(config: Config, presence: Exclude<Presence, { kind: "live" }>, json: boolean): number {
  if (presence.kind === "pageless") return pageless(config, presence.daemon.pid, json);
  if (presence.kind === "hung") return hung(config, presence, json);
  return resting(config, json);
}

/** The database is not opened: it may be what the daemon hangs on. */
function hung(config: Config, presence: Extract<Presence, { kind: "hung" }>, json: boolean): number {
  const { code, message, hint } = toHungError(presence);
  const { pid, url } = presence.daemon;
  if (json)
    printJson({
      schema_version: SCHEMA_VERSION,
      generated_at: new Date().toISOString(),
      time_zone: config.time_zone,
      data: {
        state: "hung",
        data_dir: config.data_dir,
        url,
        pid,
        hung_ms: presence.hung_ms,
        problems: [{ code, detail: message, hint }],
      },
    });
  else {
    out(paint("red", message));
    out(`          ${hint}`);
    out(`data      ${toPlain(config.data_dir)}`);
  }
  return ERROR_CODES[code].exit;
}

/** It runs and stores, but cannot be reached: another program uses its port. */
function pageless(config: Config, pid: number, json: boolean): number {
  const stored = count(config.data_dir);
  const problem = {
    code: "port_busy",
    detail: `port ${config.port} is used by another program`,
    hint: "free the port, or set HALL_PORT; HALL_PORT=0 picks a free one",
  };
  if (json)
    printJson({
      schema_version: SCHEMA_VERSION,
      generated_at: new Date().toISOString(),
      time_zone: config.time_zone,
      data: {
        state: "degraded",
        data_dir: config.data_dir,
        url: null,
        pid,
        last_seq: stored?.last_seq ?? 0,
        stored,
        problems: [problem],
      },
    });
  else {
    out(`running without its page, process ${pid}: ${problem.detail}`);
    out(`          ${problem.hint}; events are still stored`);
    out(`data      ${toPlain(config.data_dir)} (event ${toCount(stored?.last_seq ?? 0)})`);
  }
  return 0;
}

function resting(config: Config, json: boolean): number {
  const stored = count(config.data_dir);
  const { exit } = ERROR_CODES.not_running;
  if (json) {
    printJson({
      schema_version: SCHEMA_VERSION,
      generated_at: new Date().toISOString(),
      time_zone: config.time_zone,
      data: {
        state: "not_running",
        data_dir: config.data_dir,
        url: null,
        pid: null,
        last_seq: stored?.last_seq ?? 0,
        stored,
      },
    });
    return exit;
  }
  out(`not running; start it with \`hall-monitor start --detach\``);
  out(`data      ${toPlain(config.data_dir)}`);
  if (stored)
    out(
      `stored    ${counted(stored.sessions, "session")}, ${counted(stored.requests, "request")}, ${counted(stored.events, "event")}, ${counted(stored.rejects, "reject")}`,
    );
  else out("stored    nothing yet");
  return exit;
}

function count(dataDir: string): StoredCounts | null {
  if (!existsSync(join(dataDir, DATABASE_FILE))) return null;
  const db = openReader(dataDir);
  try {
    return checkQueries(db).stored();
  } finally {
    db.close();
  }
}
