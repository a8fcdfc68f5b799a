import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createIntake } from "../../collector/otlp/intake.ts";
import { startViewer, type Viewer } from "./rig.ts";

const MIB = 1024 * 1024;
const JSON_TYPE = { "Content-Type": "application/json" };
const PROTOBUF = { "Content-Type": "application/x-protobuf" };
const GZIP = { "Content-Encoding": "gzip" };
const data_dir = mkdtempSync(join(tmpdir(), "hall-otlp-bombs-"));
const recorded = readFileSync(join(import.meta.dir, "../fixtures/otlp/claude/json/332-0001-logs.json"));

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer({ otlp: { intake: createIntake({ data_dir, max_rps: 1000 }), token: "" } });
});
afterAll(async () => {
  await viewer[Symbol.asyncDispose]();
  rmSync(data_dir, { recursive: true });
});

const spool = join(data_dir, "spool");
const stored = (): number =>
  existsSync(spool)
    ? readdirSync(spool)
        .filter((name) => name.endsWith(".log"))
        .reduce((sum, name) => sum + statSync(join(spool, name)).size, 0)
    : 0;
let before = 0;
beforeEach(() => {
  before = stored();
});

async function send(body: string | Uint8Array, headers: Record<string, string>, path = "/v1/logs") {
  const response = await viewer.get(path, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

/** A field of a length that the body does not have, at any depth. */
const cutShort = Buffer.of(0x0a, 0x7f, 0x0a, 0x7f);
/** Messages in messages, each as long as what is left: a decoder that calls itself runs out of stack. */
function nested(depth: number): Buffer {
  let inner = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) {
    const length: number[] = [];
    let n = inner.length;
    for (; n > 127; n >>>= 7) length.push((n & 127) | 128);
    length.push(n);
    inner = Buffer.concat([Buffer.of(0x0a, ...length), inner]);
  }
  return inner;
}

type Bomb = [what: string, status: number, body: () => string | Uint8Array, headers: Record<string, string>];
const BOMBS: Bomb[] = [
  ["an open brace", 400, () => "{", JSON_TYPE],
  ["a cut export", 400, () => recorded.subarray(0, recorded.length >> 1), JSON_TYPE],
  ["an export with a comma at its end", 400, () => '{"resourceLogs":[],}', JSON_TYPE],
  ["two exports in one body", 400, () => '{"resourceLogs":[]}{"resourceLogs":[]}', JSON_TYPE],
  ["200,000 open brackets", 400, () => "[".repeat(200_000), JSON_TYPE],
  ["an array", 400, () => "[]", JSON_TYPE],
  ["null", 400, () => "null", JSON_TYPE],
  ["a number", 400, () => "1e400", JSON_TYPE],
  ["a text", 400, () => '"resourceLogs"', JSON_TYPE],
  ["bytes that are no UTF-8", 400, () => Buffer.of(0xff, 0xfe, 0x00, 0x80), JSON_TYPE],
  ["JSON as protobuf", 400, () => recorded, PROTOBUF],
  ["protobuf of a length without end", 400, () => Buffer.alloc(64, 0xff), PROTOBUF],
  ["protobuf that is cut", 400, () => cutShort, PROTOBUF],
  ["protobuf of an unknown wire type", 400, () => Buffer.of(0x0f), PROTOBUF],
  ["a length above four gigabytes", 400, () => Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f), PROTOBUF],
  ["text as gzip", 400, () => "not gzip", { ...JSON_TYPE, ...GZIP }],
  ["gzip that is cut", 400, () => gzipSync(recorded).subarray(0, 200), { ...JSON_TYPE, ...GZIP }],
  ["gzip with a false checksum", 400, () => falseSum(gzipSync(recorded)), { ...JSON_TYPE, ...GZIP }],
  ["gzip in gzip", 400, () => gzipSync(gzipSync(recorded)), { ...JSON_TYPE, ...GZIP }],
  ["64 MiB of blanks as gzip", 413, () => gzipSync(Buffer.alloc(64 * MIB, 0x20)), { ...JSON_TYPE, ...GZIP }],
  ["64 MiB of zeros as protobuf", 413, () => gzipSync(Buffer.alloc(64 * MIB)), { ...PROTOBUF, ...GZIP }],
  ["a byte above 16 MiB", 413, () => new Uint8Array(16 * MIB + 1), JSON_TYPE],
  ["a form", 415, () => "resourceLogs=1", { "Content-Type": "application/x-www-form-urlencoded" }],
  ["a type that is a name of every object", 415, () => recorded, { "Content-Type": "constructor" }],
  ["a coding that is not known", 415, () => recorded, { ...JSON_TYPE, "Content-Encoding": "br" }],
  ["a coding twice", 415, () => gzipSync(recorded), { ...JSON_TYPE, "Content-Encoding": "gzip, gzip" }],
];

function falseSum(packed: Buffer): Buffer {
  packed.writeUInt32LE(~packed.readUInt32LE(packed.length - 8) >>> 0, packed.length - 8);
  return packed;
}

describe("F042 malformed exports", () => {
  for (const path of ["/v1/logs", "/v1/metrics", "/v1/traces"])
    for (const [what, status, body, headers] of BOMBS)
      test(`F042.A3 ${path}: ${what} is ${status}, nothing is stored`, async () => {
        const reply = await send(body(), headers, path);
        expect([reply.status, stored()]).toEqual([status, before]);
        expect((JSON.parse(reply.text) as { detail: string }).detail.length).toBeGreaterThan(5);
      });

  test("F042.A3 messages in 5,000 messages crash nothing and store nothing", async () => {
    const { status } = await send(nested(5000), PROTOBUF);
    expect([200, 400]).toContain(status);
    expect(stored()).toBe(before);
  });

  test("F042.A3 after all of them an export is stored", async () => {
    expect((await send(recorded, JSON_TYPE)).status).toBe(200);
    expect(stored()).toBeGreaterThan(before);
  });
});
