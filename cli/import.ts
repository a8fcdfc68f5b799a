import { realpathSync } from "node:fs";
import { join } from "node:path";
import { observationsOf } from "../collector/hooks/observations.ts";
import type { Config } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";
import { createEvent } from "../schema/event.ts";
import { ExportedEvent, toData } from "../schema/events.ts";
import { flagBit, QUALITY_FLAGS } from "../schema/usage.ts";
import { type ArchiveLine, type EventLine, type RequestLine, toArchiveLine } from "../store/archive-lines.ts";
import type { SessionObservation } from "../store/batch.ts";
import type { Observed } from "../store/commit-rows.ts";
import { cost } from "../store/cost.ts";
import { openDatabase } from "../store/database.ts";
import { readLines } from "../store/line-bytes.ts";
import { checkLine } from "../store/line-sum.ts";
import { takeLock } from "../store/lock.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { createRestorer, type Restorer } from "../store/restore.ts";
import type { Restored } from "../store/restore-lines.ts";
import { requireFile } from "./input-file.ts";
import { recoverLostRows } from "./recovery.ts";

type ExportedLine = EventLine | RequestLine;

export type Imported = Restored & {
  files: { path: string; lines: number; not_understood: number }[];
};

/** Imports an export or an archive of another data directory. Records that are already stored are not changed. */
export async function importFiles(config: Config, names: string[]): Promise<Imported> {
  const paths = names.map((name) =>
    realpathSync(requireFile(name, "name a file of `hall-monitor export` or of an archive folder")),
  );
  await recoverLostRows(config);
  const lock = takeLock(config.data_dir);
  try {
    const db = openDatabase(config.data_dir);
    try {
      const book = loadPriceBook(join(config.data_dir, "config.json"));
      const restorer = createRestorer(db, (request) => cost(book, request), false);
      const files: Imported["files"] = [];
      for (const path of paths) files.push(await importFile(restorer, path));
      return { ...restorer.restored, files };
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

async function importFile(restorer: Restorer, path: string): Promise<Imported["files"][number]> {
  const sum = { path, lines: 0, not_understood: 0 };
  const parents = new Set<string>();
  try {
    for await (const lines of readLines(path))
      restorer.commit(() => {
        for (const { text, offset } of lines) {
          sum.lines++;
          const { trust, body } = checkLine(text, "");
          const archived = trust === "broken" ? undefined : toArchiveLine(body)?.line;
          const exported = archived ? undefined : fromExport(text, parents);
          const line = archived ?? exported;
          if (line) put(restorer, line, { path, offset });
          else sum.not_understood++;
          if (exported) restorer.putObserved({ ...NOTHING, sessions: [signOfLife(exported)] });
        }
      });
  } catch (cause) {
    if (cause instanceof AppError || String((cause as { code?: unknown }).code).startsWith("SQLITE"))
      throw cause;
    throw new AppError("bad_request", `${path} is damaged or incomplete`, {
      hint: "everything before the damage was imported",
      cause,
    });
  }
  if (sum.lines > 0 && sum.not_understood === sum.lines)
    throw new AppError("bad_request", `${path} contains no export or archive records`, {
      hint: "pass NDJSON of `hall-monitor export`, or files of an archive folder",
    });
  return sum;
}

function put(restorer: Restorer, line: ArchiveLine, from: { path: string; offset: number }): void {
  if (line.kind === "request")
    restorer.put(line, { file_pk: restorer.placeOf(from.path, line.source), offset: from.offset });
  else restorer.put(line);
  if (line.kind === "event" && line.origin === "hook") restorer.putObserved(derived(line));
}

const NOTHING: Observed = { sessions: [], tool_calls: [], agents: [], turns: [] };

/** An export has no lines for sessions: they are derived from their events. */
function signOfLife(line: ExportedLine): SessionObservation {
  const { source, session_id, time_unix_ms, project_path } = line;
  return { source, session_id, time_unix_ms, ...(project_path !== undefined && { project_path }) };
}

/** A path of another machine does not exist here. */
function derived({ kind: _k, seq: _s, event_type, data, ...base }: EventLine): Observed {
  const found = observationsOf(createEvent(event_type, base, toData(event_type, data)));
  return { ...found, sessions: found.sessions.map(({ transcript_path: _t, ...rest }) => rest) };
}

/** An exported event; a response, which is exported as an event too, becomes a request again. */
function fromExport(text: string, parents: Set<string>): ExportedLine | undefined {
  const event = toExportedEvent(text);
  if (!event) return undefined;
  if (event.event_type === "api_response") return toRequest(event, parents);
  const { seq: _s, session_key: _k, ...rest } = event;
  const line = toArchiveLine(JSON.stringify({ kind: "event", ...rest }))?.line;
  return line?.kind === "event" ? line : undefined;
}

function toExportedEvent(text: string): ExportedEvent | undefined {
  try {
    return ExportedEvent.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function toRequest(e: ExportedEvent, parents: Set<string>): RequestLine | undefined {
  const { data } = e;
  parents.add(e.event_id);
  // A part billed under another model is named after its response: `<key>:<kind>:<number>`.
  const parent_key = e.event_id.split(":").slice(0, -2).join(":");
  const flags = Array.isArray(data.flags) ? data.flags : [];
  const line = toArchiveLine(
    JSON.stringify({
      ...data,
      kind: "request",
      source: e.source,
      session_id: e.session_id,
      project_path: e.project_path,
      request_key: e.event_id,
      ...(parents.has(parent_key) && { parent_key }),
      agent_id: e.agent_id,
      prompt_id: e.prompt_id,
      time_unix_ms: e.time_unix_ms,
      flags: QUALITY_FLAGS.filter((f) => flags.includes(f)).reduce((bits, f) => bits + flagBit(f), 0),
    }),
  )?.line;
  return line?.kind === "request" ? line : undefined;
}
