import type { Database } from "bun:sqlite";
import { isFileName, type LeftOut, leftOut } from "../../collector/restore/restored.ts";
import { resumeCommand, VENDOR_RESTORE } from "../../collector/restore/vendors.ts";
import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { isVendor, vendorNamed } from "../../schema/vendors.ts";
import { openReader } from "../../store/database.ts";
import { isPurged } from "../../store/purge.ts";
import { conversationQueries } from "../../store/queries/conversation.ts";
import { type SessionRow, sessionQueries } from "../../store/queries/sessions.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { counted } from "../format.ts";
import { out, printJson, toPlain } from "../print.ts";
import { existing, writeNew } from "../restored-files.ts";
import { requireSession } from "../session-id.ts";

export const restore: Command = {
  positionals: ["id"],
  required: { what: "a session", hint: "`hall-monitor session` lists ids" },
  options: {
    "dry-run": { type: "boolean", what: "only print what would be written, and where" },
    json: JSON_OPTION,
  },
  more: [
    "Writes a session's transcript or rollout from the database back to where its agent expects it. An existing file",
    "is never overwritten. Redacted text stays redacted and truncated text is marked. Reasoning is left out, since it",
    "needs the vendor's signature, and an image becomes a description of it. Restored requests are not counted again.",
    "Exit code 69 if the session is unknown or none of its text is stored.",
    "",
    "  hall-monitor restore 4f1c2a --dry-run",
  ].join("\n"),
  run({ positionals: [given = ""], values, config }) {
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      const plan = toPlan(db, settings, given);
      const isDry = flag(values, "dry-run");
      if (!isDry) for (const file of plan.files) writeNew(file);
      const { files, ...listed } = plan;
      const written = files.map(({ path, text }) => ({ path, bytes: Buffer.byteLength(text) }));
      const result = { ...listed, files: written, is_written: !isDry };
      if (flag(values, "json")) printJson(result);
      else print(result);
      return 0;
    } finally {
      db.close();
    }
  },
};

function toPlan(db: Database, settings: Config, given: string) {
  const session = sessionQueries(db).find(requireSession(db, given));
  if (!session || !isVendor(session.source))
    throw new AppError("not_found", `Session ${given} not found`, {
      hint: "`hall-monitor session` lists ids",
    });
  const kept = conversationQueries(db);
  const texts = kept.textsOf(session.session_pk);
  const session_key = `${session.source}:${session.source_session_id}`;
  if (!texts.some((t) => t.role !== "thinking")) throw noTexts(db, session_key);
  const vendor = VENDOR_RESTORE[session.source];
  const roots = settings.roots[session.source];
  const path = isFileName(session.source_session_id) ? vendor.pathOf(session, roots) : undefined;
  if (path === undefined) throw noPlace(session_key, session);
  const files = vendor.files({ session, kept, path });
  const there = existing([session.transcript_path ?? path, ...files.map((file) => file.path)]);
  if (there !== undefined)
    throw new AppError("bad_request", `${there} exists and is not overwritten`, {
      hint: `${resumeCommand(session.source, session.source_session_id)} resumes it; move the file away to restore it anyway`,
    });
  return {
    session_key,
    texts: texts.length,
    files,
    left_out: leftOut(texts),
    unread_bytes: kept.unreadBytesOf(session),
    project_path: session.project_path,
    resume: resumeCommand(session.source, session.source_session_id),
  };
}

function noTexts(db: Database, session_key: string): AppError {
  const message = `No texts of ${session_key} are stored`;
  return isPurged(db, session_key)
    ? new AppError("no_data", message, { hint: "it was purged; purged texts cannot be restored" })
    : new AppError("no_data", message, {
        hint: "text is stored unless HALL_CAPTURE was metadata when it was read; see `hall-monitor config`",
      });
}

function noPlace(session_key: string, { source, source_session_id }: SessionRow): AppError {
  if (!isFileName(source_session_id))
    return new AppError("no_data", `The id of ${session_key} cannot be used as a file name`, {
      hint: "`hall-monitor session ID --transcript` prints what is stored",
    });
  return new AppError("no_data", `The folder of ${session_key} is unknown`, {
    hint: `set the agent's folder: ${vendorNamed(source)?.home_variable}=…`,
  });
}

type Result = {
  session_key: string;
  texts: number;
  files: { path: string; bytes: number }[];
  left_out: LeftOut;
  unread_bytes: number;
  project_path: string | null;
  resume: string;
  is_written: boolean;
};

function print(r: Result): void {
  const what = `${counted(r.texts, "text")} of ${r.session_key}`;
  out(r.is_written ? `restored: ${what}` : `would restore: ${what}`);
  for (const { path, bytes } of r.files) out(`  ${toPlain(path)}  ${counted(bytes, "byte")}`);
  const { thinking, images, cut, redacted } = r.left_out;
  const notes = [
    thinking > 0 && `${counted(thinking, "text")} of reasoning left out`,
    images > 0 && `${counted(images, "image")} described as text`,
    cut > 0 && `${counted(cut, "text")} truncated`,
    redacted > 0 && `${counted(redacted, "text")} partly redacted`,
    r.unread_bytes > 0 && `${counted(r.unread_bytes, "byte")} at the end deleted unread`,
  ].filter((note) => note !== false);
  if (notes.length > 0) out(notes.join("; "));
  const where = r.project_path === null ? "" : ` in ${toPlain(r.project_path)}`;
  out(r.is_written ? `resume it${where}: ${r.resume}` : "run again without --dry-run to write it");
}
