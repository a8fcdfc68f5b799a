import type { Database } from "bun:sqlite";
import type { MetricEvent, SourceName } from "../schema/events.ts";
import type { ArchiveLine, EventLine, RequestLine } from "./archive-lines.ts";
import type { CostOf } from "./commit-requests.ts";
import { createWriter, type Observed } from "./commit-rows.ts";
import type { Cost } from "./cost.ts";
import { isSamePriced, toCost, toObservation } from "./restore-request.ts";
import { lastStoredSeq } from "./store.ts";

export type Restored = {
  events: number;
  requests: number;
  tool_calls: number;
  samples: number;
  /** Events and requests that were there already. */
  known: number;
};

/** Place of an imported line. */
export type Place = { file_pk: number; offset: number };

/**
 * Puts lines of an archive into a database, by the same rules as files of the agents: ids make whatever is
 * known already harmless, and of two states of a row the later word holds. Of one's own archive (`own`) the
 * numbers, prices and file names come back as they were; of another machine's they are assigned again.
 */
export function createRestorer(db: Database, price: CostOf, own: boolean) {
  let archived: { line: RequestLine; cost: Cost } | undefined;
  const priceNow: CostOf = (request) =>
    archived && isSamePriced(archived.line, request) ? archived.cost : price(request);
  const writer = createWriter(db, priceNow);
  const { sessions } = writer;
  const filePks = new Map<string, number>();
  const restored: Restored = { events: 0, requests: 0, tool_calls: 0, samples: 0, known: 0 };
  let last = lastStoredSeq(db);

  const atSeq = db.query("select 1 from feed where seq = ?");
  /** A row keeps its number in whatever order lines come; only one that is taken is given a new one. */
  const nextSeq = (seq: number | undefined): number =>
    own && seq !== undefined && (seq > last || atSeq.get(seq) === null) ? seq : last + 1;

  function putEvent(e: EventLine | MetricEvent): void {
    const seq = nextSeq("seq" in e ? e.seq : undefined);
    if (!writer.putEvent(e, seq)) return void restored.known++;
    last = Math.max(last, seq);
    restored.events++;
  }

  function putRequest(line: RequestLine, place?: Place): void {
    const { observation, birth } = toObservation(line);
    const notices: MetricEvent[] = [];
    archived = own ? { line, cost: toCost(line) } : undefined;
    const seq = nextSeq(line.seq);
    const file_pk = place?.file_pk ?? filePk(line);
    const isNew = writer.requests.put(
      { ...observation, offset: place?.offset ?? line.offset },
      seq,
      file_pk,
      birth,
      notices,
    );
    if (!isNew) restored.known++;
    else {
      last = Math.max(last, seq);
      restored.requests++;
      if (line.project_path)
        sessions.put({ source: line.source, session_id: line.session_id, project_path: line.project_path });
    }
    // The archive holds its own notices as events.
    if (!own) for (const notice of notices) putEvent(notice);
  }

  /** A file that may be gone by now; if it is not, it is read from its beginning. */
  function filePk({ path, source, origin }: RequestLine): number | null {
    if (origin !== undefined) return null;
    const name = path ?? `archive of ${source}`;
    const known = filePks.get(name);
    if (known !== undefined) return known;
    const file_pk = writer.fileNamed(name, source);
    filePks.set(name, file_pk);
    return file_pk;
  }

  const put: {
    [K in ArchiveLine["kind"]]: (line: Extract<ArchiveLine, { kind: K }>, place?: Place) => void;
  } = {
    event(line) {
      if (own || !isNotice(line)) putEvent(line);
    },
    request: putRequest,
    session({ started_unix_ms, transcript_path, ...rest }) {
      sessions.put({
        ...rest,
        ...(started_unix_ms !== undefined && { time_unix_ms: started_unix_ms }),
        ...(own && transcript_path !== undefined && { transcript_path }),
      });
    },
    agent: sessions.putAgent,
    turn: sessions.putTurn,
    tool_call(line) {
      restored.tool_calls++;
      writer.tools.put(line, line.owner_rank);
    },
    ...writer.plans.restore,
    copy: (line) => writer.requests.putCopy(line.request_key, sessions.pk(line.source, line.session_id)),
    client_total: ({ kind: _, source, session_id, ...line }) =>
      void writer.capture.putTotalLine({ source, session_id }, line),
    telemetry_call: ({ kind: _, source, session_id, ...line }) =>
      void writer.capture.putCallLine(
        { source, session_id },
        {
          ...line,
          duration_ms: line.duration_ms ?? null,
          ttft_ms: line.ttft_ms ?? null,
          cost_nano_usd: line.cost_nano_usd ?? null,
        },
      ),
    tool_decision: ({ kind: _, source, session_id, ...line }) =>
      void writer.capture.putDecisionLine({ source, session_id }, line),
    sample(line) {
      if (writer.putSample(line)) restored.samples++;
    },
    text: (line) => void writer.texts.put([{ ...line, is_error: line.is_error === 1 }]),
    /** Another machine's rejects have nothing to do with files of this one. */
    reject(l) {
      if (own) writer.putReject(l, l.time_unix_ms);
    },
  };

  return {
    restored,
    lastSeq: () => last,
    /** Imported lines name the file that they were imported from. */
    placeOf: (path: string, source: SourceName): number => writer.fileNamed(path, source),
    put: (line: ArchiveLine, place?: Place): void =>
      (put[line.kind] as (l: ArchiveLine, p?: Place) => void)(line, place),
    /** What a hook's event has beside itself. */
    putObserved(observed: Observed): void {
      for (const s of observed.sessions) sessions.put(s);
      writer.putObserved(observed, 0);
    },
    /** All or nothing. */
    inTransaction<T>(work: () => T): T {
      return db
        .transaction(() => {
          const result = work();
          if (!own) writer.requests.nameModels();
          writer.flush();
          return result;
        })
        .immediate();
    },
  };
}
export type Restorer = ReturnType<typeof createRestorer>;

/** In what order another database learnt of something is not this one's story; it notes its own. */
function isNotice(e: EventLine): boolean {
  return e.event_type === "usage_updated" || e.event_type === "ownership_changed";
}
