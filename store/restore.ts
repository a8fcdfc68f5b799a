import type { Database } from "bun:sqlite";
import type { FileBatch } from "../schema/batch.ts";
import type { MetricEvent, SourceName } from "../schema/events.ts";
import type { ArchiveLine, EventLine, RequestLine } from "./archive-lines.ts";
import { ownerRank, type Price, requestWriter } from "./commit-requests.ts";
import { createSessions } from "./commit-sessions.ts";
import { toolWriter } from "./commit-tools.ts";
import type { Cost } from "./cost.ts";
import { isSamePriced, toCost, toObservation } from "./restore-request.ts";
import { createRollups } from "./rollups.ts";

export type Restored = {
  events: number;
  requests: number;
  tool_calls: number;
  samples: number;
  /** Events and requests that were there already. */
  known: number;
};

export type Derived = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns">;

/** Where an imported line stands. */
export type Place = { file_pk: number; offset: number };

/**
 * Puts lines of an archive into a database, by the same rules as files of the agents: ids make whatever is
 * known already harmless, and of two states of a row the later word holds. Of one's own archive (`own`) the
 * numbers, prices and file names come back as they were; of another machine's they are given anew.
 */
export function createRestorer(db: Database, price: Price, own: boolean) {
  const sessions = createSessions(db);
  const rollups = createRollups(db);
  let archived: { line: RequestLine; cost: Cost } | undefined;
  const priceNow: Price = (request) =>
    archived && isSamePriced(archived.line, request) ? archived.cost : price(request);
  const requests = requestWriter(db, sessions, rollups, priceNow);
  const tools = toolWriter(db, sessions);
  const q = statements(db);
  const filePks = new Map<string, number>();
  const restored: Restored = { events: 0, requests: 0, tool_calls: 0, samples: 0, known: 0 };
  let last = lastStoredSeq(db);

  const nextSeq = (seq: number | undefined): number =>
    own && seq !== undefined && seq > last ? seq : last + 1;

  function putEvent(e: EventLine | MetricEvent): void {
    const session_pk = sessions.pk(e.source, e.session_id);
    const seq = nextSeq("seq" in e ? e.seq : undefined);
    const isNew =
      q.event.run(
        seq,
        e.event_id,
        session_pk,
        e.event_type,
        e.source,
        e.origin,
        e.time_unix_ms,
        e.agent_id ?? null,
        e.prompt_id ?? null,
        e.tool_name ?? null,
        e.tool_use_id ?? null,
        JSON.stringify(e.data),
      ).changes === 1;
    if (!isNew) return void restored.known++;
    last = seq;
    restored.events++;
    rollups.addEvent(e.time_unix_ms, session_pk, e.event_type, e.tool_name ?? "");
    if (e.origin !== "hook") return;
    sessions.touch(session_pk, e.time_unix_ms);
    if (e.project_path)
      sessions.put({ source: e.source, session_id: e.session_id, project_path: e.project_path });
  }

  function putRequest(line: RequestLine, place?: Place): void {
    const { observation, birth } = toObservation(line);
    const notices: MetricEvent[] = [];
    archived = own ? { line, cost: toCost(line) } : undefined;
    const seq = nextSeq(line.seq);
    const file_pk = place?.file_pk ?? filePk(line);
    const isNew = requests.put(
      { ...observation, offset: place?.offset ?? line.offset },
      seq,
      file_pk,
      birth,
      notices,
    );
    if (!isNew) restored.known++;
    else {
      last = seq;
      restored.requests++;
      if (line.project_path)
        sessions.put({ source: line.source, session_id: line.session_id, project_path: line.project_path });
    }
    // The archive holds its own notices as events.
    if (!own) for (const notice of notices) putEvent(notice);
  }

  /** A file that may be gone by now; if it is not, it is read from its beginning. */
  function filePk({ path, source }: RequestLine): number {
    const name = path ?? `archive of ${source}`;
    const known = filePks.get(name);
    if (known !== undefined) return known;
    const { file_pk } = q.file.get(name) ?? q.newFile.get(name, source)!;
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
      tools.put(line, line.owner_rank);
    },
    copy: (line) => void q.copy.run(line.request_key, sessions.pk(line.source, line.session_id)),
    sample(l) {
      restored.samples += q.sample.run(
        l.sample_id,
        l.source,
        l.origin,
        l.account,
        l.limit_id,
        l.window,
        l.window_minutes,
        l.used_percent,
        l.resets_at_unix_ms,
        l.time_unix_ms,
        l.session_id,
      ).changes;
    },
    /** Another machine's rejects say nothing about files of this one. */
    reject(l) {
      if (own) q.reject.run(l.source, l.path, l.offset, l.length_bytes, l.reason, l.detail, l.time_unix_ms);
    },
  };

  return {
    restored,
    lastSeq: () => last,
    /** Imported lines name the file that they were imported from. */
    placeOf: (path: string, source: SourceName): number =>
      (q.file.get(path) ?? q.newFile.get(path, source)!).file_pk,
    put: (line: ArchiveLine, place?: Place): void =>
      (put[line.kind] as (l: ArchiveLine, p?: Place) => void)(line, place),
    /** What a hook's event says beside itself. */
    putDerived({ sessions: seen, tool_calls, agents, turns }: Derived): void {
      for (const s of seen) sessions.put(s);
      for (const t of tool_calls)
        tools.put(t, ownerRank(t.owner_session_id, t.session_id, t.agent_id, false, 0));
      for (const a of agents) sessions.putAgent(a);
      for (const t of turns) sessions.putTurn(t);
    },
    /** All or nothing. */
    inTransaction<T>(work: () => T): T {
      return db
        .transaction(() => {
          const result = work();
          if (!own) requests.nameModels();
          rollups.flush();
          return result;
        })
        .immediate();
    },
  };
}
export type Restorer = ReturnType<typeof createRestorer>;

/** Two steps into an index; `max` over the view of both tables would read all of them. */
export function lastStoredSeq(db: Database): number {
  return db
    .query<{ seq: number }, []>(
      "select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as seq",
    )
    .get()!.seq;
}

/** In what order another database learnt of something is not this one's story; it notes its own. */
function isNotice(e: EventLine): boolean {
  return e.event_type === "usage_updated" || e.event_type === "ownership_changed";
}

function statements(db: Database) {
  return {
    event: db.query(`
      insert into events (seq, event_id, session_pk, event_type, source, origin, time_unix_ms, agent_id, prompt_id,
        tool_name, tool_use_id, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (event_id) do nothing`),
    copy: db.query("insert or ignore into request_copies (request_key, session_pk) values (?, ?)"),
    sample: db.query(`
      insert or ignore into rate_limit_samples (sample_id, source, origin, account, limit_id, window, window_minutes,
        used_percent, resets_at_unix_ms, time_unix_ms, session_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    reject: db.query(`
      insert or ignore into rejects (source, path, offset, length_bytes, reason, detail, time_unix_ms) values (?, ?, ?, ?, ?, ?, ?)`),
    file: db.query<{ file_pk: number }, [string]>("select file_pk from files where path = ?"),
    newFile: db.query<{ file_pk: number }, [string, string]>(`
      insert into files (path, source, inode, birth_unix_ms, size_bytes, mtime_unix_ms, offset, fingerprint, state, parser_state)
      values (?, ?, 0, 0, -1, 0, 0, '', 'deleted', '') returning file_pk`),
  };
}
