import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { callRoute, type DaemonFile, openRoute } from "../../cli/daemon-client.ts";
import type { LocalApp } from "../../cli/local-app.ts";
import { type Address, addressOf, type RoutePath } from "../../schema/api-address.ts";
import type { ExactReplies, Reply } from "../../schema/api-types.ts";
import type { Handlers, registerRoutes } from "../../viewer/handlers.ts";
import { callRoute as callPage, load as loadPage } from "../../viewer/ui/request.ts";
import { resource } from "../../viewer/ui/resource.ts";
import { useResource } from "../../viewer/ui/use-resource.ts";
import { parseAnswer } from "../world-app.ts";
import { startViewer, type Viewer } from "./rig.ts";

/**
 * Each planted fault is an error of the compiler, which `@ts-expect-error` demands, and is refused at run time, too:
 * a client that is not compiled with the contract gets the same answer.
 */
let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
});
afterAll(() => viewer[Symbol.asyncDispose]());

const statusOf = async ({ path, method }: Pick<Address, "method"> & { path: string }) =>
  (await viewer.get(path, { method })).status;

describe("F026.A3 what a client asks is checked by the compiler", () => {
  test("F026 a route that is not there", async () => {
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits/nowhere"))).toBe(404);
    // @ts-expect-error
    expect(await statusOf(addressOf("POST /api/limits"))).toBe(405);
  });

  test("F026 a parameter that the route does not have, or with a value that it does not take", async () => {
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query: { acount: "main" } }))).toBe(400);
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query: { source: "unknown" } }))).toBe(400);
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/costs", { query: { period: "year" } }))).toBe(400);
    // @ts-expect-error
    expect(addressOf("GET /api/alerts", { query: { limit: 1 } }).path).toContain("limit");
  });

  test("F026 a misspelt name in a variable, of the page's and of the commands' calls", async () => {
    const query = { acount: "main", source: "claude" } as const;
    const params = { id: "claude:abc-1", key: "a" };
    const of = Math.random() < 2 ? query : { account: "main" };
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query }))).toBe(400);
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query: { ...query } }))).toBe(400);
    // @ts-expect-error one member of a union
    expect(await statusOf(addressOf("GET /api/limits", { query: of }))).toBe(400);
    const whole = { query };
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", whole))).toBe(400);
    // @ts-expect-error a parameter of a path
    expect(addressOf("GET /api/sessions/:id", { params }).path).toBe("/api/sessions/claude%3Aabc-1");
    const parts = { params: { id: "claude:abc-1" }, qurey: { limit: 1 } };
    // @ts-expect-error a part that no route has
    expect(addressOf("GET /api/sessions/:id/timeline", parts).path).not.toContain("limit");
    const body = { sorces: ["claude" as const] };
    // @ts-expect-error a field of a body
    expect(addressOf("POST /api/system/reindex", { body }).method).toBe("POST");
  });

  test("F026 every form of a call refuses it", () => {
    const query = { acount: "main", source: "claude" } as const;
    const calls = (daemon: DaemonFile, app: LocalApp) => [
      // @ts-expect-error
      callPage("GET /api/limits", { query }),
      // @ts-expect-error
      resource("GET /api/limits", { query }),
      // @ts-expect-error
      useResource("GET /api/limits", { query }),
      // @ts-expect-error
      callRoute(daemon, "GET /api/limits", { query }),
      // @ts-expect-error
      openRoute(daemon, "GET /api/limits", { query }),
      // @ts-expect-error
      app.call("GET /api/limits", { query }),
    ];
    expect(calls).toBeFunction();
  });

  test("F026 an address that the table did not make", () => {
    const spelled = { method: "GET" as const, path: "/api/nowhere" };
    // @ts-expect-error
    const address: Address = spelled;
    // @ts-expect-error
    const load = () => loadPage("/api/nowhere?bad=1");
    const made: RoutePath = addressOf("GET /api/limits").path;
    expect(load).toBeFunction();
    expect<string[]>([address.path, made]).toEqual(["/api/nowhere", "/api/limits"]);
  });

  test("F026 a path with a missing parameter", () => {
    // @ts-expect-error
    expect(addressOf("GET /api/sessions/:id").path).toContain("undefined");
    // @ts-expect-error
    expect(addressOf("GET /api/sessions/:id", { params: { key: "a" } }).path).toContain("undefined");
  });

  test("F026 what is right compiles, and lands in its place", () => {
    const params = { id: "claude:a/b" };
    const query = { cursor: "", limit: 5, agent_id: undefined };
    expect(addressOf("GET /api/sessions/:id/timeline", { params, query })).toEqual({
      method: "GET",
      path: "/api/sessions/claude%3Aa%2Fb/timeline?limit=5" as RoutePath,
    });
    expect(addressOf("POST /shutdown")).toEqual({ method: "POST", path: "/shutdown" as RoutePath });
  });
});

describe("F026.A4 what a handler answers is checked by the compiler", () => {
  const envelope = {
    schema_version: 1,
    generated_at: "2026-11-27T00:00:00Z",
    time_zone: "UTC",
    price_book: { id: "a", checked_on: null },
  };

  test("F026 an answer that is not the route's", () => {
    // @ts-expect-error
    const limits: Reply<"GET /api/limits"> = { nonsense: 1 };
    expect(() => parseAnswer("GET /api/limits", { ...envelope, ...limits })).toThrow();
    // @ts-expect-error
    const health: Reply<"GET /healthz"> = { data: { state: "well", version: "1" } };
    expect(() => parseAnswer("GET /healthz", { ...envelope, ...health })).toThrow();
  });

  test("F026 a field that the route does not declare, written in place or in a variable, however deep", () => {
    const declared = { "GET /healthz": () => ({ data: { state: "live" as const, version: "1" } }) };
    const inPlace = {
      "GET /healthz": () => ({ data: { state: "live" as const, version: "1", secret: 1 } }),
    };
    const data = { state: "live" as const, version: "1", secret: 1 };
    const held = { "GET /healthz": () => ({ data }) };
    const later = { "GET /healthz": () => Promise.resolve({ data }) };
    const page = {
      "GET /api/metrics": (): { data: never[]; next_cursor: null; count: number } => ({
        data: [],
        next_cursor: null,
        count: 0,
      }),
    };
    const deep = (of: Awaited<Reply<"GET /api/sessions">>) => ({
      "GET /api/sessions": () => ({ ...of, data: of.data.map((session) => ({ ...session, path: "/home" })) }),
    });
    const exact = <Given extends object>(of: Given & ExactReplies<Given>): Given => of;
    exact(declared);
    // @ts-expect-error
    exact(inPlace);
    // @ts-expect-error
    exact(held);
    // @ts-expect-error
    exact(later);
    // @ts-expect-error
    exact(page);
    // @ts-expect-error
    exact(deep({ data: [], next_cursor: null }));
    const register = (app: Parameters<typeof registerRoutes>[0], of: Handlers & typeof held) =>
      // @ts-expect-error
      registerRoutes(app, viewer.deps, of);
    expect(register).toBeFunction();
  });

  test("F026 content of another type, or text that the writer of the type did not make", () => {
    // @ts-expect-error
    const response: Reply<"GET /metrics"> = new Response('{"nonsense":1}');
    const text = { content_type: "text/plain" as const, body: '{"nonsense":1}' };
    // @ts-expect-error
    const metrics: Reply<"GET /metrics"> = text;
    // @ts-expect-error
    const events: Reply<"GET /events"> = { content_type: "text/plain", body: null };
    // @ts-expect-error
    const exported: Reply<"POST /v1/logs"> = { content_type: "application/json", body: { nonsense: 1 } };
    // @ts-expect-error
    const contract: Reply<"GET /openapi.json"> = { nonsense: 1 };
    expect([response, metrics, events, exported, contract].every(Boolean)).toBe(true);
  });

  test("F026 a page without the way to the next one", () => {
    // @ts-expect-error
    const page: Reply<"GET /api/metrics"> = { data: [] };
    expect(() => parseAnswer("GET /api/metrics", { ...envelope, ...page })).toThrow();
  });

  test("F026 a handler for a route that is not in the contract, and a route without a handler", async () => {
    const own = {
      "GET /healthz": () => ({ data: { state: "live" as const, version: "1" } }),
      "GET /api/limits/nowhere": () => ({ data: {} }),
    };
    // @ts-expect-error
    const handlers: Handlers = own;
    expect(Object.keys(handlers)).toEqual(Object.keys(own));
    expect(await statusOf({ method: "GET", path: "/api/limits/nowhere" })).toBe(404);
  });
});
