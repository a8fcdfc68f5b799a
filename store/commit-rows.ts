import type { Database } from "bun:sqlite";
import type { Cursor, FileBatch, RateLimitSample, Reject } from "../schema/batch.ts";
import type { KeptMetrics } from "../schema/config.ts";
import type { MetricEvent } from "../schema/events.ts";
import { vendorNamed } from "../schema/vendors.ts";
import { captureWriter } from "./commit-capture.ts";
import { type CostOf, ownerRank, requestWriter } from "./commit-requests.ts";
import { createSessions } from "./commit-sessions.ts";
import { textWriter } from "./commit-texts.ts";
import { toolWriter } from "./commit-tools.ts";
import { creditWriter } from "./credits.ts";
import { writer } from "./database.ts";
import { planRows } from "./plans/rows.ts";
import { createRollups } from "./rollups.ts";
import { columnsOf, insertInto, valuesOf } from "./table.ts";
import { EVENTS, RATE_LIMIT_SAMPLES } from "./tables/events.ts";
import { CURSOR_COLUMNS, FILES, REJECTS, TEXT_CURSORS } from "./tables/files.ts";

const EVENT_COLUMNS = columnsOf(EVENTS);
const SAMPLE_COLUMNS = columnsOf(RATE_LIMIT_SAMPLES).filter((name) => name !== "sample_pk");
const REJECT_COLUMNS = columnsOf(REJECTS).filter((name) => name !== "reject_pk");

export type Observed = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns">;

/** Ranks behind every file. */
export const LAST_BIRTH_MS = 999_999_999_999_999;
/** A rollout names a call, and its turn where an aborted prompt was sent again; Codex's hooks come after it. */
const birthOf = ({ source }: { source: string }, birth: number) =>
  vendorNamed(source)?.file_outranks_hooks && birth === 0 ? LAST_BIRTH_MS : birth;

/** `metrics`: how many of the agents' own are kept; a restore has none. */
export type WriterOptions = { metrics?: KeptMetrics };

/**
 * Puts rows of every table: the one place where they are written, whether they come from an agent's file or from an
 * archive. The caller holds the transaction, gives the numbers, and ends it with `flush`.
 */
export function createWriter(db: Database, price: CostOf, options: WriterOptions = {}) {
  const sessions = createSessions(db);
  const rollups = createRollups(db);
  const requests = requestWriter(db, sessions, rollups, price);
  const tools = toolWriter(db, sessions);
  const plans = planRows(db, sessions);
  const q = statements(db);

  /** False where the event is known. */
  function putEvent(e: MetricEvent | Omit<MetricEvent, "event_category">, seq: number): boolean {
    const session_pk = sessions.pk(e.session_source ?? e.source, e.session_id);
    const { changes } = q.event(
      eventValues({
        seq,
        event_id: e.event_id,
        session_pk,
        event_type: e.event_type,
        source: e.source,
        origin: e.origin,
        time_unix_ms: e.time_unix_ms,
        agent_id: e.agent_id ?? null,
        prompt_id: e.prompt_id ?? null,
        tool_name: e.tool_name ?? null,
        tool_use_id: e.tool_use_id ?? null,
        data: JSON.stringify(e.data),
      }),
    );
    if (changes !== 1) return false;
    rollups.addEvent(e.time_unix_ms, session_pk, e.event_type, e.tool_name ?? "");
    if (e.origin !== "hook") return true;
    sessions.touch(session_pk, e.time_unix_ms);
    if (e.project_path)
      sessions.put({ source: e.source, session_id: e.session_id, project_path: e.project_path });
    return true;
  }

  /** Most cursors are known already while live, none is in an import. */
  function putCursor(cursor: Cursor): number {
    const known = q.file.get(cursor.path);
    const values = cursorValues(cursor);
    if (known) q.moveCursor([...values, known.file_pk]);
    return known?.file_pk ?? Number(q.newCursor(values).lastInsertRowid);
  }

  return {
    sessions,
    requests,
    tools,
    plans,
    credits: creditWriter(db),
    capture: captureWriter(db, sessions, options),
    texts: textWriter(db, sessions),
    putTextCursor: (cursor: Cursor): void => void q.textCursor(textCursorValues(cursor)),
    putEvent,
    putCursor,
    /** Of a file that is only named, by what was read from it elsewhere: it is read from its beginning should it exist. */
    fileNamed: (path: string, source: Cursor["source"]): number =>
      q.file.get(path)?.file_pk ?? putCursor({ ...NO_FILE, path, source }),
    /** `birth`: when the file was made from which they come. */
    putObserved(observed: Observed, birth: number): void {
      for (const t of observed.tool_calls)
        tools.put(t, ownerRank(t.owner_session_id, t.session_id, t.agent_id, false, birthOf(t, birth)));
      for (const a of observed.agents) sessions.putAgent(a);
      for (const t of observed.turns) sessions.putTurn(t);
    },
    /** False where the reading is known. */
    putSample: (s: RateLimitSample): boolean => q.sample(sampleValues(s)).changes === 1,
    /** False where the reject is known. */
    putReject: (r: Reject, time_unix_ms: number): boolean =>
      q.reject(rejectValues({ ...r, time_unix_ms })).changes === 1,
    flush: (): void => rollups.flush(),
    /** After a rollback: what was gathered in memory goes with what SQLite refused. */
    forget(): void {
      rollups.clear();
      sessions.forget();
      requests.forget();
    },
  };
}

export type Writer = ReturnType<typeof createWriter>;

const NO_FILE: Omit<Cursor, "path" | "source"> = {
  inode: 0,
  birth_unix_ms: 0,
  size_bytes: -1,
  mtime_unix_ms: 0,
  offset: 0,
  fingerprint: "",
  state: "deleted",
  parser_state: "",
};

const eventValues = valuesOf(EVENTS, EVENT_COLUMNS);
const sampleValues = valuesOf(RATE_LIMIT_SAMPLES, SAMPLE_COLUMNS);
const rejectValues = valuesOf(REJECTS, REJECT_COLUMNS);
const cursorValues = valuesOf(FILES, CURSOR_COLUMNS);
const textCursorValues = valuesOf(TEXT_CURSORS, CURSOR_COLUMNS);

function statements(db: Database) {
  return {
    event: writer(db, insertInto(EVENTS, EVENT_COLUMNS, "on conflict (event_id) do nothing")),
    sample: writer(db, insertInto(RATE_LIMIT_SAMPLES, SAMPLE_COLUMNS, "on conflict do nothing")),
    textCursor: writer(
      db,
      insertInto(
        TEXT_CURSORS,
        CURSOR_COLUMNS,
        `on conflict (path) do update set ${CURSOR_COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}`,
      ),
    ),
    reject: writer(db, insertInto(REJECTS, REJECT_COLUMNS, "on conflict do nothing")),
    file: db.query<{ file_pk: number }, [string]>("select file_pk from files where path = ?"),
    // Not one statement with `returning`: that takes ten times as long as these two.
    newCursor: writer(db, insertInto(FILES, CURSOR_COLUMNS)),
    moveCursor: writer(
      db,
      `update files set ${CURSOR_COLUMNS.map((name) => `${name} = ?`).join(", ")} where file_pk = ?`,
    ),
  };
}
