import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { answerSchema, contentsOf, listRoutes, type Route } from "../../schema/api.ts";
import { ProblemDocument } from "../../schema/envelope.ts";
import { seedPlan } from "./plan-rows.ts";
import { startViewer, TOKEN, type Viewer } from "./rig.ts";

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
  seedPlan(viewer.db);
});
afterAll(() => viewer[Symbol.asyncDispose]());

const IDS: Record<string, string> = { "/api/requests/:id": "codex:resp_1" };
const QUERIES: Record<string, string> = { "/api/search": "?q=fix" };
const pathOf = (route: Route) =>
  route.path.replace(":id", IDS[route.path] ?? "claude:abc-1").replace(":name", "plan-1") +
  (QUERIES[route.path] ?? "");

async function call(route: Route): Promise<Response> {
  const headers: Record<string, string> = {};
  if (route.needs_token) headers.Authorization = `Bearer ${TOKEN}`;
  return viewer.get(pathOf(route), { method: route.method, headers });
}

const OF_THE_LIBRARY = /expected|received|Too (small|big)|Invalid/;
test("F026 a refused parameter is explained in plain words", async () => {
  const refused = {
    "/api/sessions?limit=0": ["limit", "1"],
    "/api/sessions?limit=1001": ["limit", "1000"],
    "/api/sessions?bogus=1": ["bogus"],
    "/api/costs?period=year": ["period", '"month"', '"year"'],
    "/api/search": ["q"],
    "/api/search?q=": ["q", "1"],
  };
  for (const [path, parts] of Object.entries(refused)) {
    const { detail } = ProblemDocument.parse(await (await viewer.get(path)).json());
    for (const part of parts) expect(detail).toContain(part);
    expect(detail).not.toMatch(OF_THE_LIBRARY);
  }
  const headers = { "Content-Type": "application/json" };
  for (const body of ["[1]", "5", "null", '{"format":"xml"}', '{"format":5}', '{"source":["claude"]}']) {
    const response = await viewer.get("/api/metrics/export", { method: "POST", headers, body });
    expect([body, response.status]).toEqual([body, 400]);
    expect(ProblemDocument.parse(await response.json()).detail).not.toMatch(OF_THE_LIBRARY);
  }
});

describe("F026.A1 every documented route answers as its schema", () => {
  for (const route of listRoutes())
    test(route.key, async () => {
      const response = await call(route);
      expect(response.status).toBe(200);
      const [type] = Object.keys(contentsOf(route)) as [string];
      expect(response.headers.get("content-type")).toStartWith(type);
      if (type === "text/event-stream") return void (await response.body?.cancel());
      const text = await response.text();
      const schema = answerSchema(route);
      if (!schema) return expect(text).not.toBe("");
      const value: unknown = JSON.parse(text);
      // Parsing keeps only what the schema knows, so an undocumented field is a difference.
      expect(schema.parse(value) as unknown).toEqual(value);
    });
});

test("F019.A3 /openapi.json describes every route and nothing else", async () => {
  const spec = (await (await viewer.get("/openapi.json")).json()) as {
    openapi: string;
    paths: Record<string, Record<string, unknown>>;
  };
  const described = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((m) => `${m} ${path}`),
  );
  expect(described.sort()).toEqual(
    listRoutes()
      .map((r) => `${r.method.toLowerCase()} ${r.path.replace(/:(\w+)/g, "{$1}")}`)
      .sort(),
  );
  expect(spec.openapi).toBe("3.1.0");
});

test("F026 the app serves no route that the contract does not name", () => {
  const known = new Set<string>(listRoutes().map((r) => r.key));
  const served = viewer.app.routes
    .filter((r) => r.method !== "ALL" && r.path !== "/*")
    .map((r) => `${r.method} ${r.path}`);
  expect(served.filter((r) => !known.has(r))).toEqual([]);
  expect(new Set(served).size).toBe(known.size);
});

test("F019 another method than a route's is refused with the ones that it has", async () => {
  const others = { GET: "DELETE", POST: "PUT" } as const;
  for (const { method, path } of listRoutes()) {
    const filled = path.replace(/:\w+/g, "some");
    const methods = listRoutes().filter((r) => r.path === path);
    const response = await viewer.get(filled, { method: others[method] });
    expect([path, response.status, response.headers.get("allow")]).toEqual([
      path,
      405,
      methods.map((r) => r.method).join(", "),
    ]);
    expect(ProblemDocument.parse(await response.json()).code).toBe("method_not_allowed");
  }
  expect((await viewer.get("/api/metrics/export")).headers.get("allow")).toBe("POST");
  expect((await viewer.get("/api/status", { method: "HEAD" })).status).toBe(200);
  expect((await viewer.get("/api/status", { method: "OPTIONS" })).status).toBe(404);
});

test("F019.A2 a path that is not there is a problem document, never a page", async () => {
  for (const path of ["/api/nothing", "/api/sessions/nope", "/api/requests/999999", "/nothing", "/api"]) {
    const response = await viewer.get(path);
    expect([path, response.status]).toEqual([path, 404]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const value: unknown = await response.json();
    expect(ProblemDocument.parse(value) as unknown).toEqual(value);
  }
});

describe("F019.A1 a bad parameter is a 400 that names it", () => {
  const bad: [string, string][] = [
    ["/api/metrics?limit=0", "limit"],
    ["/api/metrics?limit=1001", "limit"],
    ["/api/metrics?limit=-1", "limit"],
    ["/api/metrics?limit=1e309", "limit"],
    ["/api/metrics?limit=NaN", "limit"],
    ["/api/metrics?limit=1&limit=2", "limit"],
    ["/api/metrics?event_type=nope", "event_type"],
    ["/api/metrics?sesion_id=x", "sesion_id"],
    ["/api/metrics?start_time=yesterday", "start_time"],
    ["/api/metrics?start_time=2026-02-31", "start_time"],
    ["/api/metrics?start_time=2026-11-02&end_time=2026-10-31", "end_time"],
    ["/api/metrics?cursor=abc", "cursor"],
    ["/api/metrics?source=gemini", "source"],
    ["/api/aggregations?period=year", "period"],
    ["/api/aggregations?time_zone=Mars/Base", "time_zone"],
    ["/api/aggregations?metric=cost&group_by=event_type", "group_by"],
    ["/api/aggregations?period=hour&start_time=2001-01-01", "start_time"],
    ["/api/sessions?state=gone", "state"],
    ["/api/requests?unpriced=maybe", "unpriced"],
    ["/api/dashboard/stats?period=1y", "period"],
    ["/events?last_event_id=abc", "last_event_id"],
  ];
  for (const [path, name] of bad)
    test(path, async () => {
      const response = await viewer.get(path);
      expect(response.status).toBe(400);
      const { detail, code } = ProblemDocument.parse(await response.json());
      expect(code).toBe("bad_request");
      expect(detail).toContain(name);
    });
});
