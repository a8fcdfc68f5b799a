import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/event-names.ts";

type Call = {
  origin: string | null;
  source: SourceName;
  session_id: string;
  prompt_id: string;
  request_id: string;
};
const MOST_CALLS = 1000;

/** When each witness of a source last showed something, in Unix milliseconds; null = never. */
type Signs = Record<"growth" | "hook" | "telemetry" | "statusline", number | null>;

/** Last sign of life of each source. `db` is a read-only connection. */
export function captureQueries(db: Database) {
  const growth = db.query<{ at: number | null }, [string]>(
    "select max(mtime_unix_ms) as at from files where source = ? and state = 'active'",
  );
  const hook = db.query<{ at: number }, [string]>(`
    select e.time_unix_ms as at from events e join sessions s using (session_pk)
    where e.origin = 'hook' and e.source = ? and s.source_session_id not like 'doctor-%' order by e.seq desc limit 1`);
  const telemetry = db.query<{ at: number | null }, [string]>(`
    select max(time_unix_ms) as at from (select time_unix_ms, session_pk from telemetry_calls
      union all select time_unix_ms, session_pk from tool_decisions) join sessions using (session_pk) where source = ?`);
  const statusline = db.query<{ at: number | null }, [string]>(
    "select max(time_unix_ms) as at from rate_limit_samples where source = ? and origin = 'statusline'",
  );
  const calls = db.query<Call, [number, number]>(`
    select r.origin, r.source, s.source_session_id as session_id, coalesce(r.prompt_id, '') as prompt_id,
      iif(r.provider_request_id <> '', r.provider_request_id, r.request_key) as request_id
    from requests r join sessions s using (session_pk) where r.seq > ? and r.time_unix_ms >= ? order by r.seq limit ${MOST_CALLS}`);
  const version = db.query<{ data_version: number }, []>("pragma data_version");
  let known: { version: number; signs: Map<string, Signs> } = { version: -1, signs: new Map() };

  /** Requested every two seconds, so it is queried again only where the database has changed. */
  function signsOf(source: string): Signs {
    const now = version.get()!.data_version;
    if (now !== known.version) known = { version: now, signs: new Map() };
    const signs = known.signs.get(source) ?? readSigns(source);
    known.signs.set(source, signs);
    return signs;
  }

  const readSigns = (source: string): Signs => ({
    growth: growth.get(source)?.at ?? null,
    hook: hook.get(source)?.at ?? null,
    telemetry: telemetry.get(source)?.at ?? null,
    statusline: statusline.get(source)?.at ?? null,
  });

  return {
    signsOf,
    /** Requests behind a number that are not older than `since`. */
    callsAfter: (seq: number, since_unix_ms: number): Call[] => calls.all(seq, since_unix_ms),
  };
}

/** Cost of the calls that are in no file of an agent. */
export function hiddenCostQuery(db: Database): () => number {
  const sum = db.query<{ nano: number }, []>(
    "select coalesce(sum(cost_nano_usd), 0) as nano from requests where origin is not null",
  );
  return () => sum.get()?.nano ?? 0;
}
