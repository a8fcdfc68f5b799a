import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parseRecord } from "../../collector/hooks/spool-record.ts";
import { createIntake } from "../../collector/otlp/intake.ts";
import type { TelemetryExport } from "../../schema/telemetry.ts";
import { toProtobuf } from "../collector/otlp/encode.ts";
import { startViewer } from "./rig.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp");
const recorded = readFileSync(join(FIXTURES, "claude/json/332-0001-logs.json"));
const JSON_TYPE = { "Content-Type": "application/json" };
const PROTOBUF = { "Content-Type": "application/x-protobuf" };
const TOKEN = "otlp-token-0123456789";

const open: { [Symbol.asyncDispose](): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function receiver(options: { max_rps?: number; token?: string; now?: () => number } = {}) {
  const data_dir = mkdtempSync(join(tmpdir(), "hall-otlp-"));
  const { max_rps = 1000, token = "", now } = options;
  const intake = createIntake({ data_dir, max_rps, ...(now && { now }) });
  const viewer = await startViewer({ otlp: { intake, token } });
  open.push(viewer);
  const post = (path: string, body: Uint8Array | string, headers: Record<string, string> = JSON_TYPE) =>
    viewer.get(path, {
      method: "POST",
      body: typeof body === "string" ? body : new Uint8Array(body),
      headers,
    });
  const spool = join(data_dir, "spool");
  const bytes = () =>
    statSync(spool, { throwIfNoEntry: false })
      ? Buffer.concat(
          readdirSync(spool)
            .filter((n) => n.endsWith(".log"))
            .map((n) => readFileSync(join(spool, n))),
        )
      : Buffer.alloc(0);
  const stored = (): TelemetryExport[] =>
    bytes()
      .toString("utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const record = parseRecord(Buffer.from(line), 0, Buffer.byteLength(line));
        if (!record.ok) throw new Error(record.detail);
        expect(record.kind).toBe("otlp/1");
        return JSON.parse(record.body.toString()) as TelemetryExport;
      });
  return { viewer, intake, data_dir, post, stored, bytes };
}

describe("POST /v1/*", () => {
  test("F042.A3 D-22 an export is the same in JSON, protobuf and gzip, and is stored before it is acknowledged", async () => {
    const { post, stored } = await receiver();
    const binary = toProtobuf("logs", JSON.parse(recorded.toString()));
    const replies = [
      await post("/v1/logs", recorded),
      await post("/v1/logs", gzipSync(recorded), { ...JSON_TYPE, "Content-Encoding": "gzip" }),
      await post("/v1/logs", binary, PROTOBUF),
      await post("/v1/logs", gzipSync(binary), { ...PROTOBUF, "Content-Encoding": "gzip" }),
    ];
    expect(replies.map((r) => r.status)).toEqual([200, 200, 200, 200]);
    expect(await replies[0]!.json()).toEqual({ partialSuccess: {} });
    expect(replies[2]!.headers.get("content-type")).toBe("application/x-protobuf");
    const [first, ...others] = stored();
    expect(first!.records.length).toBeGreaterThan(10);
    for (const other of others) expect(other).toEqual(first!);
  });

  test("D-23 no address, account, prompt or answer of a record is at rest", async () => {
    const { post, bytes } = await receiver();
    for (const name of ["exec.logs.full.json", "exec.traces.trimmed.json", "exec.metrics.trimmed.json"]) {
      const signal = /(logs|traces|metrics)/.exec(name)![1];
      expect((await post(`/v1/${signal}`, readFileSync(join(FIXTURES, "codex", name)))).status).toBe(200);
    }
    expect(
      (await post("/v1/logs", readFileSync(join(FIXTURES, "codex/exec.logs.pb")), PROTOBUF)).status,
    ).toBe(200);
    expect(bytes().length).toBeGreaterThan(0);
    expect(bytes().toString("latin1")).not.toMatch(/example\.test|acct-|dev@|"output"|"arguments"|"prompt"/);
  });

  test("D-22 checks in their order: 401, 429, 413, 415, 400, each with a reason and nothing stored", async () => {
    const time = 1_000_000;
    const { post, bytes } = await receiver({ max_rps: 6, token: TOKEN, now: () => time });
    const auth = { Authorization: `Bearer ${TOKEN}` };
    const status = async (body: string | Uint8Array, headers: Record<string, string>) => {
      const response = await post("/v1/logs", body, headers);
      const problem = (await response.json()) as { detail?: string };
      expect(problem.detail).toBeString();
      return response.status;
    };
    const large = new Uint8Array(16 * 1024 * 1024 + 1);
    expect(await status(large, { "Content-Type": "text/plain" })).toBe(401);
    expect(await status("{", { ...JSON_TYPE, Authorization: "Bearer wrong-token-0123456789" })).toBe(401);
    expect(await status(large, { ...auth, "Content-Type": "text/plain" })).toBe(413);
    expect(await status("x", { ...auth, "Content-Type": "text/plain" })).toBe(415);
    expect(await status("x", { ...auth, ...JSON_TYPE, "Content-Encoding": "br" })).toBe(415);
    expect(await status("{", { ...auth, ...JSON_TYPE })).toBe(400);
    expect(await status("not gzip", { ...auth, ...JSON_TYPE, "Content-Encoding": "gzip" })).toBe(400);
    expect(await status("not protobuf", { ...auth, ...PROTOBUF })).toBe(400);
    const limited = await post("/v1/logs", large, { ...auth, "Content-Type": "text/plain" });
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(bytes().length).toBe(0);
  });

  test("O05 a bomb of gzip, of nesting and of length is refused, and the receiver goes on", async () => {
    const { post, bytes } = await receiver();
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const gz = { ...JSON_TYPE, "Content-Encoding": "gzip" };
    expect((await post("/v1/logs", bomb, gz)).status).toBe(413);
    expect((await post("/v1/logs", `${"[".repeat(200_000)}`)).status).toBe(400);
    expect(
      (await post("/v1/logs", `{"resourceLogs":${"[".repeat(50_000)}${"]".repeat(50_000)}}`)).status,
    ).toBe(200);
    expect((await post("/v1/logs", Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f), PROTOBUF)).status).toBe(
      400,
    );
    expect(bytes().length).toBe(0);
    expect((await post("/v1/logs", recorded)).status).toBe(200);
  });

  test("D-22 records that cannot be used are counted in the answer, their neighbours are kept", async () => {
    const { post, stored } = await receiver();
    const body = JSON.parse(recorded.toString());
    body.resourceLogs[0].scopeLogs[0].logRecords.unshift(7, {
      attributes: [{ key: "event.name", value: { stringValue: "api_request" } }],
    });
    const reply = (await (await post("/v1/logs", JSON.stringify(body))).json()) as {
      partialSuccess: { rejectedLogRecords: number; errorMessage: string };
    };
    expect(reply.partialSuccess).toEqual({
      rejectedLogRecords: 2,
      errorMessage: "a log record is not an object",
    });
    const binary = await post(
      "/v1/logs",
      toProtobuf("logs", {
        resourceLogs: [
          {
            resource: body.resourceLogs[0].resource,
            scopeLogs: [
              {
                logRecords: [{ attributes: [{ key: "event.name", value: { stringValue: "api_request" } }] }],
              },
            ],
          },
        ],
      }),
      PROTOBUF,
    );
    expect(
      Buffer.from(await binary.arrayBuffer())
        .subarray(0, 4)
        .toString("hex"),
    ).toBe("0a1b0801");
    expect(stored()[0]!.records.length).toBeGreaterThan(10);
  });

  test("O10 a spool that takes nothing is 503 with Retry-After, and nothing is acknowledged", async () => {
    if (process.getuid?.() === 0) {
      const { post, data_dir } = await receiver();
      rmSync(data_dir, { recursive: true });
      await Bun.write(data_dir, "a file");
      const response = await post("/v1/logs", recorded);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "10"]);
      return;
    }
    const { post, data_dir } = await receiver();
    chmodSync(data_dir, 0o500);
    const response = await post("/v1/logs", recorded);
    chmodSync(data_dir, 0o700);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "10"]);
  });

  test("T21 a page of another site, or under another name, exports nothing", async () => {
    const { post, bytes } = await receiver();
    expect((await post("/v1/logs", recorded, { ...JSON_TYPE, Origin: "http://evil.example" })).status).toBe(
      403,
    );
    expect((await post("/v1/logs", recorded, { ...JSON_TYPE, Host: "evil.example:3456" })).status).toBe(403);
    expect((await post("/v1/logs", recorded, { "Content-Type": "text/plain" })).status).toBe(415);
    expect(bytes().length).toBe(0);
  });

  test("D-22 other programs' records are passed over and counted", async () => {
    const { post, intake, bytes } = await receiver();
    const body = recorded.toString().replace('"claude-code"', '"my-shop"');
    expect((await post("/v1/logs", body)).status).toBe(200);
    expect(intake.counters().foreign).toBeGreaterThan(10);
    expect(bytes().length).toBe(0);
    expect(intake.counters().requests).toEqual([{ signal: "logs", result: "ok", count: 1 }]);
  });
});
