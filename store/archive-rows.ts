import type { Database } from "bun:sqlite";

export type ArchiveRow = Record<string, unknown>;

/** What an archived request leaves out of its row: numbers that mean nothing in another database. */
const REQUEST = `
  select r.*, s.source_session_id as session_id, s.project_path, f.path
  from requests r join sessions s using (session_pk) left join files f using (file_pk)`;

/** The events and requests after a sequence number, in one order. */
export function sequencedRows(db: Database) {
  const events = db.query<ArchiveRow & { seq: number; data: string }, [number, number]>(`
    select e.seq, e.event_id, s.source_session_id as session_id, e.event_type, e.source, e.origin, e.time_unix_ms,
      s.project_path, e.agent_id, e.prompt_id, e.tool_name, e.tool_use_id, e.data
    from events e join sessions s using (session_pk) where e.seq > ? order by e.seq limit ?`);
  const requests = db.query<ArchiveRow & { seq: number }, [number, number]>(
    `${REQUEST} where r.seq > ? order by r.seq limit ?`,
  );

  /** The shorter of two full pages bounds how far both may be used. */
  return function page(after: number, limit: number): { seq: number; line: string }[] {
    const e = events.all(after, limit);
    const r = requests.all(after, limit);
    const bound = Math.min(
      e.length === limit ? e.at(-1)!.seq : Number.POSITIVE_INFINITY,
      r.length === limit ? r.at(-1)!.seq : Number.POSITIVE_INFINITY,
    );
    const rows = [
      ...e.map((row) => ({
        seq: row.seq,
        line: toLine({ ...row, kind: "event", data: JSON.parse(row.data) as unknown }),
      })),
      ...r.map((row) => ({ seq: row.seq, line: toLine({ ...portable(row), kind: "request" }) })),
    ];
    return rows.filter((row) => row.seq <= bound).sort((a, b) => a.seq - b.seq);
  };
}

type Shape = { kind: string; from: string; columns: string; pk: string; key?: string; mark: boolean };

const SESSION = "s.source, s.source_session_id as session_id";
const SHAPES: Shape[] = [
  {
    kind: "session",
    from: "sessions s",
    columns: `${SESSION}, s.project_path, s.git_branch, s.client_version, s.entrypoint, s.title, s.transcript_path,
      s.started_unix_ms, s.last_unix_ms, s.ended_unix_ms, s.end_reason, s.parent_session_id, s.relation`,
    pk: "s.session_pk",
    mark: true,
  },
  {
    kind: "agent",
    from: "agents a join sessions s using (session_pk)",
    columns: `${SESSION}, a.agent_id, a.agent_type, a.description, a.tool_use_id, a.depth, a.started_unix_ms, a.ended_unix_ms`,
    pk: "a.session_pk",
    key: "a.agent_id",
    mark: false,
  },
  {
    kind: "turn",
    from: "turns t join sessions s using (session_pk)",
    columns: `${SESSION}, t.prompt_id, t.started_unix_ms, t.ended_unix_ms, t.prompt`,
    pk: "t.session_pk",
    key: "t.prompt_id",
    mark: false,
  },
  {
    kind: "tool_call",
    from: "tool_calls c join sessions s using (session_pk)",
    columns: `${SESSION}, c.tool_key, c.agent_id, c.tool_use_id, c.tool_name, c.prompt_id, c.started_unix_ms,
      c.ended_unix_ms, c.duration_ms, c.outcome, c.summary, c.error, c.owner_rank`,
    pk: "c.tool_pk",
    mark: true,
  },
  {
    kind: "request",
    from: "requests r join sessions s using (session_pk) left join files f using (file_pk)",
    columns: "r.*, s.source_session_id as session_id, s.project_path, f.path",
    pk: "r.seq",
    mark: false,
  },
  {
    kind: "copy",
    from: "request_copies y join sessions s using (session_pk)",
    columns: `${SESSION}, y.request_key`,
    pk: "y.session_pk",
    key: "y.request_key",
    mark: false,
  },
  {
    kind: "sample",
    from: "rate_limit_samples l",
    columns: `l.sample_id, l.source, l.origin, l.account, l.limit_id, l.window, l.window_minutes, l.used_percent,
      l.resets_at_unix_ms, l.time_unix_ms, l.session_id`,
    pk: "l.sample_pk",
    mark: true,
  },
  {
    kind: "reject",
    from: "rejects x",
    columns: "x.source, x.path, x.offset, x.length_bytes, x.reason, x.detail, x.time_unix_ms",
    pk: "x.reject_pk",
    mark: true,
  },
];

/** Lines to append, and what is to be noted in the database once they stand in the file. */
export type ChangedPage = { lines: string[]; settle(): void };

/**
 * Rows without a sequence number of their own: new ones above a mark, and those that changed since they were
 * archived. `after_seq` tells where in the sequence a line stands.
 */
export function changedRows(db: Database) {
  const setMark = db.query("insert or replace into meta (key, value) values (?, ?)");
  const getMark = db.query<{ value: string }, [string]>("select value from meta where key = ?");
  const forget = db.query("delete from archive_pending where kind = ? and row_pk = ? and key = ?");
  const forgetAll = db.query("delete from archive_pending where kind = ?");
  const isPending = db.query<{ row_pk: number }, [string]>(
    "select row_pk from archive_pending where kind = ? limit 1",
  );
  const shapes = SHAPES.map((shape) => ({ ...shape, ...statements(db, shape) }));
  const mark = (kind: string): number => Number(getMark.get(`archived_${kind}`)?.value ?? 0);

  function page(after_seq: number, limit: number): ChangedPage {
    const lines: string[] = [];
    const notes: (() => void)[] = [];
    for (const shape of shapes) {
      const { kind } = shape;
      const fresh = shape.mark ? shape.fresh.all(mark(kind), Math.max(0, limit - lines.length)) : [];
      for (const row of fresh) lines.push(toChangedLine(kind, after_seq, row));
      const top = fresh.at(-1)?.row_pk;
      if (top !== undefined) notes.push(() => setMark.run(`archived_${kind}`, String(top)));
      if (lines.length >= limit) break;
      if (!isPending.get(kind)) continue;
      const pending = shape.pending.all(limit - lines.length);
      for (const row of pending) lines.push(toChangedLine(kind, after_seq, row));
      // What is left once all rows were found belongs to rows that are gone.
      if (lines.length < limit) notes.push(() => forgetAll.run(kind));
      else for (const { row_pk, row_key } of pending) notes.push(() => forget.run(kind, row_pk, row_key));
      if (lines.length >= limit) break;
    }
    if (lines.length > 0) notes.push(() => setMark.run("archived_seq", String(after_seq)));
    return {
      lines,
      settle() {
        for (const note of notes) note();
      },
    };
  }

  return {
    page,
    archivedSeq: () => mark("seq"),
    /** Everything that is there now stands in the archive. */
    markAll(seq: number): void {
      for (const { kind, mark: isMarked, top } of shapes)
        if (isMarked) setMark.run(`archived_${kind}`, String(top.get()?.pk ?? 0));
      setMark.run("archived_seq", String(seq));
      db.run("delete from archive_pending");
    },
    /** The archive has lost lines: what has no number of its own is said again from the beginning. */
    startOver(): void {
      db.run("delete from meta where key like 'archived\\_%' escape '\\'");
      for (const { kind, from, pk, key, mark: isMarked } of shapes)
        if (!isMarked && kind !== "request")
          db.run(
            `insert or ignore into archive_pending select '${kind}', ${pk}, ${key ?? "''"} from ${from}`,
          );
    },
  };
}

type Keyed = ArchiveRow & { row_pk: number; row_key: string };

function statements(db: Database, { kind, from, columns, pk, key }: Shape) {
  const join = key === undefined ? `${pk} = p.row_pk` : `${pk} = p.row_pk and ${key} = p.key`;
  return {
    fresh: db.query<Keyed, [number, number]>(
      `select ${pk} as row_pk, '' as row_key, ${columns} from ${from} where ${pk} > ? order by ${pk} limit ?`,
    ),
    pending: db.query<Keyed, [number]>(
      `select p.row_pk as row_pk, p.key as row_key, ${columns} from archive_pending p, ${from}
       where p.kind = '${kind}' and ${join} order by p.row_pk, p.key limit ?`,
    ),
    top: db.query<{ pk: number | null }, []>(`select max(${pk}) as pk from ${from}`),
  };
}

function toChangedLine(kind: string, after_seq: number, { row_pk: _p, row_key: _k, ...row }: Keyed): string {
  return toLine({ kind, after_seq, ...portable(row) });
}

function portable({ session_pk: _s, file_pk: _f, ...row }: ArchiveRow): ArchiveRow {
  return row;
}

function toLine(row: ArchiveRow): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).filter(([, v]) => v !== null)));
}
