import type { Database } from "bun:sqlite";
import type { Cursor, FileBatch, RateLimitSample, Reject } from "../schema/batch.ts";
import { createEvent, type MetricEvent } from "../schema/event.ts";
import { type RolloutLimits, samplePages, samplesOf } from "../schema/rollout-limits.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { CostOf } from "./commit-requests.ts";
import { CURSOR_COLUMNS, createWriter, LAST_BIRTH_MS, type WriterOptions } from "./commit-rows.ts";
import type { PlanObservation } from "./plans/observation.ts";
import { planStore } from "./plans/store.ts";
import { refusalsIn } from "./refusals.ts";
import { createSettler } from "./settle.ts";
import { createWitnesses } from "./witnesses.ts";

/** A first import met something that only the careful way can deal with. */
export class ImportFailed extends Error {}

export type CommitResult = {
  /** Last sequence number that exists now. */
  seq: number;
  events: number;
  requests: number;
  duplicates: number;
  rejects: number;
};

/** A reading of a limit that is older is history: it is stored, not announced. */
const ANNOUNCED_MS = 15 * 60 * 1000;
/** Key in `meta`, as long as samples of a first import are missing: the source that has them. */
const SAMPLES_DUE = "samples_due";

/** Key in `meta`: up to which rows the hidden calls were worked out. */
const SETTLED = "settled";
type Settled = { seq: number; total: number; call: number };

/** One page is stored in one transaction. */
const PAGE_ROWS = 4096;

/** Two steps into an index; `max` over the view of both tables would read all of them. */
export function lastStoredSeq(db: Database): number {
  return db
    .query<{ seq: number }, []>(
      "select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as seq",
    )
    .get()!.seq;
}

/** Readings of limits that a first import stores only once its database can be asked. */
export type DeferredSamples = RolloutLimits[];

/**
 * The one writer. Everything that a reading of some files gave is stored in one transaction together with
 * their cursors: a process that dies at any point has either all of it or none.
 */
export function createStore(db: Database, price: CostOf, options: WriterOptions = {}) {
  const writer = createWriter(db, price, options);
  const settler = createSettler(db, writer);
  const isWitnessed = createWitnesses(db, options);
  const q = statements(db);
  let settled: Settled | undefined;
  const deferred: DeferredSamples | undefined = options.isImport ? [] : undefined;
  let seq = lastStoredSeq(db);

  function putEvent(e: MetricEvent, result: CommitResult): void {
    if (isWitnessed(e) || !writer.putEvent(e, result.seq + 1)) return void result.duplicates++;
    result.seq++;
    result.events++;
  }

  function putBatch(batch: FileBatch, result: CommitResult, now: number): void {
    if (batch.reading === "texts") {
      writer.texts.put(batch.texts ?? []);
      writer.putTextCursor(batch.cursor);
      return;
    }
    const file_pk = writer.putCursor(batch.cursor);
    const birth = batch.cursor.source === "spool" ? 0 : batch.cursor.birth_unix_ms;
    // A rollout knows more of a response than the hook does: of one that both report, its row holds.
    const requestBirth = batch.cursor.source === "spool" ? LAST_BIRTH_MS : birth;
    const notices: MetricEvent[] = [];
    for (const s of batch.sessions) writer.sessions.put(s);
    for (const r of batch.requests) {
      if (!writer.requests.put(r, result.seq + 1, file_pk, requestBirth, notices)) {
        result.duplicates++;
        continue;
      }
      result.seq++;
      result.requests++;
    }
    writer.putObserved(batch, birth);
    for (const e of batch.events) putEvent(e, result);
    for (const e of notices) putEvent(e, result);
    for (const s of batch.samples) putSample(s, result, now);
    if (deferred) deferSamples(deferred, batch);
    else for (const s of samplesOf(batch.limits)) putSample(s, result, now);
    if (batch.credits) writer.credits.put(batch.credits);
    const { source } = batch.cursor;
    if (source !== "spool")
      for (const total of batch.client_totals ?? []) writer.capture.putTotal(source, total);
    for (const part of batch.telemetry ?? []) {
      result.duplicates += writer.capture.putExport(part).known;
      for (const e of refusalsIn(part)) putEvent(e, result);
    }
    for (const r of batch.rejects) result.rejects += Number(writer.putReject(r, now));
    for (const [kind, lines] of Object.entries(batch.ignored))
      q.ignored.run(batch.cursor.source, kind, lines);
  }

  /** A rollout can be read again should this process die before it has stored them; the spool is not kept for ever. */
  function deferSamples(to: DeferredSamples, { cursor, limits }: FileBatch): void {
    if (limits.cells.length === 0) return;
    if (to.length === 0) q.setMeta.run(SAMPLES_DUE, cursor.source);
    to.push(limits);
  }

  function putSample(s: RateLimitSample, result: CommitResult, now: number): void {
    if (writer.putSample(s) && now - s.time_unix_ms < ANNOUNCED_MS) putEvent(toLimitEvent(s), result);
  }

  function putBatches(batches: FileBatch[], now: number): CommitResult {
    const result: CommitResult = { seq, events: 0, requests: 0, duplicates: 0, rejects: 0 };
    for (const batch of batches) putBatch(batch, result, now);
    if (batches.some((b) => vendorNamed(b.cursor.source)?.names_models_late)) writer.requests.nameModels();
    writer.flush();
    return result;
  }
  const inTransaction = db.transaction(putBatches);

  const putSamples = db.transaction((samples: RateLimitSample[], now: number): CommitResult => {
    const result: CommitResult = { seq, events: 0, requests: 0, duplicates: 0, rejects: 0 };
    for (const s of samples) putSample(s, result, now);
    writer.flush();
    return result;
  });

  const plans = planStore(db, writer.plans, writer.sessions);
  const putPlans = db.transaction(
    (put: (e: (e: MetricEvent) => void) => void, rejects: Reject[], now: number) => {
      const result: CommitResult = { seq, events: 0, requests: 0, duplicates: 0, rejects: 0 };
      for (const r of rejects) result.rejects += Number(writer.putReject(r, now));
      put((event) => putEvent(event, result));
      writer.flush();
      return result;
    },
  );
  const unsettled = new Set<number>();
  const settleSome = db.transaction((until: number, to: Settled): CommitResult => {
    const result: CommitResult = { seq, events: 0, requests: 0, duplicates: 0, rejects: 0 };
    const nextSeq = () => {
      result.requests++;
      return ++result.seq;
    };
    for (const session_pk of unsettled) {
      for (const notice of settler.settle(session_pk, nextSeq)) putEvent(notice, result);
      unsettled.delete(session_pk);
      if (performance.now() > until) break;
    }
    writer.flush();
    // A process that ends before all are done begins again where it began.
    if (unsettled.size === 0) q.setMeta.run(SETTLED, JSON.stringify(to));
    return result;
  });

  const rewind = db.transaction((source: Cursor["source"], done?: string): void => {
    q.rewind.run(source);
    q.forgetIgnored.run(source);
    if (done) q.deleteMeta.run(done);
  });

  const putRecord = db.transaction((events: MetricEvent[], meta: Record<string, string>): CommitResult => {
    const result: CommitResult = { seq, events: 0, requests: 0, duplicates: 0, rejects: 0 };
    for (const event of events) putEvent(event, result);
    for (const [key, value] of Object.entries(meta)) q.setMeta.run(key, value);
    writer.flush();
    return result;
  });

  /** Within the one transaction of a first import, of which nothing can be taken back. */
  function imported(batches: FileBatch[], now: number): CommitResult {
    try {
      return putBatches(batches, now);
    } catch (cause) {
      throw new ImportFailed("a row was refused", { cause });
    }
  }

  /** All or nothing: what was gathered in memory goes with what SQLite refused. */
  function rollbackOnError(run: () => CommitResult): CommitResult {
    try {
      const result = run();
      seq = result.seq;
      return result;
    } catch (error) {
      writer.forget();
      throw error;
    }
  }

  return {
    lastSeq: () => seq,
    cursors: (): Cursor[] => q.cursors.all(),
    textCursors: (): Cursor[] => q.textCursors.all(),
    /** Stores all or nothing. Throws what SQLite throws; nothing has happened then. */
    commit: (batches: FileBatch[], now: number): CommitResult =>
      rollbackOnError(() =>
        options.isImport ? imported(batches, now) : inTransaction.immediate(batches, now),
      ),
    /** Events that are in no file, with what else must be known from then on. */
    record: (events: MetricEvent[], meta: Record<string, string>): CommitResult =>
      rollbackOnError(() => putRecord.immediate(events, meta)),
    plans: {
      ...plans,
      /** The looks at some plans, with what of their manifests could not be read: all or nothing. */
      put: (looks: PlanObservation[], rejects: Reject[], now: number): CommitResult =>
        rollbackOnError(() =>
          putPlans.immediate((putEvent) => plans.put(looks, now, putEvent), rejects, now),
        ),
      putSignals: (found: ReturnType<typeof plans.nextSignals>, now: number): CommitResult =>
        rollbackOnError(() => putPlans.immediate((putEvent) => plans.putSignals(found, putEvent), [], now)),
    },
    /** A file is the same file under another name: its cursor goes with it. */
    moveFile: (from: string, to: string): void => void q.move.run(to, from),
    /** Sessions of a folder that was read before its account had an alias. */
    nameAccount: (folder: string, alias: string): void =>
      void q.nameAccount.run(alias, `${folder}/`, `${folder}0`),
    markFile: (path: string, state: Cursor["state"]): void => void q.mark.run(state, path),
    deleteFile: (path: string): void => void q.deleteFile.run(path),
    /** Forgets how far a source was read, so that all of it is read again; what is stored stays. */
    rewind: (source: Cursor["source"]): void => rewind.immediate(source),
    deferred,
    /** Works out the hidden calls of every session with something new; returns how many rows that made. */
    settle(most_ms = Number.POSITIVE_INFINITY): CommitResult | undefined {
      if (options.isImport) return undefined;
      const before = settled ?? readSettled(q.meta.get(SETTLED)?.value);
      const now: Settled = { seq, total: q.lastTotal.get()!.pk ?? 0, call: q.lastCall.get()!.pk ?? 0 };
      const isNews = now.seq !== before.seq || now.total !== before.total || now.call !== before.call;
      if (isNews) for (const session_pk of settler.due(before)) unsettled.add(session_pk);
      settled = now;
      if (unsettled.size === 0) return undefined;
      try {
        const result = rollbackOnError(() => settleSome.immediate(performance.now() + most_ms, now));
        return result.requests + result.events > 0 || unsettled.size > 0 ? result : undefined;
      } catch (error) {
        // What was rolled back is due again, as the mark has not moved.
        settled = undefined;
        throw error;
      }
    },
    /** Stores what a first import put off; a process that no longer has it reads its source again. */
    flushDeferred(limits: DeferredSamples | undefined, now: number): void {
      const source = q.meta.get(SAMPLES_DUE)?.value as Cursor["source"] | undefined;
      if (!source) return;
      if (!limits) return void rewind.immediate(source, SAMPLES_DUE);
      for (const page of samplePages(limits, PAGE_ROWS))
        rollbackOnError(() => putSamples.immediate(page, now));
      q.deleteMeta.run(SAMPLES_DUE);
    },
    setMeta: (key: string, value: string): void => void q.setMeta.run(key, value),
    meta: (key: string): string | undefined => q.meta.get(key)?.value,
    checkpoint: (): void => void db.run("pragma wal_checkpoint(truncate)"),
  };
}
export type Store = ReturnType<typeof createStore>;

function readSettled(text: string | undefined): Settled {
  return text === undefined ? { seq: 0, total: 0, call: 0 } : (JSON.parse(text) as Settled);
}

function toLimitEvent(s: RateLimitSample): MetricEvent {
  const { sample_id, source, origin, session_id, time_unix_ms, ...data } = s;
  const base = { event_id: `limit:${sample_id}`, source, origin, session_id, time_unix_ms };
  return createEvent("rate_limit", base, data);
}

function statements(db: Database) {
  return {
    lastTotal: db.query<{ pk: number | null }, []>("select max(total_pk) as pk from client_totals"),
    lastCall: db.query<{ pk: number | null }, []>("select max(call_pk) as pk from telemetry_calls"),
    ignored: db.query(`
      insert into ignored_lines (source, kind, lines) values (?, ?, ?) on conflict do update set lines = lines + excluded.lines`),
    cursors: db.query<Cursor, []>(`select ${CURSOR_COLUMNS.join(", ")} from files`),
    textCursors: db.query<Cursor, []>(`select ${CURSOR_COLUMNS.join(", ")} from text_cursors`),
    move: db.query("update or replace files set path = ? where path = ?"),
    // From "folder/" up to "folder0", which is the next text after all that begin so.
    nameAccount: db.query(
      "update sessions set account = ?1 where transcript_path >= ?2 and transcript_path < ?3 and account is not ?1",
    ),
    mark: db.query("update files set state = ? where path = ?"),
    deleteFile: db.query("delete from files where path = ?"),
    rewind: db.query(
      "update files set offset = 0, fingerprint = '', parser_state = '', size_bytes = -1 where source = ?",
    ),
    forgetIgnored: db.query("delete from ignored_lines where source = ?"),
    setMeta: db.query(
      "insert into meta (key, value) values (?, ?) on conflict do update set value = excluded.value",
    ),
    deleteMeta: db.query("delete from meta where key = ?"),
    meta: db.query<{ value: string }, [string]>("select value from meta where key = ?"),
  };
}
