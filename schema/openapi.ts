import * as z from "zod";
import { answerSchema, listRoutes, type Route } from "./api.ts";
import { ProblemDocument } from "./envelope.ts";

type Json = Record<string, unknown>;

const toInput = (schema: z.ZodType): Json => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
const toOutput = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });

function parameters(schema: z.ZodObject | undefined, place: "query" | "path"): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: place === "path",
    schema: toInput(field as z.ZodType),
  }));
}

function operation(route: Route): Json {
  const answer = answerSchema(route) ?? route.content;
  const content = { [route.media_type]: answer ? { schema: toOutput(answer) } : {} };
  return {
    operationId: `${route.method.toLowerCase()} ${route.path}`,
    summary: route.summary,
    parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
    ...(route.body && { requestBody: { content: { "application/json": { schema: toInput(route.body) } } } }),
    ...(route.needs_token && { security: [{ token: [] }] }),
    responses: {
      200: { description: route.summary, content },
      default: {
        description: "A problem",
        content: { "application/problem+json": { schema: toOutput(ProblemDocument) } },
      },
    },
  };
}

/** The contract as OpenAPI 3.1, printed from the schemas that the routes themselves use. */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of listRoutes()) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const schemas: Json = {};
  return {
    openapi: "3.1.0",
    info: { title: "hall-monitor", version },
    paths: withShared(paths, schemas),
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}

/** What has a name of its own is in each schema's `$defs`; here it is moved to where all of them find it once. */
function withShared(value: unknown, schemas: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => withShared(item, schemas));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (name === "$schema") return [];
    if (name === "$ref") return [[name, String(inner).replace("#/$defs/", "#/components/schemas/")]];
    const shared = withShared(inner, schemas);
    if (name !== "$defs") return [[name, shared]];
    Object.assign(schemas, shared);
    return [];
  });
  return Object.fromEntries(kept);
}
