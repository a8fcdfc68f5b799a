import { expect } from "bun:test";
import { readdirSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { emptyBatch as newBatch } from "../../collector/file-batch.ts";
import { codex } from "../../collector/sources/codex/source.ts";
import { samplesOf } from "../../schema/rollout-limits.ts";
import { totalTokens } from "../../schema/usage.ts";
import type { FileBatch, RequestObservation } from "../../store/batch.ts";

export const FIXTURES = join(import.meta.dir, "../fixtures/codex");

export function emptyBatch(path: string): FileBatch {
  const stats = { ino: 0, birthtimeMs: 0, size: 0, mtimeMs: 0 } as Stats;
  return newBatch(codex, path, stats, 0, "active");
}

/** With the readings of limits as rows, too. Reads whole lines from `offset` on, as the tail does; what follows the last newline waits. */
export function parseRollout(
  path: string,
  bytes: Buffer,
  offset = 0,
  parserState = "",
  into = emptyBatch(path),
): FileBatch {
  const parser = codex.open(path, parserState, into);
  let start = offset;
  for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
    if (end > start) parser.line(bytes, start, end, start);
    if (end > start) into.lines++;
    start = end + 1;
  }
  into.cursor.offset = start;
  into.samples = [...samplesOf(into.limits)];
  into.cursor.parser_state = parser.state();
  return into;
}

/** Two readings of one file, with a restart between them at byte `cut`. */
export function parseInTwoParts(path: string, bytes: Buffer, cut: number): FileBatch {
  const first = parseRollout(path, bytes.subarray(0, cut));
  const { offset, parser_state } = first.cursor;
  return parseRollout(path, bytes, offset, parser_state, first);
}

export function rolloutFiles(): string[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: "utf8" })
    .filter((path) => codex.accepts(path))
    .sort();
}

export function readRollout(relativePath: string): Buffer {
  const bytes = readFileSync(join(FIXTURES, relativePath));
  return relativePath.endsWith(".zst") ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes;
}

/**
 * A reading that is the same however it comes about: with a restart after each line and in the middle of each line,
 * and all over again after it.
 */
function parseInEveryWay(path: string, bytes: Buffer): FileBatch {
  const once = parseRollout(path, bytes);
  const observed = ({ requests, events, tool_calls, turns }: FileBatch) => ({
    requests,
    events,
    tool_calls,
    turns,
  });
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
    for (const cut of [end + 1, Math.floor((start + end) / 2)])
      expect(observed(parseInTwoParts(path, bytes, cut))).toEqual(observed(once));
  expect(collapse([once, parseRollout(path, bytes)])).toEqual(collapse([once]));
  return once;
}

/** What the store makes of files, whichever is read first. */
export function collapse(batches: FileBatch[]): RequestObservation[] {
  const requests = byKeys(batches);
  const inOrder = (rows: RequestObservation[]) =>
    rows.toSorted((a, b) => (a.request_key < b.request_key ? -1 : 1));
  expect(inOrder(byKeys(batches.toReversed()))).toEqual(inOrder(requests));
  return requests;
}

/** One request per key, as the store keeps it: a copy that is marked as one never owns, then the earliest does. */
function byKeys(batches: FileBatch[]): RequestObservation[] {
  const byKey = new Map<string, RequestObservation>();
  for (const request of batches.flatMap((batch) => batch.requests)) {
    const held = byKey.get(request.request_key);
    if (!held || rank(request) < rank(held)) byKey.set(request.request_key, request);
  }
  return [...byKey.values()];
}

function rank(request: RequestObservation): number {
  return (request.is_sidechain ? 1e15 : 0) + request.time_unix_ms;
}

export function tokensOf(requests: RequestObservation[], session?: string): number {
  const own = requests.filter((r) => session === undefined || r.session_id === session);
  return own.reduce((sum, r) => sum + totalTokens(r.usage), 0);
}

type Payload = Record<string, unknown>;

/** A small rollout in the vendor's key order; every line is a second after the one before it. */
export function rollout(name: string) {
  const lines: string[] = [];
  let second = 0;
  let time = Date.parse("2026-11-01T10:00:00.000Z");
  const builder = {
    at(iso: string) {
      time = Date.parse(iso);
      second = 0;
      return builder;
    },
    /** Copied lines all bear the moment of the fork. */
    line(type: string, payload: Payload, step = 1) {
      lines.push(JSON.stringify({ timestamp: new Date(time + second * 1000).toISOString(), type, payload }));
      second += step;
      return builder;
    },
    meta: (id: string, more: Payload = {}) =>
      builder.line("session_meta", { id, cwd: "/w/app", cli_version: "0.160.0", ...more }, 0),
    turn: (turn_id: string, model?: string, step = 1) =>
      builder.line("turn_context", { turn_id, ...(model ? { model } : {}) }, step),
    count: (total: number | Payload | undefined, last?: number | Payload, step = 1) =>
      builder.line("event_msg", tokenCount(total, last), step),
    event: (type: string, more: Payload = {}, step = 1) => builder.line("event_msg", { type, ...more }, step),
    raw(text: string) {
      lines.push(text);
      return builder;
    },
    bytes: () => Buffer.from(`${lines.join("\n")}\n`),
    parseRollout: () => parseInEveryWay(`/roots/sessions/rollout-${name}.jsonl`, builder.bytes()),
  };
  return builder;
}

/** 10 % of a plain number is output. */
export function usage(total: number, more: Payload = {}): Payload {
  const output_tokens = Math.floor(total / 10);
  return {
    input_tokens: total - output_tokens,
    cached_input_tokens: 0,
    output_tokens,
    reasoning_output_tokens: 0,
    total_tokens: total,
    ...more,
  };
}

function tokenCount(total: number | Payload | undefined, last: number | Payload | undefined): Payload {
  const info: Payload = { model_context_window: 258400 };
  if (total !== undefined) info.total_token_usage = typeof total === "number" ? usage(total) : total;
  if (last !== undefined) info.last_token_usage = typeof last === "number" ? usage(last) : last;
  return { type: "token_count", info, rate_limits: null };
}
