import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import type { Asset, Ctx, Env } from "./deps.ts";

/** Below this the answer fits into one packet, and headers outweigh what is saved. */
const MIN_BYTES = 1024;
/** What is made for one request only is not worth more. */
const QUICK = { level: 1 };
const SMALL = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
const TEXT = /^(application\/(json|problem\+json)|text\/plain)\b/;
/** The one part of an answer that differs although nothing has changed. */
const GENERATED_AT = /"generated_at":"[^"]*",?/;

const accepts = (c: Ctx, coding: "br" | "gzip") =>
  (c.req.header("accept-encoding") ?? "")
    .split(",")
    .map((part) =>
      part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    )
    .some(([name, q]) => name === coding && q !== "q=0");

const isKnown = (c: Ctx, etag: string) =>
  (c.req.header("if-none-match") ?? "").split(/,\s*/).some((tag) => tag === etag || tag === "*");

/** Compresses what is long and text, and gives every answer a tag by which a client asks whether it still holds. */
export function encoding(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const { headers, status } = c.res;
    if (status !== 200 || c.req.method !== "GET" || headers.has("etag")) return;
    if (!TEXT.test(headers.get("content-type") ?? "")) return;
    const body = Buffer.from(await c.res.arrayBuffer());
    const etag = `W/"${Bun.hash(body.toString("utf8").replace(GENERATED_AT, "")).toString(36)}"`;
    c.res = send(c, headers, etag, body, (text) => gzipSync(text, QUICK));
  };
}

function send(c: Ctx, from: Headers, etag: string, body: Buffer, gzip: (body: Buffer) => Buffer): Response {
  const headers = new Headers(from);
  headers.set("ETag", etag);
  headers.set("Vary", "Accept-Encoding");
  if (isKnown(c, etag)) return new Response(null, { status: 304, headers });
  if (body.length < MIN_BYTES || !accepts(c, "gzip")) return new Response(new Uint8Array(body), { headers });
  headers.set("Content-Encoding", "gzip");
  return new Response(new Uint8Array(gzip(body)), { headers });
}

type Packed = { etag: string; body: Buffer; br?: Buffer; gzip?: Buffer };
const packed = new WeakMap<Asset, Packed>();

/** A file of the page. It is packed once, as small as it gets, when it is first asked for. */
export function sendAsset(c: Ctx, asset: Asset): Response {
  const known = packed.get(asset) ?? pack(asset);
  packed.set(asset, known);
  const headers = new Headers({
    "Content-Type": asset.type,
    "Cache-Control": "no-cache",
    ETag: known.etag,
    Vary: "Accept-Encoding",
  });
  if (isKnown(c, known.etag)) return new Response(null, { status: 304, headers });
  const coding = (["br", "gzip"] as const).find((name) => known.body.length >= MIN_BYTES && accepts(c, name));
  if (!coding) return new Response(new Uint8Array(known.body), { headers });
  headers.set("Content-Encoding", coding);
  known[coding] ??= coding === "br" ? brotliCompressSync(known.body, SMALL) : gzipSync(known.body);
  return new Response(new Uint8Array(known[coding]), { headers });
}

function pack(asset: Asset): Packed {
  const body = Buffer.from(asset.body as string);
  return { etag: `"${Bun.hash(body).toString(36)}"`, body };
}
