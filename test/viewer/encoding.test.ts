import { afterAll, beforeAll, expect, test } from "bun:test";
import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startViewer, type Viewer } from "./rig.ts";

const SCRIPT = `console.log("${"a page ".repeat(500)}");\n`;
let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer({
    assets: new Map([
      ["/", { body: "<!doctype html><title>h</title>", type: "text/html; charset=utf-8" }],
      ["/part-abc.js", { body: SCRIPT, type: "text/javascript; charset=utf-8" }],
      ["/app.js", { body: SCRIPT, type: "text/javascript; charset=utf-8" }],
    ]),
  });
});
afterAll(() => viewer[Symbol.asyncDispose]());

/** As it comes over the wire: `fetch` would unpack it. */
async function wire(path: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    headers: Record<string, unknown>;
    body: Buffer;
  }>();
  const fetchRaw = request({ host: "127.0.0.1", port: viewer.port, path, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () =>
      resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }),
    );
  });
  fetchRaw.on("error", reject);
  fetchRaw.setHeader("Host", `localhost:${viewer.port}`);
  fetchRaw.end();
  return promise;
}

test("F019.A4 the page's files are sent compressed in what the client takes, and not again while they hold", async () => {
  const br = await wire("/app.js", { "accept-encoding": "gzip, deflate, br, zstd" });
  expect([br.headers["content-encoding"], brotliDecompressSync(br.body).toString()]).toEqual(["br", SCRIPT]);
  const gz = await wire("/app.js", { "accept-encoding": "gzip;q=1.0, br;q=0" });
  expect([gz.headers["content-encoding"], gunzipSync(gz.body).toString()]).toEqual(["gzip", SCRIPT]);
  const plain = await wire("/app.js");
  expect([plain.headers["content-encoding"], plain.body.toString()]).toEqual([undefined, SCRIPT]);
  expect(br.body.length).toBeLessThan(plain.body.length / 5);
  for (const { headers } of [br, gz, plain]) expect(headers.vary).toBe("Accept-Encoding");
  const again = await wire("/app.js", { "if-none-match": String(plain.headers.etag) });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect((await wire("/app.js", { "if-none-match": '"another"' })).status).toBe(200);
});

test("F019.A4 a file that is named by its content is asked for once, any other is asked for again", async () => {
  const kept = async (path: string) => (await wire(path)).headers["cache-control"];
  const hash = Bun.hash(SCRIPT).toString(36);
  expect(await kept(`/app.js?v=${hash}`)).toContain("immutable");
  expect(await kept("/part-abc.js")).toContain("immutable");
  for (const path of ["/app.js", "/app.js?v=another", `/?v=${hash}`])
    expect(await kept(path)).toBe("no-cache");
});

test("F019.A5 an answer has a tag that holds until its data change, whenever it is asked", async () => {
  await using own = await startViewer({ now: () => Date.now() });
  const fetchRaw = (etag?: string) =>
    own.get("/api/sessions", etag === undefined ? {} : { headers: { "If-None-Match": etag } });
  const first = await fetchRaw();
  const etag = first.headers.get("etag")!;
  const { generated_at } = (await first.json()) as { generated_at: string };
  while (new Date().toISOString() === generated_at);
  const same = await fetchRaw(etag);
  expect([same.status, await same.text()]).toEqual([304, ""]);
  own.commit((r) => void r.session("another", { last_unix_ms: Date.now() }));
  expect((await fetchRaw(etag)).status).toBe(200);
});

test("F019.A6 long answers are compressed, short ones, streams and refusals are as they are", async () => {
  const gzip = { "accept-encoding": "gzip" };
  const long = await wire("/openapi.json", gzip);
  expect(long.headers["content-encoding"]).toBe("gzip");
  const days = "/api/costs?start_time=2026-01-01&end_time=2026-03-01";
  const small = await wire(days, { "accept-encoding": "gzip, deflate, br" });
  expect(small.headers["content-encoding"]).toBe("br");
  expect(JSON.parse(brotliDecompressSync(small.body).toString()).data).toEqual(
    JSON.parse((await wire(days, {})).body.toString()).data,
  );
  expect(JSON.parse(gunzipSync(long.body).toString())).toHaveProperty("openapi");
  expect((await wire("/metrics", gzip)).headers["content-encoding"]).toBe("gzip");
  expect((await wire("/healthz", gzip)).headers["content-encoding"]).toBeUndefined();
  expect((await wire("/api/sessions?limit=x", gzip)).headers["content-encoding"]).toBeUndefined();
  const stream = await viewer.get("/events", { headers: { "Accept-Encoding": "gzip" } });
  expect(stream.headers.get("content-encoding")).toBeNull();
  const read = await stream.body!.getReader().read();
  expect(new TextDecoder().decode(read.value)).toContain("event: heartbeat");
  await stream.body?.cancel().catch(() => {});
});

test("F019.A7 an answer that takes longer than a connection may be quiet arrives", async () => {
  const slow = { installed: "none", events: 0, measured_unix_ms: 1, runs: 0, failed_runs: 0 } as const;
  const hooks = async () => {
    // Bun checks its connections every four seconds.
    await Bun.sleep(9000);
    return { ...slow, p50_ms: null, p99_ms: null, max_ms: null };
  };
  const unused = () => {
    throw new Error("not asked for");
  };
  await using quiet = await startViewer({
    idleTimeout: 1,
    health: { hooks, hookDelay: unused, storage: unused, settings: unused },
  });
  const answer = await quiet.get("/api/health/hooks");
  expect([answer.status, ((await answer.json()) as { data: object }).data]).toMatchObject([200, slow]);
}, 60_000);
