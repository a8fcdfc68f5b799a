import type { Hono, MiddlewareHandler } from "hono";
import { addressOf } from "../schema/api-address.ts";
import type { Answer } from "../schema/api-types.ts";
import type { SourceName } from "../schema/events.ts";
import { matchPage, PAGES, type PageMatch, type PageName, type PageQuery } from "../schema/pages.ts";
import type { Asset, Ctx, Env, ViewerDeps } from "./deps.ts";
import { sendAsset, sendParts } from "./encoding.ts";
import { firstRequests, firstTimeline, type Moment, sameTime, twoDays } from "./first-requests.ts";
import { dayOf } from "./ui/format.ts";

const NO_PAGE: Asset = {
  type: "text/plain; charset=utf-8",
  body: `hall-monitor is running. Its API is described at ${addressOf("GET /openapi.json").path}.\n`,
};
/** The page itself requests what takes longer. */
const BUDGET_MS = 150;
/** Typed, a bookmark, or a link in the page. A page that another site opens contains no data. */
const OWN_SITES = new Set(["none", "same-origin"]);

export const shellOf = (deps: ViewerDeps, page: PageName): Asset =>
  deps.assets.get(PAGES[page]) ?? deps.assets.get("/") ?? NO_PAGE;

/** A browser that opens a view's address receives the page, even if the same path is a stream for programs. */
export function pages(deps: ViewerDeps, routes: Hono<Env>): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (c.req.method !== "GET" || c.req.header("sec-fetch-dest") !== "document") return next();
    const match = matchPage(c.req.path);
    if (!match) return next();
    const shell = shellOf(deps, match.page);
    const isOwn = OWN_SITES.has(c.req.header("sec-fetch-site") ?? "");
    if (!isOwn || typeof shell.body !== "string" || !shell.body.includes("</body>"))
      return sendAsset(c, shell);
    const [head = "", tail = ""] = shell.body.split("</body>");
    return sendParts(c, shell.type, head, async () => {
      const responses = await firstResponses(deps, routes, match, c);
      // JSON in which no tag can begin, in an element that no browser runs.
      return `<script type="application/json" id="first-responses">${responses.replaceAll("<", "\\u003c")}</script></body>${tail}`;
    });
  };
}

/** `[{path, etag, body}, …]`: one page instead of ten requests, each of which waits for a script. */
async function firstResponses(
  deps: ViewerDeps,
  routes: Hono<Env>,
  { page, params }: PageMatch,
  c: Ctx,
): Promise<string> {
  const { time_zone } = deps.status();
  const now_unix_ms = deps.now?.() ?? Date.now();
  const source = (c.req.query("source") ?? "") as SourceName | "";
  const moment: Moment = { day: dayOf(now_unix_ms, time_zone), time_zone, now_unix_ms, source };
  const until = performance.now() + BUDGET_MS;
  const responses: string[] = [];
  const add = async (path: string): Promise<string | undefined> => {
    if (performance.now() > until) return undefined;
    const reply = await routes.request(path);
    const etag = reply.headers.get("etag");
    if (reply.status !== 200 || etag === null) return undefined;
    const body = await reply.text();
    responses.push(`{"path":${JSON.stringify(path)},"etag":${JSON.stringify(etag)},"body":${body}}`);
    return body;
  };
  if (page === "session") await addSession(add, params.key ?? "", c.req.query());
  const costs = addressOf("GET /api/costs", twoDays(moment)).path;
  for (const path of firstRequests(page, moment)) {
    const body = await add(path);
    if (page !== "now" || path !== costs || body === undefined) continue;
    const before = sameTime((JSON.parse(body) as Answer<"GET /api/costs">).data, moment);
    if (before) await add(addressOf("GET /api/costs", before).path);
  }
  return `{"at_unix_ms":${Date.now()},"responses":[${responses.join(",")}]}`;
}

/** The head of a session, its outline, and the page of items that is in sight. */
async function addSession(
  add: (path: string) => Promise<string | undefined>,
  id: string,
  { tab, only, agent, at }: PageQuery,
): Promise<void> {
  const of = { params: { id } };
  const detail = await add(addressOf("GET /api/sessions/:id", of).path);
  if (detail === undefined || tab) return;
  const outline = await add(addressOf("GET /api/sessions/:id/outline", of).path);
  // Only the page knows other starting points of a view.
  if (outline === undefined || only || agent || at) return;
  const { activity } = (JSON.parse(detail) as Answer<"GET /api/sessions/:id">).data;
  const { kinds } = (JSON.parse(outline) as Answer<"GET /api/sessions/:id/outline">).data;
  for (const path of firstTimeline(id, activity, kinds.length)) await add(path);
}
