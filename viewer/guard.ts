import type { MiddlewareHandler } from "hono";
import { listRoutes } from "../schema/api.ts";
import { AppError } from "../schema/errors.ts";
import { signalOf } from "../schema/otlp-paths.ts";
import { matchPage, PAGES } from "../schema/pages.ts";
import { SIGN_IN_PATH } from "./access/access.ts";
import type { Env, ViewerDeps } from "./deps.ts";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
const HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** `%00`–`%1f`, an encoded slash, backslash or dot, a doubled slash or a dot segment: no name of a path has them. */
const ODD_PATH = /%(0[0-9a-f]|1[0-9a-f]|7f|2f|5c|2e)|\\|\/\/|(^|\/)\.{1,2}(\/|$)|\p{Cc}/iu;

/** The paths with a parameter, as `/api/sessions/:id/timeline`, in their parts. */
const WITH_PARAMETERS = [...listRoutes().map((route) => route.path), ...Object.values(PAGES)]
  .filter((path) => path.includes("/:"))
  .map((path) => path.split("/"));

/** An agent's id may contain anything; encoded as a parameter it is only data, never a file path. */
function withoutParameters(pathname: string): string {
  const given = pathname.split("/");
  const path = WITH_PARAMETERS.find(
    (parts) =>
      parts.length === given.length &&
      parts.every((part, i) => (part.startsWith(":") ? given[i] !== "" : part === given[i])),
  );
  return path === undefined ? pathname : path.join("/");
}

const forbidden = (detail: string) =>
  new AppError("forbidden_origin", detail, { hint: "open http://localhost on the viewer's own port" });

/** After DNS rebinding to 127.0.0.1, a page still sends its own name here. */
function checkHost(host: string | undefined, ports: number[]): void {
  const match = /^(.+):(\d{1,5})$/.exec(host?.toLowerCase() ?? "");
  if (!match || !HOSTS.has(match[1]!) || !ports.includes(Number(match[2])))
    throw forbidden("The Host header does not name this viewer");
}

type Headers = (name: string) => string | undefined;

/** Browsers send where a request comes from; programs send neither header. */
function checkOrigin(header: Headers, method: string, path: string): void {
  const origin = header("origin");
  if (origin !== undefined && origin.toLowerCase() !== `http://${header("host")?.toLowerCase()}`)
    throw forbidden("The request comes from another origin");
  const site = header("sec-fetch-site")?.toLowerCase();
  if (site === undefined || site === "same-origin") return;
  // Typed, a bookmark, or a link in another program: there is no other site, and reading changes nothing.
  if (site === "none" && (method === "GET" || method === "HEAD")) return;
  // The page itself contains no data, so a link from another site may open it.
  const opensPage =
    (path === SIGN_IN_PATH || matchPage(path) !== undefined) &&
    method === "GET" &&
    header("sec-fetch-mode") === "navigate" &&
    header("sec-fetch-dest") === "document" &&
    (site === "cross-site" || site === "same-site");
  if (!opensPage) throw forbidden("The request comes from another site");
}

/** A body that a form could send without a preflight is refused; a request without a body is not. */
function checkBody(header: Headers, method: string, path: string): void {
  if (SAFE_METHODS.has(method)) return;
  const type = header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  // The receiver of exports does this itself, after checking its token.
  if (signalOf(path) !== undefined) return;
  const isEmpty = (header("content-length") ?? "0") === "0" && header("transfer-encoding") === undefined;
  if (type === undefined && isEmpty) return;
  throw new AppError("unsupported_media_type", `${type ?? "A body without a content type"} is not accepted`, {
    hint: "send Content-Type: application/json",
  });
}

/** Runs before every route, page and 404 alike. There is no CORS: no answer ever allows another origin. */
export function guard(deps: Pick<ViewerDeps, "ports">): MiddlewareHandler<Env> {
  return async (c, next) => {
    const header: Headers = (name) => c.req.header(name);
    checkHost(header("host"), deps.ports());
    checkOrigin(header, c.req.method, c.req.path);
    if (ODD_PATH.test(withoutParameters(new URL(c.req.raw.url).pathname)))
      throw new AppError("not_found", "No such path");
    if (header("upgrade") !== undefined)
      throw new AppError("bad_request", "This server does not upgrade connections");
    checkBody(header, c.req.method, c.req.path);
    await next();
  };
}

export function securityHeaders(headers: globalThis.Headers): void {
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Referrer-Policy", "no-referrer");
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Content-Security-Policy", CSP);
}
