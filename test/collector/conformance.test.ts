import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyBatch } from "../../collector/file-batch.ts";
import { type FastPath, fastPath } from "../../collector/import/fast-path.ts";
import { readManifest } from "../../collector/plans/manifest.ts";
import { cowork } from "../../collector/sources/claude/source.ts";
import type { Source } from "../../collector/sources/source.ts";
import { createSpool } from "../../collector/sources/spool.ts";
import { vendorFiles } from "../../collector/sources/vendors.ts";
import type { FileBatch, RequestObservation } from "../../schema/batch.ts";
import { DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import type { SpoolKind } from "../../schema/names.ts";
import { samplesOf } from "../../schema/rollout-limits.ts";
import { inputTokens } from "../../schema/usage.ts";
import { USAGE_FIELDS } from "../../schema/usage-kinds.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import { joinToolCalls } from "../../store/commit-tools.ts";
import { spoolRecord } from "../e2e/records.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: Date.UTC(2026, 10, 1) } as never;

type File = { path: string; bytes: Buffer };
type Case = {
  name: string;
  source: Source;
  files: File[];
  /** How its history is read; null where a source has one way only. */
  fast: Source["open"] | null;
};

/** Recorded files of each agent; a further agent has no rows here until its recordings lie in fixtures. */
const RECORDED: Record<VendorName, string> = { claude: "claude/transcripts", codex: "codex/home" };

function recorded(source: Source, folder: string): File[] {
  return readdirSync(join(FIXTURES, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => source.accepts(path) && !path.endsWith(".zst"))
    .sort()
    .map((path) => ({ path: `/home/dev/${path}`, bytes: readFileSync(join(FIXTURES, folder, path)) }));
}

/** A spool segment of every hook that both agents were recorded with. */
function spoolFiles(): File[] {
  const record = (kind: SpoolKind, folder: string, time: number) =>
    readdirSync(join(FIXTURES, folder))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .slice(0, 120)
      .map((name, at) => {
        const body = JSON.parse(readFileSync(join(FIXTURES, folder, name), "utf8"));
        return spoolRecord(`${kind.split("/")[0]}-${at}`, body, time + at, kind);
      });
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
  };
};
const CASES: Case[] = [
  ...VENDOR_NAMES.map(vendor),
  { name: "cowork", source: cowork, files: recorded(cowork, "cases/23"), fast: fastPath.open.claude },
  { name: "spool", source: createSpool(DEFAULT_CAPTURE), files: spoolFiles(), fast: null },
];

const open = (source: Source, path: string) => emptyBatch(source, path, STATS, 0, "active");

function linesOf(bytes: Buffer): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
    if (end > start) lines.push({ start, end });
  return lines;
}

/** As the tail reads: whole lines, or a document as a whole; `restart` closes and opens the parser after each line. */
function read({ source }: Case, { path, bytes }: File, restart = false): FileBatch {
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

function idsOf(batch: FileBatch): string[] {
  return [
    ...batch.events.map((e) => e.event_id),
    ...batch.requests.map((r) => r.request_key),
    ...batch.tool_calls.map((t) => t.tool_key),
    ...batch.samples.map((s) => s.sample_id),
    ...[...samplesOf(batch.limits)].map((s) => s.sample_id),
  ];
}

const withLine = (of: Case, line: string): File[] =>
  of.files.slice(0, 1).map(({ path }) => ({ path, bytes: Buffer.from(line) }));

describe.each(CASES)("source $name", (of) => {
  test("V2 the recorded files hold rows to judge by", () => {
    expect(of.files.length).toBeGreaterThan(0);
    expect(of.files.flatMap((file) => idsOf(read(of, file))).length).toBeGreaterThan(0);
  });

  test("V3 no prefix of a recorded line makes the reader throw, nor is one lost in silence", () => {
    for (const file of of.files)
      for (const { start, end } of linesOf(file.bytes).slice(0, 30))
        for (let cut = 1; cut < end - start; cut += Math.max(1, Math.floor((end - start) / 40))) {
          const into = open(of.source, file.path);
          const parser = of.source.open(file.path, "", into);
          parser.line(file.bytes, start, start + cut, start);
          parser.state();
          const seen = idsOf(into).length + into.rejects.length + Object.keys(into.ignored).length;
          if (seen === 0 && into.sessions.length === 0) throw new Error(`${file.path}: ${start}+${cut}`);
        }
  });

  test("V3 a state of another version, and bytes that are no text, make no reader throw", () => {
    for (const state of ["", "{", "[]", "null", '{"thread":7}', "\u0000"])
      for (const { path, bytes } of withLine(of, "\u0000\u0001{]\n{}\n[]\nnull\n7\n")) {
        const parser = of.source.open(path, state, open(of.source, path));
        for (const { start, end } of linesOf(bytes)) parser.line(bytes, start, end, start);
        expect(typeof parser.state()).toBe("string");
      }
  });

  test("V4 a restart after every line gives the same rows and the same state", () => {
    for (const file of of.files) {
      const once = read(of, file);
      const restarted = read(of, file, true);
      expect(rowsOf(restarted)).toEqual(rowsOf(once));
      expect(restarted.cursor.parser_state).toBe(once.cursor.parser_state);
    }
  });

  test("V5 the same file read twice gives the same ids", () => {
    for (const file of of.files) expect(idsOf(read(of, file))).toEqual(idsOf(read(of, file)));
  });

  test("V6 what is read is the same after it crossed to another thread as JSON", () => {
    for (const file of of.files) {
      const batch = read(of, file);
      expect(JSON.parse(JSON.stringify(batch))).toEqual(batch);
    }
  });

  test("V7 cached tokens are part of the input tokens, and no count is negative or broken", () => {
    for (const file of of.files)
      for (const { usage } of read(of, file).requests) {
        expect(usage.cache_read_input_tokens).toBeLessThanOrEqual(inputTokens(usage));
        for (const tokens of Object.values(usage))
          expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
      }
  });
});

describe.each(CASES.filter((of) => of.fast))("source $name", (of) => {
  const fast: Case = { ...of, source: { ...of.source, open: of.fast! } };

  test("V6 the fast path gives the rows and the state of the plain path, whatever was read before by the other", () => {
    for (const file of of.files) {
      if (of.source.isDocument?.(file.path)) continue;
      const once = read(of, file);
      for (const batch of [read(fast, file), read(fast, file, true), readInTurns(of, fast, file)]) {
        expect(rowsOf(batch)).toEqual(rowsOf(once));
        expect(batch.cursor.parser_state).toBe(once.cursor.parser_state);
      }
    }
  });
});

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

describe("source plan", () => {
  const folder = mkdtempSync(join(tmpdir(), "hall-plan-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const whole = readFileSync(join(FIXTURES, "plans/founding/manifest.jsonl"));
  const at = (bytes: Uint8Array) => {
    const path = join(folder, "manifest.jsonl");
    writeFileSync(path, bytes);
    const { features, rejects, hash } = readManifest(path)!;
    return { features, rejects, hash };
  };

  test("V3 no prefix of a recorded manifest makes the reader throw, nor is a line lost in silence", () => {
    for (let cut = 1; cut < whole.length; cut += 97) {
      const { features, rejects } = at(whole.subarray(0, cut));
      const lines = whole
        .subarray(0, cut)
        .toString("latin1")
        .split("\n")
        .filter((line) => line.trim() !== "");
      expect((features?.length ?? 0) + rejects.length).toBe(lines.length);
    }
  });

  test("V5 the same manifest read twice gives the same ids", () => {
    expect(at(whole).features!.length).toBeGreaterThan(0);
    expect(at(whole)).toEqual(at(whole));
  });

  test("V4 a manifest that is read after every line gives what it gives at once", () => {
    const lines = whole.toString("utf8").split("\n");
    let last: unknown;
    for (let n = 1; n <= lines.length; n++) last = at(Buffer.from(lines.slice(0, n).join("\n")));
    expect(last).toEqual(at(whole));
  });
});
