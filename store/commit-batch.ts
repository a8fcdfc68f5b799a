import type { Database } from "bun:sqlite";
import { createEvent, type MetricEvent } from "../schema/event.ts";
import { samplesOf } from "../schema/rollout-limits.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { FileBatch, RateLimitSample } from "./batch.ts";
import { LAST_BIRTH_MS, type Writer } from "./commit-rows.ts";
import type { CommitResult } from "./committer.ts";
import { refusalsIn } from "./refusals.ts";
import { createWitnesses } from "./witnesses.ts";

/** An older sample is history: it is stored without an event. */
const ANNOUNCED_MS = 15 * 60 * 1000;

/** Stores and counts the result of a read, with its cursor; the caller holds the transaction. */
export function batchWriter(db: Database, writer: Writer) {
  const isWitnessed = createWitnesses(db);
  const ignored = db.query(`
    insert into ignored_lines (source, kind, lines) values (?, ?, ?) on conflict do update set lines = lines + excluded.lines`);

  function putEvent(e: MetricEvent, result: CommitResult): void {
    if (isWitnessed(e) || !writer.putEvent(e, result.seq + 1)) return void result.duplicates++;
    result.seq++;
    result.events++;
  }
  function putSample(s: RateLimitSample, result: CommitResult, now: number): void {
    if (writer.putSample(s) && now - s.time_unix_ms < ANNOUNCED_MS) putEvent(toLimitEvent(s), result);
  }
  const rows: RowPutters = { writer, putEvent, putSample };

  function putNumbers(batch: FileBatch, result: CommitResult, now: number): void {
    const { cursor, events, rejects } = batch;
    const file_pk = writer.putCursor(cursor);
    for (const s of batch.sessions) writer.sessions.put(s);
    const notices = putRequests(rows, batch, file_pk, result);
    writer.putObserved(batch, cursor.source === "spool" ? 0 : cursor.birth_unix_ms);
    for (const e of events) putEvent(e, result);
    for (const e of notices) putEvent(e, result);
    putSamples(rows, batch, result, now);
    putTelemetry(rows, batch, result);
    for (const r of rejects) result.rejects += Number(writer.putReject(r, now));
    for (const [kind, lines] of Object.entries(batch.ignored)) ignored.run(cursor.source, kind, lines);
  }
  function putBatches(batches: FileBatch[], result: CommitResult, now: number): void {
    for (const batch of batches)
      if (batch.only === "texts") putTexts(rows, batch);
      else putNumbers(batch, result, now);
    if (batches.some((b) => vendorNamed(b.cursor.source)?.names_models_late)) writer.requests.nameModels();
  }
  return { putEvent, putSample, putBatches };
}
export type BatchWriter = ReturnType<typeof batchWriter>;

type RowPutters = {
  writer: Writer;
  putEvent(e: MetricEvent, result: CommitResult): void;
  putSample(s: RateLimitSample, result: CommitResult, now: number): void;
};

/** Returns an event for each change to rows that were already stored. */
function putRequests(
  { writer }: RowPutters,
  { requests, cursor }: FileBatch,
  file_pk: number,
  result: CommitResult,
): MetricEvent[] {
  // A rollout records more of a response than the hook does, so its row takes precedence.
  const birth = cursor.source === "spool" ? LAST_BIRTH_MS : cursor.birth_unix_ms;
  const notices: MetricEvent[] = [];
  for (const r of requests)
    if (writer.requests.put(r, result.seq + 1, file_pk, birth, notices)) {
      result.seq++;
      result.requests++;
    } else result.duplicates++;
  return notices;
}

function putSamples(
  { writer, putSample }: RowPutters,
  batch: FileBatch,
  result: CommitResult,
  now: number,
): void {
  for (const s of batch.samples) putSample(s, result, now);
  for (const s of samplesOf(batch.limits)) putSample(s, result, now);
  if (batch.credits) writer.credits.put(batch.credits);
}

function putTelemetry({ writer, putEvent }: RowPutters, batch: FileBatch, result: CommitResult): void {
  const { source } = batch.cursor;
  if (source !== "spool")
    for (const total of batch.client_totals ?? []) writer.capture.putTotal(source, total);
  for (const part of batch.telemetry ?? []) {
    result.duplicates += writer.capture.putExport(part).known;
    for (const e of refusalsIn(part)) putEvent(e, result);
  }
}

function putTexts({ writer }: RowPutters, batch: FileBatch): void {
  writer.texts.put(batch.texts ?? []);
  writer.putTextCursor(batch.cursor);
}

function toLimitEvent(s: RateLimitSample): MetricEvent {
  const { sample_id, source, origin, session_id, time_unix_ms, ...data } = s;
  const base = { event_id: `limit:${sample_id}`, source, origin, session_id, time_unix_ms };
  return createEvent("rate_limit", base, data);
}
