import { expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { emptyBatch } from "../../collector/file-batch.ts";
import { type FastPath, fastPath } from "../../collector/import/fast-path.ts";
import { cowork } from "../../collector/sources/claude/source.ts";
import type { Source } from "../../collector/sources/source.ts";
import { createSpool } from "../../collector/sources/spool.ts";
import { vendorFiles } from "../../collector/sources/vendors.ts";
import { DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import type { SpoolKind } from "../../schema/names.ts";
import { samplesOf } from "../../schema/rollout-limits.ts";
import { inputTokens } from "../../schema/usage.ts";
import { USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import type { FileBatch, RequestObservation } from "../../store/batch.ts";
import { joinToolCalls } from "../../store/commit-tools.ts";
import { spoolRecord } from "../e2e/records.ts";

export const FIXTURES = join(import.meta.dir, "../fixtures");
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: Date.UTC(2026, 10, 1) } as never;

type File = { path: string; bytes: Buffer };
export type Case = {
  name: string;
  source: Source;
  files: File[];
  /** How its history is read; null where a source has one way only. */
  fast: Source["open"] | null;
  /** What the agent itself wrote of a request: in the line of its offset, or where its response is named. */
  vendorFigure: (request: RequestObservation, file: File) => Figure | undefined;
};

/** All input tokens and those of them that came from the cache, by the agent's own counting. */
type Figure = { input: number; cached: number };
type Fields = Record<string, unknown>;
const inner = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, name) => (at as Fields | null | undefined)?.[name], value);
const count = (usage: unknown, ...names: string[]): number =>
  names.reduce((sum, name) => sum + Number(inner(usage, name) ?? 0), 0);

/** Read from the recorded line without anything of the reader; a further agent has no line here until it is written. */
const FIGURES: Record<VendorName, (line: unknown) => Figure | undefined> = {
  claude(line) {
    const usage = inner(line, "message", "usage");
    const cached = count(usage, "cache_read_input_tokens");
    return usage
      ? { cached, input: cached + count(usage, "input_tokens", "cache_creation_input_tokens") }
      : undefined;
  },
  codex(line) {
    const usage = inner(line, "payload", "usage") ?? inner(line, "payload", "info", "last_token_usage");
    return usage
      ? { cached: count(usage, "cached_input_tokens"), input: count(usage, "input_tokens") }
      : undefined;
  },
};

const atOffset =
  (name: VendorName): Case["vendorFigure"] =>
  ({ offset }, { bytes }) => {
    const end = bytes.indexOf(10, offset);
    return FIGURES[name](JSON.parse(bytes.toString("utf8", offset, end < 0 ? bytes.length : end)));
  };

/** Recorded files of each agent; a further agent has no rows here until its recordings lie in fixtures. */
const RECORDED: Record<VendorName, string> = { claude: "claude/transcripts", codex: "codex/home" };

function recorded(source: Source, folder: string): File[] {
  return readdirSync(join(FIXTURES, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => source.accepts(path) && !path.endsWith(".zst"))
    .sort()
    .map((path) => ({ path: `/home/dev/${path}`, bytes: readFileSync(join(FIXTURES, folder, path)) }));
}

/** The hook's own figure, of the recording that names the response. */
const ofHook: Case["vendorFigure"] = ({ response_id }) => {
  const sent = hooksOf("codex/hooks").find((body) => body.response_id === response_id);
  return FIGURES.codex({ payload: { usage: sent?.token_usage } });
};

const hooksOf = (folder: string) =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .slice(0, 120)
    .map((name) => JSON.parse(readFileSync(join(FIXTURES, folder, name), "utf8")) as Fields);

/** A spool segment of every hook that both agents were recorded with. */
function spoolFiles(): File[] {
  const record = (kind: SpoolKind, folder: string, time: number) =>
    hooksOf(folder).map((body, at) => spoolRecord(`${kind.split("/")[0]}-${at}`, body, time + at, kind));
  const lines = [
    ...record("hook/1", "claude/hooks", Date.UTC(2026, 9, 1)),
    ...record("codex-hook/1", "codex/hooks", Date.UTC(2026, 9, 2)),
  ];
  return [{ path: "/data/spool/000000000001.log", bytes: Buffer.concat(lines) }];
}

const vendor = (name: VendorName): Case => {
  const source = vendorFiles(name)!.history;
  return {
    name,
    source,
    files: recorded(source, RECORDED[name]),
    fast: (fastPath as FastPath).open[name] ?? null,
    vendorFigure: atOffset(name),
  };
};
export const CASES: Case[] = [
  ...VENDOR_NAMES.map(vendor),
  {
    name: "cowork",
    source: cowork,
    files: recorded(cowork, "cases/23"),
    fast: fastPath.open.claude,
    vendorFigure: atOffset("claude"),
  },
  {
    name: "spool",
    source: createSpool(DEFAULT_CAPTURE),
    files: spoolFiles(),
    fast: null,
    vendorFigure: ofHook,
  },
];

export const open = (source: Source, path: string) => emptyBatch(source, path, STATS, 0, "active");

export function linesOf(bytes: Buffer): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
    if (end > start) lines.push({ start, end });
  return lines;
}

/** As the tail reads: whole lines, or a document as a whole; `restart` closes and opens the parser after each line. */
export function read({ source }: Case, { path, bytes }: File, restart = false): FileBatch {
  const into = open(source, path);
  let parser = source.open(path, "", into);
  const whole = [{ start: 0, end: bytes.length }];
  for (const { start, end } of source.isDocument?.(path) ? whole : linesOf(bytes)) {
    parser.line(bytes, start, end, start);
    if (restart) parser = source.open(path, parser.state(), into);
  }
  into.cursor.parser_state = parser.state();
  return into;
}

/** What is stored of a batch, without what only counts how it was read. */
function rowsOf(batch: FileBatch) {
  const {
    cursor: _c,
    limits,
    ignored: _i,
    lines: _l,
    bytes: _b,
    tool_calls,
    sessions,
    agents,
    turns,
    ...rows
  } = batch;
  return {
    ...rows,
    requests: merged(rows.requests),
    tool_calls: joinToolCalls(tool_calls),
    samples: [...batch.samples, ...samplesOf(limits)],
  };
}

/** As the store merges what it is given twice: the first row, with the larger of two counts. */
function merged(requests: RequestObservation[]): RequestObservation[] {
  const byKey = new Map<string, RequestObservation>();
  for (const next of requests) {
    const known = byKey.get(next.request_key);
    const usage = { ...next.usage };
    if (known) for (const field of USAGE_FIELDS) usage[field] = Math.max(usage[field], known.usage[field]);
    byKey.set(next.request_key, { ...(known ?? next), usage });
  }
  return [...byKey.values()];
}

export function idsOf(batch: FileBatch): string[] {
  return [
    ...batch.events.map((e) => e.event_id),
    ...batch.requests.map((r) => r.request_key),
    ...batch.tool_calls.map((t) => t.tool_key),
    ...batch.samples.map((s) => s.sample_id),
    ...[...samplesOf(batch.limits)].map((s) => s.sample_id),
  ];
}

export const withLine = (of: Case, line: string): File[] =>
  of.files.slice(0, 1).map(({ path }) => ({ path, bytes: Buffer.from(line) }));

/** The shortest recorded line of each kind: what a parser distinguishes by is in the first two names of its type. */
function linesByKind({ files }: Case): { file: File; start: number; end: number }[] {
  const found = new Map<string, { file: File; start: number; end: number }>();
  for (const file of files)
    for (const { start, end } of linesOf(file.bytes)) {
      const kind = kindOf(file.bytes.toString("latin1", start, end));
      const known = found.get(kind);
      if (!known || known.end - known.start > end - start) found.set(kind, { file, start, end });
    }
  return [...found.values()];
}
const kindOf = (line: string) =>
  [...line.matchAll(/"(?:type|subtype|hook_event_name|name)":\s?"([\w-]{1,40})"/g)]
    .slice(0, 2)
    .map(([, name]) => name)
    .join("/");

/** Every cut of each kind of line: the reader neither throws nor loses it in silence. Gives the number of cuts. */
export function checkPrefixes(of: Case): number {
  let cuts = 0;
  for (const { file, start, end } of linesByKind(of))
    for (let cut = 1; cut < end - start; cut++, cuts++) {
      const into = open(of.source, file.path);
      const parser = of.source.open(file.path, "", into);
      parser.line(file.bytes, start, start + cut, start);
      parser.state();
      const seen = idsOf(into).length + into.rejects.length + Object.keys(into.ignored).length;
      if (seen === 0 && into.sessions.length === 0) throw new Error(`${file.path}: ${start}+${cut} is lost`);
    }
  return cuts;
}

export function checkRestarts(of: Case): void {
  for (const file of of.files) {
    const once = read(of, file);
    const restarted = read(of, file, true);
    expect(rowsOf(restarted)).toEqual(rowsOf(once));
    expect(restarted.cursor.parser_state).toBe(once.cursor.parser_state);
  }
}

export function checkIds(of: Case): void {
  for (const file of of.files) expect(idsOf(read(of, file))).toEqual(idsOf(read(of, file)));
}

export function checkFastPath(of: Case): void {
  const fast: Case = { ...of, source: { ...of.source, open: of.fast! } };
  for (const file of of.files) {
    if (of.source.isDocument?.(file.path)) continue;
    const once = read(of, file);
    for (const batch of [read(fast, file), read(fast, file, true), readInTurns(of, fast, file)]) {
      expect(rowsOf(batch)).toEqual(rowsOf(once));
      expect(batch.cursor.parser_state).toBe(once.cursor.parser_state);
    }
  }
}

/** Input and cached tokens of each request are the figures of the line that the agent wrote. Gives their number. */
export function checkCache(of: Case): number {
  let checked = 0;
  for (const file of of.files)
    for (const request of read(of, file).requests) {
      const { usage, request_key, parent_key } = request;
      for (const tokens of Object.values(usage))
        expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
      // What one response billed under a further model is a part of its line.
      if (parent_key !== undefined) continue;
      const figure = of.vendorFigure(request, file);
      if (!figure) throw new Error(`${request_key}: the agent's own figure is not found`);
      expect([request_key, usage.cache_read_input_tokens]).toEqual([request_key, figure.cached]);
      expect([request_key, inputTokens(usage)]).toEqual([request_key, figure.input]);
      expect(figure.cached).toBeLessThanOrEqual(figure.input);
      checked++;
    }
  return checked;
}

/** History by the fast path, what is written later by the plain one. */
function readInTurns({ source }: Case, fast: Case, { path, bytes }: File): FileBatch {
  const into = open(source, path);
  const lines = linesOf(bytes);
  const turn = Math.floor(lines.length / 2);
  let parser = fast.source.open(path, "", into);
  for (const [at, { start, end }] of lines.entries()) {
    if (at === turn) parser = source.open(path, parser.state(), into);
    parser.line(bytes, start, end, start);
  }
  into.cursor.parser_state = parser.state();
  return into;
}
