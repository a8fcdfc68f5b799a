import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CreditReading } from "../../schema/rate-limits.ts";
import { inputTokens } from "../../schema/usage.ts";
import {
  collapse,
  FIXTURES,
  parseInTwoParts,
  parseRollout,
  readRollout,
  rolloutFiles,
  tokensOf,
} from "./codex-harness.ts";

type Served = {
  input_tokens: number;
  cached_input_tokens: number;
  output_tokens: number;
  total_tokens: number;
};
type Truth = {
  thread: string;
  label: string;
  backend_truth: Served | null;
  backend_by_model: Record<string, Served> | null;
};
const truth: Truth[] = JSON.parse(readFileSync(join(FIXTURES, "MANIFEST.json"), "utf8")).threads;
const files = rolloutFiles();
const batches = files.map((file) => parseRollout(`/roots/${file}`, readRollout(file)));
const requests = collapse(batches);

describe("recorded rollouts of 0.169.0", () => {
  test("F008.A4 B-01 the recorded corpus gives the tokens that the backend served, thread by thread", () => {
    expect(files.length).toBe(43);
    expect(truth.length).toBe(42);
    for (const { thread, backend_truth, label } of truth)
      expect([label, tokensOf(requests, thread)]).toEqual([label, backend_truth?.total_tokens ?? 0]);
    expect(tokensOf(requests)).toBe(898_781);
    expect(requests.reduce((sum, r) => sum + inputTokens(r.usage), 0)).toBe(887_300);
    expect(requests.reduce((sum, r) => sum + r.usage.cache_read_input_tokens, 0)).toBe(726_336);
    expect(requests.reduce((sum, r) => sum + r.usage.output_tokens, 0)).toBe(11_481);
  });

  test("B-19 the place of a reverted thread is its first file, in whatever order its two files are read", () => {
    const second = /_[0-9a-f-]{36}\.jsonl$/;
    const reverted = files.find((file) => second.test(file))!;
    const thread = /([0-9a-f-]{36})_[0-9a-f-]{36}\.jsonl$/.exec(reverted)![1]!;
    const places = batches
      .flatMap((b) => b.sessions)
      .filter((session) => session.session_id === thread && session.transcript_path !== undefined)
      .map((session) => session.transcript_path);
    expect(new Set(places)).toEqual(new Set([`/roots/${reverted.replace(/_[0-9a-f-]{36}\./, ".")}`]));
  });

  test("B-01 every recorded line is read or counted and none is rejected or unknown", () => {
    expect(batches.flatMap((b) => b.rejects)).toEqual([]);
    const kinds = new Set(batches.flatMap((b) => Object.keys(b.ignored)));
    expect([...kinds].filter((kind) => kind.startsWith("unknown:"))).toEqual([]);
  });

  test("B-01 every request is a usage record: running totals add nothing where records exist", () => {
    expect(requests.filter((r) => r.response_id === "")).toEqual([]);
  });

  test("X18 the model is the last turn context before the record, and a fork names whom to ask", () => {
    for (const { thread, backend_by_model, label } of truth) {
      const own = requests.filter((r) => r.session_id === thread);
      const unnamed = own.filter((r) => r.model === "");
      expect([label, unnamed.map((r) => r.model_from_session_id)]).toEqual([
        label,
        label === "app-fork-model-switch" ? ["01a1fa16-5b36-7960-810c-1a36a30c1d3c"] : [],
      ]);
      const named = own.map((r) => ({
        ...r,
        model: r.model || lastModel(r.model_from_session_id!, r.time_unix_ms),
      }));
      for (const [model, served] of Object.entries(backend_by_model ?? {}))
        expect([label, model, tokensOf(named.filter((r) => r.model === model))]).toEqual([
          label,
          model,
          served.total_tokens,
        ]);
    }
  });

  test("B-04 files in any order, read twice, give the same requests", () => {
    const again = files.toReversed().map((file) => parseRollout(`/moved/${file}`, readRollout(file)));
    const sorted = (list: typeof requests) =>
      list.toSorted((a, b) => a.request_key.localeCompare(b.request_key));
    expect(sorted(collapse([...again, ...batches]))).toEqual(sorted(requests));
  });

  test("X21 judging lines by their head gives what parsing every line gives", () => {
    for (const file of files) {
      const bytes = readRollout(file);
      const spaced = bytes.toString().replaceAll(/^\{"timestamp"/gm, '{ "timestamp"');
      const [fast, slow] = [
        parseRollout("/roots/x", bytes),
        parseRollout("/roots/x", Buffer.from(spaced)),
      ].map((batch) => ({
        ...batch,
        requests: batch.requests.map((r) => ({ ...r, offset: 0 })),
        cursor: undefined,
        bytes: 0,
      }));
      const {
        samples: reportedSamples,
        limits: _,
        credits: reportedCredits = [],
        ignored: passedOver,
        ...rows
      } = fast!;
      const { samples, limits: __, credits = [], ignored, ...same } = slow!;
      expect(rows).toEqual(same);
      expect(samples).toEqual(expect.arrayContaining(reportedSamples));
      const untimed = (list: CreditReading[]) => list.map((reading) => ({ ...reading, time_unix_ms: 0 }));
      expect(untimed(reportedCredits)).toEqual(untimed(credits));
      for (const [kind, lines] of Object.entries(ignored)) expect(passedOver[kind]).toBe(lines);
    }
  });

  test("F008.A2 B-23 a restart after any line gives what one reading gives", () => {
    for (const file of files) {
      const bytes = readRollout(file);
      const whole = contents(parseRollout("/roots/x", bytes));
      for (let cut = bytes.indexOf(10); cut >= 0; cut = bytes.indexOf(10, cut + 1))
        expect(contents(parseInTwoParts("/roots/x", bytes, cut + 1))).toBe(whole);
    }
  });

  test("B-23 half a line waits and is read once when the rest has come", () => {
    const bytes = readRollout(files[0]!);
    const whole = contents(parseRollout("/roots/x", bytes));
    for (let cut = 0; cut < bytes.length; cut += 97) {
      const batch = parseInTwoParts("/roots/x", bytes, cut);
      expect(batch.rejects).toEqual([]);
      expect(contents(batch)).toBe(whole);
    }
  });
});

function lastModel(session: string, before: number): string {
  return (
    requests
      .filter((r) => r.session_id === session && r.time_unix_ms < before && r.model !== "")
      .toSorted((a, b) => a.time_unix_ms - b.time_unix_ms)
      .at(-1)?.model ?? ""
  );
}

/** A later reading reports again when the session was last seen; all else is equal to the byte. */
function contents(batch: ReturnType<typeof parseRollout>): string {
  const { sessions, cursor, ...rows } = batch;
  const last = Math.max(...sessions.map((s) => s.time_unix_ms ?? 0));
  return JSON.stringify({ ...rows, last, state: cursor.parser_state });
}
