import type { Database } from "bun:sqlite";
import type { KeptMetrics } from "../schema/config.ts";
import type { MetricEvent } from "../schema/events.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { FileBatch, RateLimitSample, Reject } from "./batch.ts";
import { captureWriter } from "./commit-capture.ts";
import { cursorWriter } from "./commit-files.ts";
import { requestWriter } from "./commit-requests.ts";
import { createSessions, type Sessions } from "./commit-sessions.ts";
import { textWriter } from "./commit-texts.ts";
import { toolWriter } from "./commit-tools.ts";
import { creditWriter } from "./credits.ts";
import { writer } from "./database.ts";
import { planRows } from "./plans/rows.ts";
import { ownerRank } from "./request-merge.ts";
import type { CostOf } from "./request-rows.ts";
import { createRollups, type Rollups } from "./rollups.ts";
import { observedValues, valuesOf } from "./row-code.ts";
import { createSessionChanges } from "./session-changes.ts";
import { columnsOf, insertInto } from "./table.ts";
import { EVENTS, RATE_LIMIT_SAMPLES } from "./tables/events.ts";
import { REJECTS } from "./tables/files.ts";

const EVENT_COLUMNS = columnsOf(EVENTS);
const SAMPLE_COLUMNS = columnsOf(RATE_LIMIT_SAMPLES).filter((name) => name !== "sample_pk");
const REJECT_COLUMNS = columnsOf(REJECTS).filter((name) => name !== "reject_pk");
const eventValues = observedValues(EVENTS, EVENT_COLUMNS, ["seq", "session_pk", "data"]);
const sampleValues = valuesOf(RATE_LIMIT_SAMPLES, SAMPLE_COLUMNS);
const rejectValues = observedValues(REJECTS, REJECT_COLUMNS, ["time_unix_ms"]);

export type Observed = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns">;

/** Later than any file's birth, so it ranks last. */
export const LAST_BIRTH_MS = 999_999_999_999_999;
/** For some vendors the file is the better source of a call's name and turn, so its hooks rank last. */
const birthOf = ({ source }: { source: string }, birth: number) =>
  vendorNamed(source)?.file_outranks_hooks && birth === 0 ? LAST_BIRTH_MS : birth;

/** `metrics`: which of the agents' own metrics are kept; absent in a restore. */
export type WriterOptions = { metrics?: KeptMetrics };

/**
 * The one place where rows of every table are written, from an agent's file or from an archive. The caller holds the
 * transaction, numbers the rows, and calls `flush` before it commits.
 */
export function createWriter(db: Database, price: CostOf, options: WriterOptions = {}) {
  const changes = createSessionChanges(db);
  const sessions = createSessions(db, changes.touch);
  const rollups = createRollups(db, changes.touch);
  const requests = requestWriter(db, sessions, rollups, price);
  const tools = toolWriter(db, sessions);

  return {
    changes,
    sessions,
    requests,
    tools,
    plans: planRows(db, sessions),
    credits: creditWriter(db),
    capture: captureWriter(db, sessions, options),
    texts: textWriter(db, sessions),
    ...cursorWriter(db),
    putEvent: eventWriter(db, sessions, rollups),
    ...sampleAndRejectWriter(db),
    /** `birth`: creation time of their file, Unix milliseconds. */
    putObserved(observed: Observed, birth: number): void {
      for (const t of observed.tool_calls)
        tools.put(t, ownerRank(t.owner_session_id, t.session_id, t.agent_id, false, birthOf(t, birth)));
      for (const a of observed.agents) sessions.putAgent(a);
      for (const t of observed.turns) sessions.putTurn(t);
    },
    flush(): void {
      rollups.flush();
      sessions.flush();
      changes.gather();
    },
    /** After a rollback: drops what was gathered in memory for the transaction. */
    forget(): void {
      rollups.clear();
      changes.rolledBack();
      sessions.forget();
      requests.forget();
    },
  };
}
export type Writer = ReturnType<typeof createWriter>;

function eventWriter(db: Database, sessions: Sessions, rollups: Rollups) {
  const insert = writer(db, insertInto(EVENTS, EVENT_COLUMNS, "on conflict (event_id) do nothing"));
  /** False if the event is already stored. */
  return (e: MetricEvent | Omit<MetricEvent, "event_category">, seq: number): boolean => {
    const { source, session_id, time_unix_ms, project_path } = e;
    const session_pk = sessions.pk(e.session_source ?? source, session_id);
    const values = eventValues({ seq, session_pk, data: JSON.stringify(e.data) }, e);
    if (insert(values).changes !== 1) return false;
    rollups.addEvent(time_unix_ms, session_pk, e.event_type, e.tool_name ?? "");
    if (e.origin !== "hook") return true;
    sessions.touch(session_pk, time_unix_ms);
    if (project_path) sessions.put({ source, session_id, project_path });
    return true;
  };
}

function sampleAndRejectWriter(db: Database) {
  const sample = writer(db, insertInto(RATE_LIMIT_SAMPLES, SAMPLE_COLUMNS, "on conflict do nothing"));
  const reject = writer(db, insertInto(REJECTS, REJECT_COLUMNS, "on conflict do nothing"));
  return {
    /** False if the sample is already stored. */
    putSample: (s: RateLimitSample): boolean => sample(sampleValues(s)).changes === 1,
    /** False if the reject is already stored. */
    putReject: (r: Reject, time_unix_ms: number): boolean =>
      reject(rejectValues({ time_unix_ms }, r)).changes === 1,
  };
}
