import * as z from "zod";
import { ProblemDocument, ROUTES, type Route } from "./api.ts";

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
  const content = { [route.content_type]: route.answer ? { schema: toOutput(route.answer) } : {} };
  return {
    operationId: `${route.method} ${route.path}`,
    summary: route.summary,
    parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
    ...(route.body && { requestBody: { content: { "application/json": { schema: toInput(route.body) } } } }),
    ...(route.path === "/shutdown" && { security: [{ token: [] }] }),
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
  for (const route of ROUTES) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "hall-monitor", version },
    paths,
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}
