import type { Database } from "bun:sqlite";
import type { MetricEvent } from "../schema/events.ts";
import type { ArchiveLine, EventLine, RequestLine } from "./archive-lines.ts";
import type { Writer } from "./commit-rows.ts";
import type { Committer } from "./committer.ts";
import type { Cost } from "./cost.ts";
import type { CostOf } from "./request-rows.ts";
import { isSamePriced, toCost, toObservation } from "./restore-request.ts";

export type Restored = {
  events: number;
  requests: number;
  tool_calls: number;
  samples: number;
  /** Events and requests that already existed. */
  known: number;
};

/** Place of an imported line. */
export type Place = { file_pk: number; offset: number };

type LineWriters = {
  [K in ArchiveLine["kind"]]: (line: Extract<ArchiveLine, { kind: K }>, place?: Place) => void;
};

type Parts = {
  writer: Writer;
  numbers: RowNumbers;
  prices: ArchivedPrices;
  restored: Restored;
  /** The archive is this database's own. */
  own: boolean;
};

/** A row keeps its number in whatever order lines come; it gets a new one only if its number is taken. */
export function rowNumbers(db: Database, committer: Committer, own: boolean) {
  let last = committer.lastSeq();
  const atSeq = db.query("select 1 from feed where seq = ?");
  return {
    last: () => last,
    next: (seq: number | undefined): number =>
      own && seq !== undefined && (seq > last || atSeq.get(seq) === null) ? seq : last + 1,
    take(seq: number): void {
      last = Math.max(last, seq);
    },
    /** Numbers assigned since the last commit are free again. */
    startOver(): void {
      last = committer.lastSeq();
    },
  };
}
type RowNumbers = ReturnType<typeof rowNumbers>;

/**
 * The price from this database's own archive is kept if it is of the same request; requests of another machine are
 * repriced.
 */
export function archivedPrices(price: CostOf, own: boolean) {
  let archived: { line: RequestLine; cost: Cost } | undefined;
  const costOf: CostOf = (request) =>
    archived && isSamePriced(archived.line, request) ? archived.cost : price(request);
  return {
    costOf,
    of(line: RequestLine): void {
      archived = own ? { line, cost: toCost(line) } : undefined;
    },
  };
}
type ArchivedPrices = ReturnType<typeof archivedPrices>;

/** How a line of each kind becomes a row. */
export function lineWriters({ writer, numbers, prices, restored, own }: Parts): LineWriters {
  const { sessions, capture } = writer;
  const putEvent = eventWriter({ writer, numbers, restored });
  const putRequest = requestLineWriter({ writer, numbers, prices, restored, own }, putEvent);
  return {
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
    client_total: capture.putTotalLine,
    telemetry_call: capture.putCallLine,
    tool_decision: capture.putDecisionLine,
    sample(line) {
      if (writer.putSample(line)) restored.samples++;
    },
    text: (line) => void writer.texts.put([{ ...line, is_error: line.is_error === 1 }]),
    /** Rejects of another machine do not concern files of this one. */
    reject(l) {
      if (own) writer.putReject(l, l.time_unix_ms);
    },
  };
}

type PutEvent = (e: EventLine | MetricEvent) => void;

function eventWriter({
  writer,
  numbers,
  restored,
}: Pick<Parts, "writer" | "numbers" | "restored">): PutEvent {
  return (e) => {
    const seq = numbers.next("seq" in e ? e.seq : undefined);
    if (!writer.putEvent(e, seq)) return void restored.known++;
    numbers.take(seq);
    restored.events++;
  };
}

function requestLineWriter({ writer, numbers, prices, restored, own }: Parts, putEvent: PutEvent) {
  const filePk = fileNames(writer);
  return (line: RequestLine, place?: Place): void => {
    const { observation, birth } = toObservation(line);
    const notices: MetricEvent[] = [];
    prices.of(line);
    const seq = numbers.next(line.seq);
    const of = { ...observation, offset: place?.offset ?? line.offset };
    const file_pk = place?.file_pk ?? filePk(line);
    if (writer.requests.put(of, seq, file_pk, birth, notices)) {
      numbers.take(seq);
      restored.requests++;
      const { source, session_id, project_path } = line;
      if (project_path) writer.sessions.put({ source, session_id, project_path });
    } else restored.known++;
    // The archive contains its own notices as events.
    if (!own) for (const notice of notices) putEvent(notice);
  };
}

/** A file that may no longer exist; if it does, it is read from its beginning. */
function fileNames(writer: Writer) {
  const filePks = new Map<string, number>();
  return ({ path, source, origin }: RequestLine): number | null => {
    if (origin !== undefined) return null;
    const name = path ?? `archive of ${source}`;
    const known = filePks.get(name);
    if (known !== undefined) return known;
    const file_pk = writer.fileNamed(name, source);
    filePks.set(name, file_pk);
    return file_pk;
  };
}

/** The order of another database's corrections does not apply here; this one records its own. */
function isNotice(e: EventLine): boolean {
  return e.event_type === "usage_updated" || e.event_type === "ownership_changed";
}
