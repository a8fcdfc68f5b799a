import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { listRoutes } from "../../schema/api.ts";
import { startViewer, TOKEN, type Viewer } from "./rig.ts";

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
});
afterAll(() => viewer[Symbol.asyncDispose]());

/** Bytes as they are, so that nothing is added or normalised on the way. */
async function raw(lines: string[], body = ""): Promise<{ status: number; text: string }> {
  const done = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: viewer.port,
    socket: {
      data(_, bytes) {
        text += bytes.toString();
      },
      close: () => done.resolve(text),
      error: () => done.resolve(text),
    },
  });
  socket.write(`${[...lines, "Connection: close", "", ""].join("\r\n")}${body}`);
  const timer = setTimeout(() => socket.end(), 1500);
  const answer = await done.promise;
  clearTimeout(timer);
  return { status: Number(answer.split(" ")[1] ?? 0), text: answer };
}

const PATHS = [
  "/",
  "/api/sessions",
  "/api/status",
  "/events",
  "/metrics",
  "/v1/logs",
  "/nothing",
  "/openapi.json",
];

describe("F017.A1 T1 a Host that does not name this viewer is refused on every path", () => {
  const hosts = (p: number) => [
    "evil.test",
    `evil.test:${p}`,
    `localhost.evil.test:${p}`,
    "localhost",
    `localhost.:${p}`,
    `0.0.0.0:${p}`,
    `127.0.0.1.nip.io:${p}`,
    `192.168.1.10:${p}`,
    `localhost:${p + 1}`,
    `[::1]`,
    `::1:${p}`,
    `localhost:${p}@evil.test`,
    "",
  ];
  for (const path of PATHS)
    test(path, async () => {
      for (const host of hosts(viewer.port)) {
        const { status, text } = await raw([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
        expect([host, [400, 403].includes(status)]).toEqual([host, true]);
        expect(text).not.toContain("abc-1");
      }
    });
  test("F017 our own names pass, in any case", async () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"]) {
      const { status, text } = await raw(["GET /api/sessions HTTP/1.1", `Host: ${host}:${viewer.port}`]);
      expect([host, status]).toEqual([host, 200]);
      expect(text).toContain("abc-1");
    }
  });
  test("T1 a second Host header is no way around", async () => {
    for (const hosts of [
      ["evil.test", "ok"],
      ["ok", "evil.test"],
    ]) {
      const lines = hosts.map((h) => `Host: ${h === "ok" ? `localhost:${viewer.port}` : h}`);
      const { status, text } = await raw(["GET /api/sessions HTTP/1.1", ...lines]);
      expect([hosts, status === 200 && hosts[0] !== "ok"]).toEqual([hosts, false]);
      if (hosts[0] !== "ok") expect(text).not.toContain("abc-1");
    }
  });
});

test("T1 a target with an authority of its own opens no more than its path, and a tunnel is refused", async () => {
  const own = `Host: localhost:${viewer.port}`;
  for (const scheme of ["http", "HTTP", "https"]) {
    const foreign = `GET ${scheme}://evil.test/api/sessions HTTP/1.1`;
    // As every client and proxy sends it: the Host names what the target names.
    expect((await raw([foreign, "Host: evil.test"])).status).toBe(403);
    expect(
      (await raw([`GET ${scheme}://localhost:${viewer.port}/api/sessions HTTP/1.1`, "Host: evil.test"]))
        .status,
    ).toBe(403);
    // Bun leaves the authority out of what a handler sees; the Host decides then, and so does the origin.
    const { status, text } = await raw([foreign, own, "Origin: http://evil.test"]);
    expect([status, text.includes("abc-1")]).toEqual([403, false]);
  }
  for (const target of ["evil.test:443", `localhost:${viewer.port}`]) {
    const { status, text } = await raw([`CONNECT ${target} HTTP/1.1`, own]);
    expect([target, status >= 400 && status < 500]).toEqual([target, true]);
    expect(text).not.toContain("abc-1");
  }
});

describe("F017.A2 T2 another origin gets nothing and is never allowed", () => {
  const origins = (p: number) => [
    "http://evil.test",
    "null",
    "http://localhost:5173",
    `http://127.0.0.1:${p + 1}`,
    `http://localhost:${p}.evil.test`,
    `https://localhost:${p}`,
    `http://127.0.0.1:${p}`,
  ];
  for (const path of PATHS)
    test(path, async () => {
      for (const origin of origins(viewer.port)) {
        const response = await viewer.get(path, { headers: { Origin: origin } });
        expect([origin, response.status]).toEqual([origin, 403]);
        expect([...response.headers.keys()].filter((k) => k.startsWith("access-control"))).toEqual([]);
        expect(await response.text()).not.toContain("abc-1");
      }
    });
  test("T2 A08 no answer of any route has an Access-Control header", async () => {
    for (const route of listRoutes()) {
      const response = await viewer.get(route.path.replace(":id", "abc-1"), {
        method: route.method,
        headers: { Origin: viewer.url },
      });
      expect([...response.headers.keys()].filter((k) => k.startsWith("access-control"))).toEqual([]);
      expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      await response.body?.cancel();
    }
  });
});

describe("T3 writes need JSON of our own page", () => {
  const post = (headers: Record<string, string>, body?: BodyInit) =>
    viewer.get("/api/system/reindex", { method: "POST", headers, ...(body !== undefined && { body }) });
  test("F017.A3 T3 A08 what a form can send is 415", async () => {
    const types = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "text/json",
    ];
    for (const type of types)
      expect([type, (await post({ "Content-Type": type }, "{}")).status]).toEqual([type, 415]);
    expect((await post({}, new Blob(["{}"]))).status).toBe(415);
    const { status } = await raw(
      [`POST /api/system/reindex HTTP/1.1`, `Host: localhost:${viewer.port}`, "Content-Length: 2"],
      "{}",
    );
    expect(status).toBe(415);
  });
  test("T3 JSON of another site is 403", async () => {
    const json = { "Content-Type": "application/json" };
    const count = viewer.calls.reindex.length;
    for (const site of ["cross-site", "same-site", "none"])
      expect((await post({ ...json, "Sec-Fetch-Site": site }, "{}")).status).toBe(403);
    expect((await post({ ...json, Origin: "http://evil.test" }, "{}")).status).toBe(403);
    expect(viewer.calls.reindex.length).toBe(count);
    expect((await post({ ...json, Origin: viewer.url, "Sec-Fetch-Site": "same-origin" }, "{}")).status).toBe(
      200,
    );
  });
  test("T3 T4 a preflight is never answered", async () => {
    const headers = {
      Origin: "http://evil.test",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Private-Network": "true",
    };
    const response = await viewer.get("/api/system/reindex", { method: "OPTIONS", headers });
    expect(response.status).toBe(403);
    expect([...response.headers.keys()].filter((k) => k.startsWith("access-control"))).toEqual([]);
    expect((await viewer.get("/api/system/reindex", { method: "OPTIONS" })).status).toBe(404);
  });
});

test("T5 streams are behind the same guard, and nothing is upgraded", async () => {
  for (const path of ["/events", "/events/metrics", "/events/plans", "/events/limits"]) {
    expect((await viewer.get(path, { headers: { Origin: "http://evil.test" } })).status).toBe(403);
    expect((await viewer.get(path, { headers: { "Sec-Fetch-Site": "cross-site" } })).status).toBe(403);
  }
  const upgrade = [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
  ];
  for (const path of ["/", "/events"]) {
    const { status } = await raw([`GET ${path} HTTP/1.1`, `Host: localhost:${viewer.port}`, ...upgrade]);
    expect([400, 404, 426]).toContain(status);
  }
});

test("F017.A6 what is typed into the address bar or opened by another program is answered on every path", async () => {
  const typed = { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  for (const { path } of listRoutes().filter((r) => r.method === "GET")) {
    const plain = await viewer.get(path.replace(":id", "abc-1"));
    for (const verb of ["GET", "HEAD"]) {
      const response = await viewer.get(path.replace(":id", "abc-1"), { method: verb, headers: typed });
      expect([verb, path, response.status]).toEqual([verb, path, plain.status]);
      await response.body?.cancel();
    }
    await plain.body?.cancel();
  }
  for (const path of ["/api/system/reindex", "/shutdown"])
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect((await viewer.get(path, { method, headers: typed })).status).toBe(403);
});

test("T3 only the page itself may be opened from a link elsewhere", async () => {
  const link = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  expect((await viewer.get("/", { headers: link })).status).toBe(200);
  expect((await viewer.get("/", { headers: { ...link, "Sec-Fetch-Site": "none" } })).status).toBe(200);
  expect((await viewer.get("/api/sessions", { headers: link })).status).toBe(403);
  expect((await viewer.get("/", { headers: { ...link, "Sec-Fetch-Dest": "iframe" } })).status).toBe(403);
  expect((await viewer.get("/", { headers: { ...link, "Sec-Fetch-Mode": "no-cors" } })).status).toBe(403);
});

test("F017.A4 T6 T27 odd paths are 400 or 404, never 500, never a redirect", async () => {
  const tails = [
    "/../x",
    "/%2e%2e/",
    "/..%2f",
    "/%2e%2e%2f",
    "//etc/passwd",
    "/admin//a.txt",
    "/%5c..",
    "/%00",
    "/api/%00",
    "/api/sessions/%00",
    "/api/sessions/a%00b",
    "/api/sessions/..%2f..%2fetc%2fpasswd",
    "/api/sessions/....//",
    "/api/sessions/%c0%ae%c0%ae",
    "/%2e%2e%5c",
    "/\\\\",
    "/file:///etc/passwd",
    "/api/requests/%00",
    "/api/requests/%ff",
    "/%",
    "/%zz",
    "/api/sessions/%",
    "//evil.test",
    "/\\evil.test/",
    "/%0d%0aSet-Cookie:x",
    `/${"a".repeat(8000)}`,
    "/api/sessions/abc-1/../../status%00",
    "/.env",
    "/api/sessions/%2e%2e",
    "/static/..;/x",
    "/?raw??",
    "/api/sessions/abc-1/timeline/..",
  ];
  // The server resolves dot segments before anything sees the path, so these are plain paths of ours.
  const resolved = [
    "/%2e%2e/",
    "/%2e%2e%2f",
    "/?raw??",
    "/api/sessions/%2e%2e",
    "/api/sessions/abc-1/timeline/..",
  ];
  for (const tail of tails) {
    const { status, text } = await raw([`GET ${tail} HTTP/1.1`, `Host: localhost:${viewer.port}`]);
    if (status === 200) expect(resolved).toContain(tail);
    else expect([tail, [400, 403, 404, 414, 431].includes(status)]).toEqual([tail, true]);
    expect([tail, status >= 500 || (status >= 300 && status < 400)]).toEqual([tail, false]);
    expect(text.toLowerCase()).not.toContain("\r\nlocation:");
    expect(text).not.toContain("root:");
  }
});

test("T7 T28 the page runs only its own files and in no frame", async () => {
  const { headers } = await viewer.get("/");
  expect(headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(headers.get("x-frame-options")).toBe("DENY");
  for (const path of ["/", "/api/status", "/nothing", "/events?limit=1"]) {
    const answer = await viewer.get(path);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    if (path !== "/") expect(answer.headers.get("cache-control")).toBe("no-store");
  }
});

test("F017.A5 T12 only the whole token stops the daemon, and no token at all opens nothing", async () => {
  const shutdown = (authorization?: string, from = viewer) =>
    from.get("/shutdown", {
      method: "POST",
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });
  for (const header of [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    "Bearer é",
    "Basic abc",
  ])
    expect([header, (await shutdown(header)).status]).toEqual([header, 401]);
  await using open = await startViewer({ token: "" });
  expect((await shutdown("Bearer ", open)).status).toBe(401);
  expect(open.calls.shutdown).toBe(0);
  expect((await shutdown(`Bearer ${TOKEN}`)).status).toBe(200);
});

test("T14 a body above the limit is 413", async () => {
  const headers = { "Content-Type": "application/json" };
  const response = await viewer.get("/api/system/reindex", {
    method: "POST",
    headers,
    body: `{"x":"${"a".repeat(1_200_000)}"}`,
  });
  expect(response.status).toBe(413);
  const deep = "[".repeat(100_000);
  expect((await viewer.get("/api/system/reindex", { method: "POST", headers, body: deep })).status).toBe(400);
});

test("T17 a hostile key reaches no prototype", async () => {
  for (const query of ["__proto__[a]=1", "__proto__=1", "constructor.prototype=1", "constructor=1"])
    expect((await viewer.get(`/api/metrics?${query}`)).status).toBe(400);
  const headers = { "Content-Type": "application/json" };
  for (const body of ['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}'])
    expect([200, 400]).toContain(
      (await viewer.get("/api/system/reindex", { method: "POST", headers, body })).status,
    );
  expect(({} as { a?: number }).a).toBeUndefined();
});

test("B-07 reindex takes nothing, one source, and refuses what it does not know", async () => {
  const headers = { "Content-Type": "application/json" };
  const post = (body?: string) =>
    viewer.get("/api/system/reindex", { method: "POST", ...(body !== undefined && { headers, body }) });
  const before = viewer.calls.reindex.length;
  expect((await post()).status).toBe(200);
  expect((await post("{}")).status).toBe(200);
  expect((await post('{"sources":["codex"]}')).status).toBe(200);
  expect(viewer.calls.reindex.slice(before)).toEqual([
    ["claude", "codex", "plan"],
    ["claude", "codex", "plan"],
    ["codex"],
  ]);
  for (const body of ['{"sources":["x"]}', '{"sources":[]}', "{bad", "[]", "null", '{"source":"codex"}'])
    expect([body, (await post(body)).status]).toEqual([body, 400]);
  expect(viewer.calls.reindex.length).toBe(before + 3);
});

test("F017 the status over HTTP does not show where the data lies", async () => {
  expect(await (await viewer.get("/api/status")).text()).not.toContain("/secret/place");
});
