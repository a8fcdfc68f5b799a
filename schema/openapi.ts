import * as z from "zod";
import { contentsOf, listRoutes, type Route } from "./api.ts";
import type { Contents } from "./api-content.ts";
import type { OpenApiDocument } from "./api-own.ts";
import { ProblemDocument } from "./envelope.ts";

type Json = Record<string, unknown>;

const toInput = (schema: z.ZodType): Json => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
const toOutput = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });

function parameters(schema: z.ZodObject | undefined, place: "query" | "path"): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: !(field as z.ZodType).safeParse(undefined).success,
    schema: toInput(field as z.ZodType),
  }));
}

const mediaTypes = (contents: Contents, print: (schema: z.ZodType) => Json): Json =>
  Object.fromEntries(Object.entries(contents).map(([type, schema]) => [type, { schema: print(schema) }]));

/** A body is optional if its schema accepts `{}`; so is that of an export, which may be empty. */
function requestBody({ body, accepts }: Route): Json {
  const contents = body ? { "application/json": body } : accepts;
  if (!contents) return {};
  const required = body ? !body.safeParse({}).success : false;
  return { requestBody: { required, content: mediaTypes(contents, toInput) } };
}

function operation(route: Route): Json {
  return {
    operationId: `${route.method.toLowerCase()} ${route.path}`,
    summary: route.summary,
    parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
    ...requestBody(route),
    ...(route.needs_token && { security: [{ token: [] }] }),
    responses: {
      200: { description: route.summary, content: mediaTypes(contentsOf(route), toOutput) },
      default: {
        description: "A problem",
        content: { "application/problem+json": { schema: toOutput(ProblemDocument) } },
      },
    },
  };
}

/** The contract as OpenAPI 3.1, printed from the schemas that the routes themselves use. */
export function openApi(version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const route of listRoutes()) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  const schemas: OpenApiDocument["components"]["schemas"] = {};
  return {
    openapi: "3.1.0",
    info: { title: "hall-monitor", version },
    paths: withShared(paths, schemas) as OpenApiDocument["paths"],
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}

/** Named shapes are in the `$defs` of each schema; here they are moved to one shared place. */
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
