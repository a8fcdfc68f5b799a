import { existsSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { accountRoots } from "../../collector/sources/codex/roots.ts";
import { countLost } from "../../collector/spool-keeper.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { checkQueries } from "../../store/checks.ts";
import { DATABASE_FILE, openReader } from "../../store/database.ts";
import { type HookGaps, hookGapQueries } from "../../store/queries/hook-gaps.ts";
import { counted, toBytes, toCount, toDuration } from "../format.ts";
import { type Check, fail, ok, type Patient, warn } from "./check.ts";

export const DOCTOR_SESSION = "doctor-";
const GAP_MS = WEEK_MS;
const BACKLOG_BYTES = 64 * 1024;

/** Whether agents' files are found, and how many. */
export function sources({ config }: Patient): Check[] {
  const found = (name: string, roots: string[], hint: string): Check => {
    if (roots.length === 0) return ok(name, "turned off");
    const there = roots.filter((root) => existsSync(root));
    if (there.length === 0) return warn(name, `none of ${roots.join(", ")} exists`, hint);
    const gone = roots.filter((root) => !there.includes(root));
    const missing = gone.length === 0 ? "" : `; missing: ${gone.join(", ")}`;
    return ok(
      name,
      there.map((root) => `${root}: ${counted(countFiles(root), "file")}`).join(", ") + missing,
    );
  };
  const cowork = config.cowork_roots.filter((root) => existsSync(root));
  return [
    found("claude files", config.roots.claude, "start Claude Code once, or set CLAUDE_CONFIG_DIR"),
    ...(cowork.length > 0 ? [found("cowork files", cowork, "")] : []),
    found(
      "codex files",
      [...config.roots.codex, ...accountRoots(config).map((root) => root.path)],
      "start Codex once, set CODEX_HOME, or set ENABLE_CODEX_SOURCE=false",
    ),
  ];
}

function countFiles(root: string): number {
  let files = 0;
  for (const _ of new Bun.Glob("**/*.{jsonl,jsonl.zst}").scanSync({ cwd: root, onlyFiles: true, dot: true }))
    files++;
  return files;
}

export function store(patient: Patient): Check[] {
  const { data_dir } = patient.config;
  if (!existsSync(join(data_dir, DATABASE_FILE)))
    return [
      warn("database", "not created yet", "it is created at the first start, or by `hall-monitor backfill`"),
    ];
  const db = openReader(data_dir);
  try {
    const queries = checkQueries(db);
    return [
      ...database(queries),
      spool(patient, new Map(queries.spoolCursors().map((c) => [c.path, c.offset]))),
      lastHook(patient, queries.lastHookUnixMs(`${DOCTOR_SESSION}%`)),
      hookGaps(hookGapQueries(db).since(patient.now - GAP_MS, patient.now)),
      ...quality(queries),
    ];
  } finally {
    db.close();
  }
}

type Queries = ReturnType<typeof checkQueries>;

function database(queries: Queries): Check[] {
  const damage = queries.damage();
  if (damage.length > 0)
    return [
      fail(
        "database",
        damage.join("; "),
        "run `hall-monitor stop`, move hall.db away and start again; the sources are re-read",
      ),
    ];
  const { sessions, requests, events } = queries.stored();
  return [
    ok(
      "database",
      `whole: ${counted(sessions, "session")}, ${counted(requests, "request")}, ${counted(events, "event")}`,
    ),
  ];
}

/** Unread records of hooks. */
function spool({ config, daemon, now }: Patient, cursors: Map<string, number>): Check {
  let waiting = 0;
  for (const root of config.spool_roots.filter((folder) => existsSync(folder))) {
    const real = realpathSync(root);
    for (const name of new Bun.Glob("*.log").scanSync({ cwd: real }))
      waiting += Math.max(0, statSync(join(real, name)).size - (cursors.get(join(real, name)) ?? 0));
  }
  const lost = countLost(config.spool_roots, now).events;
  if (lost > 0)
    return fail(
      "spool",
      `${counted(lost, "hook event")} could not be written`,
      "check the permissions of the data directory and the space on its disk; the count is spool/lost in it",
    );
  if (waiting > BACKLOG_BYTES)
    return warn(
      "spool",
      `${toBytes(waiting)} not read yet`,
      daemon ? "the daemon is behind; see `hall-monitor status`" : "start the daemon",
    );
  return ok("spool", waiting === 0 ? "empty" : `${toBytes(waiting)} not read yet`);
}

function lastHook({ now }: Patient, last: number | null): Check {
  if (last === null)
    return warn(
      "last hook event",
      "none yet",
      "start a new Claude Code session after `hall-monitor install`",
    );
  return ok("last hook event", `${toDuration(now - last)} ago`);
}

/** Facts of the last days that are in transcripts but not in hooks. */
function hookGaps(sessions: HookGaps[]): Check {
  const name = "hook coverage";
  const missing = sessions.reduce((sum, session) => sum + session.missing, 0);
  if (missing === 0)
    return ok(
      name,
      sessions.length === 0
        ? "no session with hooks this week"
        : `${counted(sessions.length, "session")} this week, complete`,
    );
  const incomplete = sessions.filter((session) => session.missing > 0).length;
  return warn(
    name,
    `${toCount(missing)} missing in ${toCount(incomplete)} of ${counted(sessions.length, "session")} this week`,
    "transcripts are still read; `hall-monitor session ID` has a session's own count",
  );
}

const list = (rows: string[]) => rows.slice(0, 5).join(", ") + (rows.length > 5 ? ", …" : "");

function quality(queries: Queries): Check[] {
  return [rejects(queries), longLines(queries), unknownKinds(queries, list)];
}

function rejects(queries: Queries): Check {
  const found = queries.rejectsByReason().map((r) => `${toCount(r.rejects)} ${r.reason}`);
  const recovered = queries.linesOf("recovered");
  const beside =
    recovered === 0 ? "" : `; ${counted(recovered, "whole record")} recovered from damaged lines`;
  if (found.length === 0) return ok("rejects", `no rejected lines${beside}`);
  return warn(
    "rejects",
    list(found) + beside,
    "lines or figures that could not be parsed; the others are not affected",
  );
}

/** For a line of tens of megabytes the figures are exact, and only the beginnings of its texts are stored. */
function longLines(queries: Queries): Check {
  const reduced = queries.linesOf("reduced");
  if (reduced === 0) return ok("long lines", "none");
  return ok(
    "long lines",
    `${counted(reduced, "line")} of more than 16 MiB: figures are exact, texts are truncated`,
  );
}

/** A newer client may write unknown kinds of lines: they are skipped, and reported. */
function unknownKinds(queries: Queries, list: (rows: string[]) => string): Check {
  const lines = queries.unknownLines().map((u) => `${counted(u.lines, "line")} "${u.kind}" of ${u.source}`);
  const iterations = queries.unknownIterations();
  if (iterations > 0) lines.push(`${counted(iterations, "request")} with a part that is not priced`);
  if (lines.length === 0) return ok("new kinds", "none");
  return warn("new kinds", list(lines), "update hall-monitor, then run `hall-monitor reindex`");
}
