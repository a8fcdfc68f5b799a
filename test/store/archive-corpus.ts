import type { Database } from "bun:sqlite";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { appendRecords, spoolRecord, toolStarted } from "../e2e/records.ts";
import { createWorld, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");
const CLAUDE = ["2.1.197", "2.1.197-slow-stream", "2.1.329"];

/** What both clients left, as recorded, and what some hooks reported. */
export function putCorpus(home: string, dataDir: string): void {
  for (const version of CLAUDE)
    cpSync(join(FIXTURES, "claude/transcripts", version), join(home, ".claude"), { recursive: true });
  cpSync(join(FIXTURES, "codex/home"), join(home, ".codex"), { recursive: true });
  appendRecords(
    dataDir,
    ["h1", "h2", "h3"].map((id) => spoolRecord(`e-${id}`, toolStarted("hooked", id))),
  );
}

/** A world that has read the corpus and archived all of it on `day`. */
export async function archivedWorld(day: number): Promise<World> {
  const w = createWorld();
  putCorpus(w.home, w.config.data_dir);
  await w.read();
  archiveAll(w, day);
  return w;
}

export function archiveAll(w: World, day: number): void {
  w.pipeline.archive.hurry();
  while (w.pipeline.archive.append(day));
}

const OF_SESSION = "s.source as session_source, s.source_session_id";
const TABLES: Record<string, string> = {
  events: `select e.*, ${OF_SESSION} from events e join sessions s using (session_pk) order by seq`,
  requests: `select r.*, ${OF_SESSION}, f.path from requests r join sessions s using (session_pk)
    left join files f using (file_pk) order by seq`,
  sessions: "select * from sessions order by source, source_session_id",
  agents: `select a.*, ${OF_SESSION} from agents a join sessions s using (session_pk) order by source_session_id, agent_id`,
  turns: `select t.*, ${OF_SESSION} from turns t join sessions s using (session_pk) order by source_session_id, prompt_id`,
  tool_calls: `select c.*, ${OF_SESSION} from tool_calls c join sessions s using (session_pk) order by tool_key`,
  copies: `select y.request_key, ${OF_SESSION} from request_copies y join sessions s using (session_pk)
    order by request_key, source_session_id`,
  samples: "select * from rate_limit_samples order by sample_id",
  rejects: "select path, offset, reason, detail from rejects order by path, offset, reason",
  usage_rollup: `select u.*, ${OF_SESSION} from usage_rollup u join sessions s using (session_pk)
    order by bucket_unix_ms, source_session_id, agent_id, model`,
  event_rollup: `select v.*, ${OF_SESSION} from event_rollup v join sessions s using (session_pk)
    order by bucket_unix_ms, source_session_id, event_type, tool_name`,
};
/** Numbers of one database only. */
const LOCAL = ["session_pk", "file_pk", "tool_pk", "sample_pk"];

/** Everything that is stored, except what only concerns this database file. */
export function dump(db: Database): Record<string, Record<string, unknown>[]> {
  return Object.fromEntries(
    Object.entries(TABLES).map(([name, sql]) => [
      name,
      (db.query(sql).all() as Record<string, unknown>[]).map((row) =>
        Object.fromEntries(Object.entries(row).filter(([column]) => !LOCAL.includes(column))),
      ),
    ]),
  );
}
