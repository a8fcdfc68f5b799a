import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { addressOf } from "../../schema/api-address.ts";
import type { Reply } from "../../schema/api-types.ts";
import type { Handlers } from "../../viewer/handlers.ts";
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

const statusOf = async ({ path, method }: { path: string; method: string }) =>
  (await viewer.get(path, { method })).status;

describe("F026.A3 what a client asks is checked by the compiler", () => {
  test("a route that is not there", async () => {
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits/nowhere"))).toBe(404);
    // @ts-expect-error
    expect(await statusOf(addressOf("POST /api/limits"))).toBe(404);
  });

  test("a parameter that the route does not have, or with a value that it does not take", async () => {
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query: { acount: "main" } }))).toBe(400);
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/limits", { query: { source: "unknown" } }))).toBe(400);
    // @ts-expect-error
    expect(await statusOf(addressOf("GET /api/costs", { query: { period: "year" } }))).toBe(400);
    // @ts-expect-error
    expect(addressOf("GET /api/alerts", { query: { limit: 1 } }).path).toContain("limit");
  });

  test("a path with a missing parameter", () => {
    // @ts-expect-error
    expect(addressOf("GET /api/sessions/:id").path).toContain("undefined");
    // @ts-expect-error
    expect(addressOf("GET /api/sessions/:id", { params: { key: "a" } }).path).toContain("undefined");
  });

  test("what is right compiles, and lands in its place", () => {
    const params = { id: "claude:a/b" };
    const query = { cursor: "", limit: 5, agent_id: undefined };
    expect(addressOf("GET /api/sessions/:id/timeline", { params, query })).toEqual({
      method: "GET",
      path: "/api/sessions/claude%3Aa%2Fb/timeline?limit=5",
    });
    expect(addressOf("POST /shutdown")).toEqual({ method: "POST", path: "/shutdown" });
  });
});

describe("F026.A4 what a handler answers is checked by the compiler", () => {
  const envelope = {
    schema_version: 1,
    generated_at: "2026-11-27T00:00:00Z",
    time_zone: "UTC",
    price_book: { id: "a", checked_on: null },
  };

  test("an answer that is not the route's", () => {
    // @ts-expect-error
    const limits: Reply<"GET /api/limits"> = { nonsense: 1 };
    expect(() => parseAnswer("GET /api/limits", { ...envelope, ...limits })).toThrow();
    // @ts-expect-error
    const health: Reply<"GET /healthz"> = { data: { state: "well", version: "1" } };
    expect(() => parseAnswer("GET /healthz", { ...envelope, ...health })).toThrow();
  });

  test("a page without the way to the next one", () => {
    // @ts-expect-error
    const page: Reply<"GET /api/metrics"> = { data: [] };
    expect(() => parseAnswer("GET /api/metrics", { ...envelope, ...page })).toThrow();
  });

  test("a handler for a route that is not in the contract, and a route without a handler", async () => {
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
