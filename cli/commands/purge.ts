import { AppError } from "../../schema/errors.ts";
import { openReader } from "../../store/database.ts";
import { type PurgeScope, sessionsToPurge } from "../../store/purge.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { counted } from "../format.ts";
import { requireNames } from "../known-names.ts";
import { moment } from "../moment.ts";
import { out, printJson, toPlain } from "../print.ts";
import { archivedOf, purge as purgeWords } from "../purge.ts";
import { requireSession } from "../session-id.ts";

const MOST_SHOWN = 20;

export const purge: Command = {
  options: {
    project: {
      type: "string",
      value: "NAME",
      what: "sessions of this project: its path, or the last part of it",
    },
    session: { type: "string", value: "ID", what: "one session" },
    before: { type: "string", value: "TIME", what: "sessions inactive since this time: 2026-10-01, 30d" },
    write: { type: "boolean", what: "delete; without it, only show what would be deleted" },
    json: JSON_OPTION,
  },
  more: [
    "Deletes all text of these sessions from database, archive and spool: prompts, answers, tool inputs and outputs,",
    "titles. Figures, tool names and times stay, so totals do not change. Deleted text is not read again. The",
    "agents' own files are not touched. Stop a running daemon first.",
  ].join("\n"),
  async run({ values, config }) {
    const { data_dir, time_zone, spool_roots } = config();
    const db = openReader(data_dir);
    const [project, session] = [text(values, "project"), text(values, "session")];
    requireNames(db, { project });
    const scope: PurgeScope = {
      project,
      session_id: session && requireSession(db, session),
      before_unix_ms: beforeOf(values, time_zone),
    };
    if (Object.values(scope).every((of) => of === undefined))
      throw new AppError("usage", "nothing selected", { hint: "give --project, --session or --before" });
    const sessions = sessionsToPurge(db, scope);
    db.close();
    const archived = await archivedOf(data_dir, sessions);
    const isDone = flag(values, "write");
    if (isDone && sessions.length > 0) await purgeWords(data_dir, spool_roots, sessions);
    const texts = sessions.reduce((n, s) => n + s.texts, 0);
    const result = { sessions: sessions.length, texts, archive_lines: archived.lines, is_done: isDone };
    if (flag(values, "json")) printJson({ ...result, session_keys: sessions.map((s) => s.session_key) });
    else print(result, sessions);
    return 0;
  },
};

function beforeOf(values: Values, zone: string): number | undefined {
  const before = text(values, "before");
  return before === undefined ? undefined : moment({ since: before }, "since", zone, Date.now());
}

type Result = { sessions: number; texts: number; archive_lines: number; is_done: boolean };

function print(r: Result, sessions: ReturnType<typeof sessionsToPurge>): void {
  for (const s of sessions.slice(0, MOST_SHOWN)) out(`${s.session_key}  ${toPlain(s.project_path ?? "")}`);
  if (sessions.length > MOST_SHOWN) out(`… and ${sessions.length - MOST_SHOWN} more`);
  const what = `${counted(r.texts, "text")} and ${counted(r.archive_lines, "archive line")} of ${counted(r.sessions, "session")}`;
  out(r.is_done ? `purged: ${what}` : `would purge: ${what}; --write does it`);
}
