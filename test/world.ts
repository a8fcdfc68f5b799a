import type { Database } from "bun:sqlite";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openPipeline, type Pipeline } from "../cli/pipeline.ts";
import { type Config, loadConfig } from "../schema/config.ts";

const SLICE = { rows: 500, bytes: 8 * 1024 * 1024 };

/** A home of its own with real folders, a real database and the real pipeline. */
export type World = {
  home: string;
  config: Config;
  pipeline: Pipeline;
  db: Database;
  /** Path below the home. */
  path(relative: string): string;
  write(relative: string, text: string | Uint8Array): string;
  append(relative: string, text: string | Uint8Array): void;
  /** Reads everything that is there now. */
  read(): Promise<void>;
  all<T>(sql: string, ...parameters: (string | number)[]): T[];
  one<T>(sql: string, ...parameters: (string | number)[]): T;
  close(): void;
};

export function createWorld(env: Record<string, string> = {}, now?: () => number): World {
  const home = mkdtempSync(join(tmpdir(), "hall-world-"));
  const config = loadConfig({ HOME: home, HALL_TIME_ZONE: "UTC", ...env });
  const pipeline = openPipeline(config, { live: SLICE, history: SLICE, ...(now && { now }) });
  const path = (relative: string) => join(home, relative);
  const folder = (relative: string) => mkdirSync(dirname(path(relative)), { recursive: true });
  return {
    home,
    config,
    pipeline,
    db: pipeline.db,
    path,
    write(relative, text) {
      folder(relative);
      writeFileSync(path(relative), text);
      return path(relative);
    },
    append(relative, text) {
      folder(relative);
      appendFileSync(path(relative), text);
    },
    read: () => pipeline.collector.drain(),
    all: <T>(sql: string, ...parameters: (string | number)[]) =>
      pipeline.db.query(sql).all(...parameters) as T[],
    one: <T>(sql: string, ...parameters: (string | number)[]) =>
      pipeline.db.query(sql).get(...parameters) as T,
    close() {
      pipeline.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Path of a Claude transcript below the home; `project` is the encoded folder name. */
export function transcript(session: string, project = "-w-app"): string {
  return `.claude/projects/${project}/${session}.jsonl`;
}

export function agentTranscript(session: string, agent: string, project = "-w-app"): string {
  return `.claude/projects/${project}/${session}/subagents/agent-${agent}.jsonl`;
}

type Fields = Record<string, unknown>;

/** One assistant line as Claude Code writes it; what a test does not name takes the usual value. */
export function assistant(fields: Fields & { usage?: Fields; message?: Fields } = {}): Fields {
  const { usage, message, ...line } = fields;
  return {
    type: "assistant",
    uuid: crypto.randomUUID(),
    parentUuid: null,
    sessionId: "S1",
    isSidechain: false,
    cwd: "/w/app",
    gitBranch: "main",
    version: "2.1.300",
    timestamp: "2026-11-01T10:00:00.000Z",
    requestId: "req_01A",
    ...line,
    message: {
      id: "msg_01A",
      type: "message",
      role: "assistant",
      model: "claude-opus-5-5",
      stop_reason: "end_turn",
      content: [{ type: "text", text: "x" }],
      ...message,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 0,
        server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
        service_tier: "standard",
        speed: "standard",
        inference_geo: "not_available",
        ...usage,
      },
    },
  };
}

export function jsonl(...lines: unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** The sums that must not depend on how often, in what order or in what pieces the files were read. */
export function totals(world: World): Fields {
  return world.one<Fields>(`
    select count(*) filter (where parent_key is null) as requests, sum(uncached_input_tokens) as uncached,
      sum(cache_creation_5m_input_tokens) as m5, sum(cache_creation_1h_input_tokens) as h1,
      sum(cache_read_input_tokens) as cached, sum(output_tokens) as output, sum(cost_nano_usd) as cost,
      sum(web_search_requests) as searches from requests`);
}

/**
 * Reads the same files in every way they can come (once, twice, last file first, cut in two anywhere, all over
 * again) and hands each finished world to the check.
 */
export async function inEveryWay(
  files: Record<string, string>,
  check: (world: World, way: string) => void | Promise<void>,
): Promise<void> {
  const entries = Object.entries(files);
  const ways: Record<string, (world: World) => Promise<void>> = {
    once: async (w) => {
      for (const [name, text] of entries) w.write(name, text);
      await w.read();
    },
    twice: async (w) => {
      await ways.once!(w);
      await w.read();
    },
    reversed: async (w) => {
      for (const [name, text] of [...entries].reverse()) {
        w.write(name, text);
        await w.read();
      }
    },
    "in two scans": async (w) => {
      for (const [name, text] of entries) w.write(name, text.slice(0, Math.floor(text.length * 0.6)));
      await w.read();
      for (const [name, text] of entries) w.append(name, text.slice(Math.floor(text.length * 0.6)));
      await w.read();
    },
    "all over again": async (w) => {
      await ways.once!(w);
      w.pipeline.collector.reindex(["claude", "codex"]);
      await w.read();
    },
  };
  for (const [way, run] of Object.entries(ways)) {
    const world = createWorld();
    try {
      await run(world);
      await check(world, way);
    } finally {
      world.close();
    }
  }
}
