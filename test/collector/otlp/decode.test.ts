import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { readExport } from "../../../collector/otlp/decode.ts";
import { EXPORTS } from "../../../collector/otlp/messages.ts";
import { decodeMessage, WireError } from "../../../collector/otlp/wire.ts";
import type { OtlpSignal, TelemetryCall, TelemetryRecord } from "../../../schema/telemetry.ts";
import { toProtobuf } from "./encode.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/otlp");
const signalOf = (name: string) => /(logs|metrics|traces)/.exec(name)![1] as OtlpSignal;

function files(folder: string): { name: string; bytes: Buffer }[] {
  return readdirSync(join(FIXTURES, folder))
    .filter((name) => /\.(json|pb)$/.test(name))
    .map((name) => ({ name, bytes: readFileSync(join(FIXTURES, folder, name)) }));
}

function records(name: string, bytes: Buffer): TelemetryRecord[] {
  const read = readExport(signalOf(name), name.endsWith(".pb") ? "protobuf" : "json", bytes);
  if (!read.ok) throw new Error(`${name}: ${read.detail}`);
  expect(read.value).toMatchObject({ rejected: 0, foreign: 0 });
  return read.value.exports.flatMap((e) => e.records);
}

const log = (attributes: Record<string, unknown>, more: object = {}) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "claude-code" } }] },
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: "1795755645631000000",
              attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
              ...more,
            },
          ],
        },
      ],
    },
  ],
});

const call = (tokens: Record<string, unknown> = {}) =>
  log({
    "event.name": { stringValue: "api_request" },
    "session.id": { stringValue: "s1" },
    request_id: { stringValue: "req_1" },
    model: { stringValue: "claude-opus-5-5[1m]" },
    input_tokens: { intValue: 5 },
    ...tokens,
  });

function read(body: unknown) {
  const result = readExport("logs", "json", Buffer.from(JSON.stringify(body)));
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

describe("OTLP bodies", () => {
  test("D-22 every recorded JSON body gives the same records once it is written as protobuf", () => {
    for (const folder of ["claude/json", "codex"])
      for (const { name, bytes } of files(folder).filter((f) => f.name.endsWith(".json"))) {
        const signal = signalOf(name);
        const binary = toProtobuf(signal, JSON.parse(bytes.toString()));
        expect(readExport(signal, "protobuf", binary)).toEqual(readExport(signal, "json", bytes));
      }
  });

  test("D-22 the two recorded runs of Claude Code report the same calls in JSON and in protobuf", () => {
    const calls = (folder: string) =>
      files(folder)
        .flatMap((f) => records(f.name, f.bytes))
        .filter((r) => r.kind === "call")
        .map(({ model, query_source, uncached_input_tokens, output_tokens, cost_nano_usd, request_id }) =>
          [
            request_id.replace("MOCP", "MOCK"),
            model,
            query_source,
            uncached_input_tokens,
            output_tokens,
            cost_nano_usd,
          ].join(),
        )
        .sort();
    expect(calls("claude/json")).toHaveLength(17);
    expect(calls("claude/pb")).toEqual(calls("claude/json"));
  });

  test("D-22 Codex's recorded protobuf is read: events without text, each with thread and time", () => {
    const all = records("exec.logs.pb", readFileSync(join(FIXTURES, "codex/exec.logs.pb")));
    const events = all.filter((r) => r.kind === "event");
    expect(events.map((e) => e.name).sort()).toContain("tool_result");
    for (const e of events)
      expect([e.session_id, e.time_unix_ms > 1.7e12]).toEqual([expect.stringMatching(/^01/), true]);
    expect(all.some((r) => r.kind === "call")).toBe(false);
  });

  test("D-23 nothing that names a person or repeats their words is kept", () => {
    for (const folder of ["claude/json", "codex"])
      for (const { name, bytes } of files(folder)) {
        const text = JSON.stringify(
          readExport(signalOf(name), name.endsWith(".pb") ? "protobuf" : "json", bytes),
        );
        expect(text).not.toMatch(/@|acct-|0{30}|dev@|REDACTED|"arguments"|"output":|"prompt"|email/);
      }
  });

  test("O05 integers as numbers and as strings, camelCase and snake_case mean the same", () => {
    const plain = read(call({ output_tokens: { intValue: 7 } }));
    expect(read(call({ output_tokens: { intValue: "7" } }))).toEqual(plain);
    expect(read(call({ output_tokens: { stringValue: "7" } }))).toEqual(plain);
    const snake = JSON.stringify(call({ output_tokens: { intValue: 7 } }))
      .replaceAll("resourceLogs", "resource_logs")
      .replaceAll("scopeLogs", "scope_logs")
      .replaceAll("logRecords", "log_records")
      .replaceAll("timeUnixNano", "time_unix_nano")
      .replaceAll("stringValue", "string_value")
      .replaceAll("intValue", "int_value");
    expect(read(JSON.parse(snake))).toEqual(plain);
  });

  test("O12 without a split the cache writes are in the five-minute field, and it is known that they may not be", () => {
    const only = read(call({ cache_creation_tokens: { intValue: 1000 } })).exports[0]!
      .records[0] as TelemetryCall;
    expect(only).toMatchObject({
      cache_creation_5m_input_tokens: 1000,
      cache_creation_1h_input_tokens: 0,
      is_ttl_known: false,
    });
    const split = read(
      call({
        cache_creation_tokens: { intValue: 9 },
        cache_creation_5m_tokens: { intValue: 4 },
        cache_creation_1h_tokens: { intValue: 5 },
      }),
    ).exports[0]!.records[0] as TelemetryCall;
    expect(split).toMatchObject({
      cache_creation_5m_input_tokens: 4,
      cache_creation_1h_input_tokens: 5,
      is_ttl_known: true,
    });
  });

  test("O05 an impossible count rejects its record alone, with a reason", () => {
    for (const value of [
      { intValue: -1 },
      { intValue: "1.5" },
      { doubleValue: 2e9 },
      { stringValue: "many" },
    ]) {
      const body = call();
      const other = call({ request_id: { stringValue: "req_2" }, output_tokens: value });
      body.resourceLogs.push(...other.resourceLogs);
      const got = read(body);
      expect(got).toMatchObject({ rejected: 1, reason: "api_request: output_tokens is not a count" });
      expect(got.exports.flatMap((e) => e.records)).toMatchObject([{ request_id: "req_1" }]);
    }
  });

  test("D-22 what is not an export is refused with its reason", () => {
    const json = (text: string) => readExport("logs", "json", Buffer.from(text));
    expect(json("{")).toEqual({ ok: false, detail: "not JSON" });
    expect(json("[]")).toMatchObject({ ok: false });
    expect(json('{"resourceSpans":[]}')).toMatchObject({ ok: false });
    expect(json('{"resourceLogs":{}}')).toMatchObject({ ok: false });
    expect(json("{}")).toMatchObject({ ok: true });
    let nested: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 40; i++) nested = within(5, within(1, nested));
    const bomb = within(1, within(2, within(2, within(5, nested))));
    expect(readExport("logs", "protobuf", bomb)).toEqual({
      ok: false,
      detail: "not protobuf: nested deeper than 32 levels",
    });
    expect(readExport("logs", "protobuf", Buffer.from("not a message"))).toMatchObject({ ok: false });
  });

  test("D-22 any bytes at all end in a message or a WireError, never in another fault", () => {
    const recorded = readFileSync(join(FIXTURES, "claude/pb/332-0003-metrics.pb"));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(recorded.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
        const copy = Buffer.from(recorded);
        copy[at] = byte;
        return copy;
      }),
      fc.nat(recorded.length).map((n) => recorded.subarray(0, n)),
    );
    void fc.assert(
      fc.property(bytes, (b) => {
        try {
          decodeMessage(EXPORTS.metrics, Buffer.from(b));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** A message as field `number` of another one. */
function within(number: number, body: Buffer): Buffer {
  const n = body.length;
  return Buffer.concat([Buffer.of(number * 8 + 2, ...(n < 128 ? [n] : [(n & 0x7f) | 0x80, n >> 7])), body]);
}
