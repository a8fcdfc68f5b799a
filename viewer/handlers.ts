import type { Hono } from "hono";
import { listRoutes, type Route, type RouteKey } from "../schema/api.ts";
import { CONTENT_TYPES, type ContentReply, type Contents } from "../schema/api-content.ts";
import type { ExactReplies, Reply, RouteRequest } from "../schema/api-types.ts";
import { body, params, query, toAnswer } from "./api/answer.ts";
import type { Ctx, Env, ViewerDeps } from "./deps.ts";

type Handler<Key extends RouteKey> = (request: RouteRequest<Key>, c: Ctx) => Reply<Key> | Promise<Reply<Key>>;

/** One handler for each route of the contract; a file of routes gives a part of them. */
export type Handlers = { [Key in RouteKey]: Handler<Key> };

/** A handler as the loop below sees it; `Handlers` checks that request and reply belong together. */
type AnyHandler = (request: Record<"params" | "query" | "body", unknown>, c: Ctx) => unknown;

/** A request is checked against its route's schemas before the handler sees it. */
export function registerRoutes<Given extends Handlers>(
  app: Hono<Env>,
  deps: ViewerDeps,
  handlers: Given & ExactReplies<Given>,
): void {
  for (const route of listRoutes()) {
    const handle = (handlers as Handlers)[route.key] as AnyHandler;
    app.on(route.method, route.path, async (c) => {
      const reply = await handle(await parseRequest(c, route), c);
      if (route.content) return toResponse(reply as ContentReply<Contents>);
      return c.json(route.data ? toAnswer(deps, reply as { data: unknown }) : reply);
    });
  }
}

function toResponse({ content_type, body, headers }: ContentReply<Contents>): Response {
  const sent = content_type === "application/json" ? JSON.stringify(body) : body;
  return new Response(sent as BodyInit | null, {
    headers: { ...headers, "Content-Type": CONTENT_TYPES[content_type] },
  });
}

async function parseRequest(c: Ctx, route: Route) {
  return {
    params: route.params && params(c, route.params),
    query: route.query && query(c, route.query),
    body: route.body && (await body(c, route.body)),
  };
}
