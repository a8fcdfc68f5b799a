import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { contentsOf, listRoutes, type Route } from "../../schema/api.ts";
import type { OpenApiDocument } from "../../schema/api-own.ts";
import { openApi } from "../../schema/openapi.ts";
import { toProtobuf } from "../collector/otlp/encode.ts";
import { seedPlan } from "./plan-rows.ts";
import { startViewer, TOKEN, type Viewer } from "./rig.ts";

/** What a client that knows the printed document alone finds true of a real server: it is read as JSON, never the code. */
type Parameter = { name: string; in: "path" | "query"; required: boolean; schema: object };
type Content = Record<string, { schema: object }>;
type Operation = {
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  security?: unknown;
  responses: { 200: { content: Content }; default: { content: Content } };
};

let viewer: Viewer;
let document: OpenApiDocument;
beforeAll(async () => {
  viewer = await startViewer();
  seedPlan(viewer.db);
  document = (await (await viewer.get("/openapi.json")).json()) as OpenApiDocument;
});
afterAll(() => viewer[Symbol.asyncDispose]());

const pathOf = (route: Route) => route.path.replace(/:(\w+)/g, "{$1}");
const operationOf = (of: OpenApiDocument, route: Route) =>
  of.paths[pathOf(route)]![route.method.toLowerCase()] as Operation;

/** Why a value is none of the document's; empty = it is one. Local names lead into the document. */
function faults(of: OpenApiDocument, schema: object, value: unknown): unknown[] {
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  ajv.addSchema({ $id: "doc", components: of.components });
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"doc#/components/');
  const validate = ajv.compile(JSON.parse(text) as object);
  return validate(value) ? [] : (validate.errors ?? []);
}

const VALUES: Record<string, string> = {
  "GET /api/requests/:id id": "codex:resp_1",
  id: "claude:abc-1",
  name: "plan-1",
  q: "fix",
};
const exampleOf = (route: Route, { name }: Parameter) => VALUES[`${route.key} ${name}`] ?? VALUES[name]!;

/** With what the document requires, and nothing else. */
function addressOfRequired(route: Route, parameters: Parameter[]): string {
  const path = pathOf(route).replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((p) => p.name === name && p.in === "path");
    return encodeURIComponent(exampleOf(route, parameter!));
  });
  const query = parameters.filter((p) => p.in === "query" && p.required);
  const search = new URLSearchParams(query.map((p) => [p.name, exampleOf(route, p)]));
  return search.size > 0 ? `${path}?${search}` : path;
}

const RECORDED = join(import.meta.dir, "../fixtures/otlp/codex");
const EXPORTS = { logs: "exec.logs.full", metrics: "exec.metrics.trimmed", traces: "exec.traces.trimmed" };
/** A body of each type that a route takes, and which type is answered. */
function bodiesOf(route: Route): { type: string; body: string | Uint8Array; answer: string }[] {
  if (route.otlp) {
    const json = readFileSync(join(RECORDED, `${EXPORTS[route.otlp]}.json`), "utf8");
    const packed = new Uint8Array(toProtobuf(route.otlp, JSON.parse(json)));
    return [
      { type: "application/json", body: json, answer: "application/json" },
      { type: "application/x-protobuf", body: packed, answer: "application/x-protobuf" },
    ];
  }
  const type = "application/json";
  if (route.key === "POST /api/metrics/export")
    return [
      { type, body: '{"format":"csv"}', answer: "text/csv" },
      { type, body: "{}", answer: "application/x-ndjson" },
    ];
  return [{ type, body: "{}", answer: type }];
}

const send = (route: Route, path: string, body?: string | Uint8Array, type?: string, hasToken = true) =>
  viewer.get(path, {
    method: route.method,
    headers: {
      ...(type !== undefined && { "Content-Type": type }),
      ...(hasToken && route.needs_token && { Authorization: `Bearer ${TOKEN}` }),
    },
    ...(body !== undefined && { body: body as BodyInit }),
  });

/** What is in an answer, piece by piece, as the document describes it. */
async function valuesOf(response: Response, type: string): Promise<unknown[]> {
  if (type === "text/event-stream") {
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return [...new TextDecoder().decode(value).matchAll(/^data: (.*)$/gm)].map((m) => JSON.parse(m[1]!));
  }
  const text = await response.text();
  if (type === "application/json") return [JSON.parse(text)];
  if (type === "application/x-ndjson")
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  return [text];
}

describe("F026.A5 a real server answers and takes what the printed OpenAPI document describes", () => {
  for (const route of listRoutes())
    test(route.key, async () => {
      const { parameters, requestBody, responses } = operationOf(document, route);
      const path = addressOfRequired(route, parameters);
      const requests = requestBody ? bodiesOf(route) : [{ type: undefined, body: undefined, answer: null }];
      const answered = new Set<string>();
      for (const { type, body, answer } of requests) {
        const response = await send(route, path, body, type);
        expect([path, response.status]).toEqual([path, 200]);
        const given = response.headers.get("content-type")!.split(";")[0]!;
        if (answer !== null) expect(given).toBe(answer);
        answered.add(given);
        const { schema } = responses[200].content[given]!;
        for (const value of await valuesOf(response, given))
          expect(faults(document, schema, value)).toEqual([]);
      }
      // No type is printed that is never answered, nor one that is not taken.
      expect([...answered].sort()).toEqual(Object.keys(responses[200].content).sort());
      const taken = new Set(requests.flatMap(({ type }) => type ?? []));
      expect([...taken].sort()).toEqual(Object.keys(requestBody?.content ?? {}).sort());
    });

  for (const route of listRoutes())
    test(`F026 ${route.key}: what is required, what is not, and what is no parameter`, async () => {
      const { parameters, requestBody, responses, security } = operationOf(document, route);
      const path = addressOfRequired(route, parameters);
      const [body] = requestBody ? bodiesOf(route) : [];
      const refused = async (address: string, status: number, hasToken = true) => {
        const response = await send(route, address, body?.body, body?.type, hasToken);
        expect([address, response.status]).toEqual([address, status]);
        const { schema } = responses.default.content["application/problem+json"]!;
        expect(faults(document, schema, await response.json())).toEqual([]);
      };
      for (const { name } of parameters.filter((p) => p.in === "query" && p.required)) {
        const url = new URL(path, "http://localhost");
        url.searchParams.delete(name);
        await refused(url.pathname + url.search, 400);
      }
      if (parameters.some((p) => p.in === "query"))
        await refused(`${path}${path.includes("?") ? "&" : "?"}no_such_parameter=1`, 400);
      if (security) await refused(path, 401, false);
      if (!requestBody) return;
      const without = await send(route, path);
      expect(without.status).toBe(requestBody.required ? 400 : 200);
      const other = await send(route, path, "a=1", "application/x-www-form-urlencoded");
      expect(other.status).toBe(415);
    });
});

describe("F026.A6 a document that does not fit the server is found", () => {
  const route = (key: string) => listRoutes().find((r) => r.key === key)!;
  const at = async (key: string) => {
    const of = route(key);
    const { parameters } = operationOf(document, of);
    return (await send(of, addressOfRequired(of, parameters))).json() as Promise<Record<string, unknown>>;
  };

  test("F026 an answer with an undeclared field, or without a declared one", async () => {
    const { schema } = operationOf(document, route("GET /healthz")).responses[200].content[
      "application/json"
    ]!;
    const answer = (await at("GET /healthz")) as { data: object };
    expect(faults(document, schema, answer)).toEqual([]);
    const secret = { ...answer, data: { ...answer.data, secret: 1 } };
    expect(faults(document, schema, secret)).not.toEqual([]);
    const { time_zone: _, ...less } = answer as Record<string, unknown>;
    expect(faults(document, schema, less)).not.toEqual([]);
  });

  test("F026 a search with its text printed as optional", () => {
    const printed = operationOf(openApi("1"), route("GET /api/search")).parameters;
    expect(printed.filter((p) => p.required).map((p) => p.name)).toEqual(["q"]);
  });

  test("F026 a route without a content type", () => {
    for (const of of listRoutes())
      expect([of.key, Object.keys(contentsOf(of)).length > 0]).toEqual([of.key, true]);
  });
});
