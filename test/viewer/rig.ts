import type { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { effectiveSettings } from "../../cli/effective-settings.ts";
import { measureHook } from "../../cli/hook-cost.ts";
import { createBus } from "../../collector/bus.ts";
import { createIntake } from "../../collector/otlp/intake.ts";
import { createTelemetry } from "../../collector/telemetry.ts";
import type { Capture } from "../../schema/api-capture.ts";
import { loadConfig } from "../../schema/config.ts";
import type { DaemonStatus } from "../../schema/status.ts";
import { openDatabase, openReader } from "../../store/database.ts";
import { rebuildRollups } from "../../store/rollups.ts";
import { storageOf } from "../../store/storage.ts";
import { createAccess } from "../../viewer/access/access.ts";
import { createApp, type ViewerDeps } from "../../viewer/app.ts";
import { serve } from "../../viewer/server.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";
export const T0 = Date.parse("2026-11-18T10:00:00Z");
export const NOW = Date.parse("2026-11-20T12:00:00Z");

type ColumnValues = Record<string, string | number | null>;

function insert(db: Database, table: string, row: ColumnValues): void {
  const names = Object.keys(row);
  db.query(`insert into ${table} (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`).run(
    ...Object.values(row),
  );
}

/** Writes rows as a commit would leave them. */
export function rows(db: Database) {
  const lastSeq = () =>
    db
      .query<{ s: number }, []>(
        "select max(coalesce((select max(seq) from events), 0), coalesce((select max(seq) from requests), 0)) as s",
      )
      .get()!.s;
  return {
    session(id: string, over: ColumnValues = {}): number {
      insert(db, "sessions", {
        source: "claude",
        source_session_id: id,
        project_path: "/home/dev/shop",
        started_unix_ms: T0,
        last_unix_ms: T0 + 60_000,
        ...over,
      });
      return db.query<{ pk: number }, []>("select max(session_pk) as pk from sessions").get()!.pk;
    },
    event(session_pk: number, over: ColumnValues = {}): number {
      const seq = lastSeq() + 1;
      insert(db, "events", {
        seq,
        event_id: `e${seq}`,
        session_pk,
        event_type: "notification",
        source: "claude",
        origin: "hook",
        time_unix_ms: T0 + seq,
        data: "{}",
        ...over,
      });
      return seq;
    },
    request(session_pk: number, over: ColumnValues = {}): number {
      const seq = lastSeq() + 1;
      insert(db, "requests", {
        seq,
        request_key: `claude:msg_${seq}`,
        session_pk,
        agent_id: "",
        response_id: `msg_${seq}`,
        provider_request_id: "",
        source: "claude",
        time_unix_ms: T0 + seq,
        model: "claude-opus-5",
        uncached_input_tokens: 10,
        cache_creation_5m_input_tokens: 20,
        cache_creation_1h_input_tokens: 30,
        cache_read_input_tokens: 40,
        output_tokens: 50,
        reasoning_output_tokens: 5,
        web_search_requests: 0,
        service_tier: "standard",
        speed: "standard",
        inference_geo: "",
        flags: 0,
        price_id: "p1",
        input_nano_usd: 1,
        cache_creation_5m_nano_usd: 2,
        cache_creation_1h_nano_usd: 3,
        cache_read_nano_usd: 4,
        output_nano_usd: 5,
        web_search_nano_usd: 0,
        cost_nano_usd: 15,
        owner_rank: "",
        offset: 7,
        ...over,
      });
      return seq;
    },
    tool(session_pk: number, id: string, over: ColumnValues = {}): void {
      insert(db, "tool_calls", {
        tool_key: `claude:${id}`,
        session_pk,
        agent_id: "",
        tool_use_id: id,
        tool_name: "Bash",
        started_unix_ms: T0 + 10,
        ended_unix_ms: T0 + 30,
        duration_ms: 20,
        outcome: "completed",
        ...over,
      });
    },
    turn(session_pk: number, prompt_id: string, over: ColumnValues = {}): void {
      insert(db, "turns", {
        session_pk,
        prompt_id,
        started_unix_ms: T0,
        ended_unix_ms: T0 + 100,
        prompt: "fix it",
        ...over,
      });
    },
    agent(session_pk: number, agent_id: string, over: ColumnValues = {}): void {
      insert(db, "agents", {
        session_pk,
        agent_id,
        agent_type: "Explore",
        tool_use_id: "toolu_task",
        started_unix_ms: T0 + 20,
        ended_unix_ms: T0 + 40,
        ...over,
      });
    },
    rollup: (): void => rebuildRollups(db),
    lastSeq,
  };
}

const UNPRICED: ColumnValues = {
  price_id: null,
  input_nano_usd: null,
  cache_creation_5m_nano_usd: null,
  cache_creation_1h_nano_usd: null,
  cache_read_nano_usd: null,
  output_nano_usd: null,
  web_search_nano_usd: null,
  cost_nano_usd: null,
};
export const unpriced = UNPRICED;

/** Two Claude sessions (one with an agent) and a Codex one with the same id as the first. */
function seed(db: Database) {
  const r = rows(db);
  const one = r.session("abc-1", { title: "Fix the basket", last_unix_ms: NOW - 1000 });
  const two = r.session("def-2", {
    project_path: "/work/blog",
    ended_unix_ms: T0 + 60_000,
    end_reason: "exit",
  });
  const codex = r.session("abc-1", {
    source: "codex",
    project_path: "/home/dev/shop",
    last_unix_ms: T0 + 5000,
  });
  r.turn(one, "p1");
  r.event(one, { event_type: "session_started", time_unix_ms: T0 - 5 });
  r.event(one, {
    event_type: "prompt_submitted",
    prompt_id: "p1",
    time_unix_ms: T0,
    data: '{"prompt_chars":6}',
  });
  r.request(one, { prompt_id: "p1", time_unix_ms: T0 + 5 });
  r.tool(one, "toolu_1", { outcome: "failed", error: "exit 1" });
  r.tool(one, "toolu_task", { tool_name: "Task", started_unix_ms: T0 + 15 });
  r.event(one, {
    event_type: "tool_started",
    tool_name: "Bash",
    tool_use_id: "toolu_1",
    time_unix_ms: T0 + 10,
  });
  r.event(one, {
    event_type: "tool_failed",
    tool_name: "Bash",
    tool_use_id: "toolu_1",
    time_unix_ms: T0 + 30,
  });
  r.agent(one, "agent-a");
  r.request(one, { agent_id: "agent-a", model: "claude-haiku-5", time_unix_ms: T0 + 25, cost_nano_usd: 7 });
  r.request(one, { ...unpriced, model: "mystery-1", time_unix_ms: T0 + 3_600_000, flags: 1024 });
  r.request(two, { time_unix_ms: NOW - 86_400_000, cost_nano_usd: 100 });
  r.event(two, { event_type: "permission_requested", tool_name: "Write", data: '{"path":"a%b_c"}' });
  r.event(two, { event_type: "plan_created", source: "plan", origin: "manifest", data: '{"plan":"x"}' });
  r.request(codex, {
    source: "codex",
    request_key: "codex:resp_1",
    model: "gpt-5.6",
    time_unix_ms: NOW - 3_600_000,
    cost_nano_usd: 1000,
  });
  r.event(codex, {
    event_type: "rate_limit",
    source: "codex",
    origin: "rollout",
    data: JSON.stringify({
      account: "default",
      limit_id: "codex",
      window: "5h",
      window_minutes: 300,
      used_percent: 5,
      resets_at_unix_ms: null,
    }),
  });
  r.rollup();
  return { one, two, codex };
}

const STATUS: DaemonStatus = {
  version: "0.1.0",
  pid: 1,
  started_unix_ms: T0,
  data_dir: "/secret/place",
  url: "http://localhost:3456",
  time_zone: "UTC",
  last_seq: 0,
  state: "live",
  problems: [],
  backfill: {
    done: true,
    files_total: 0,
    files_done: 0,
    bytes_total: 0,
    bytes_done: 0,
    started_unix_ms: null,
    finished_unix_ms: null,
  },
  watch: { mode: "events", folders: 0, files: 0, last_scan_unix_ms: null },
  counters: {
    lines_read: 0,
    bytes_read: 0,
    events_committed: 0,
    requests_committed: 0,
    duplicates: 0,
    rejects: 0,
    hook_events_lost: 0,
    sse_clients: 0,
  },
  pipeline: { files_scanned: [], lines_rejected: [], sessions_indexed: [], parse_ms: [], found_by_scan: 0 },
};

const CAPTURE: Capture = {
  mode: "OTEL_ONLY",
  words: "History only",
  is_stream_enabled: true,
  agents: [{ agent: "claude", mode: "OTEL_ONLY", words: "History only", reason: "no hooks are installed" }],
  sources: [{ source: "claude_hooks", state: "off", reason: "not installed", last_unix_ms: null }],
  transitions: [],
  decisions: { counters: {}, recent: [] },
  otlp: { requests: [], records: [], foreign: 0, names: [] },
  stream: [],
};

/** The viewer on a real port over a real database. */
export async function startViewer(
  over: Partial<ViewerDeps> & { sse_max?: number; idleTimeout?: number } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), "hall-viewer-"));
  const db = openDatabase(dir);
  const ids = seed(db);
  const bus = createBus();
  const calls = { reindex: [] as string[][], shutdown: 0 };
  let ports: number[] = [];
  const deps: ViewerDeps = {
    reader: openReader(dir),
    config: { time_zone: "UTC", sse_max: over.sse_max ?? 64 },
    bus,
    status: () => STATUS,
    reindex: async (sources) => {
      calls.reindex.push(sources);
      return { files: sources.length };
    },
    shutdown: () => void calls.shutdown++,
    capture: { view: () => CAPTURE, switchStream: () => {} },
    health: {
      hookDelay: createTelemetry(() => {}).hookDelay,
      storage: () => ({ ...storageOf(dir), spool: { files: 0, bytes: 0 }, memory_bytes: 1 }),
      settings: () => effectiveSettings({ HOME: dir, HALL_DATA_DIR: dir }),
      hooks: () => measureHook(loadConfig({ HOME: dir })),
    },
    otlp: { intake: createIntake({ data_dir: dir, max_rps: 200 }), token: "" },
    token: TOKEN,
    access: createAccess({ mode: "owner", tokens: [TOKEN] }),
    ports: () => ports,
    assets: new Map([["/", { body: "<!doctype html><title>h</title>", type: "text/html; charset=utf-8" }]]),
    now: () => NOW,
    ...over,
  };
  const app = createApp(deps);
  const served = await serve(app, { port: 0, idleTimeout: over.idleTimeout ?? 10 });
  ports = served.ports;
  const port = ports[0]!;
  return {
    db,
    dir,
    bus,
    ids,
    calls,
    port,
    deps,
    app,
    url: served.url,
    rows: rows(db),
    /** Adds rows in one transaction, then publishes, as the collector does. */
    commit(write: (r: ReturnType<typeof rows>) => void): void {
      db.transaction(() => write(rows(db)))();
      bus.publish("committed", { seq: rows(db).lastSeq() });
    },
    get: (path: string, init?: RequestInit) => fetch(`${served.url}${path}`, init),
    async [Symbol.asyncDispose]() {
      await served.stop();
      deps.reader.close();
      db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
export type Viewer = Awaited<ReturnType<typeof startViewer>>;
