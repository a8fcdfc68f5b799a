import { PassThrough, Readable } from "node:stream";
import { promisify } from "node:util";
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gzipSync,
} from "node:zlib";
import type { MiddlewareHandler } from "hono";
import type { Asset, Ctx, Env } from "./deps.ts";

/** Below this size the response fits into one packet, and headers outweigh the savings. */
const MIN_BYTES = 1024;
/** A response to a single request is not worth more. */
const QUICK = { level: 1 };
/**
 * For figures in JSON the result is two thirds of gzip's size but takes twice the time, which would delay a long
 * response.
 */
const LIVELY = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const MAX_LIVELY_BYTES = 256 * 1024;
const BRISK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const brotli = promisify<Buffer, object, Buffer>(brotliCompress);
const TEXT = /^(application\/(json|problem\+json)|text\/plain)\b/;
/** The only part of a response that differs although nothing has changed. */
const GENERATED_AT = /"generated_at":"[^"]*",?/;

export const accepts = (c: Ctx, coding: "br" | "gzip") =>
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

/** Compresses long text responses, and adds an ETag for revalidation to every response. */
export function encoding(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const { headers, status } = c.res;
    if (status !== 200 || c.req.method !== "GET" || headers.has("etag")) return;
    if (!TEXT.test(headers.get("content-type") ?? "")) return;
    const body = Buffer.from(await c.res.arrayBuffer());
    const etag = `W/"${Bun.hash(body.toString("utf8").replace(GENERATED_AT, "")).toString(36)}"`;
    c.res = send(c, headers, etag, body);
  };
}

function send(c: Ctx, from: Headers, etag: string, body: Buffer): Response {
  const headers = new Headers(from);
  headers.set("ETag", etag);
  headers.set("Vary", "Accept-Encoding");
  if (isKnown(c, etag)) return new Response(null, { status: 304, headers });
  const packed = body.length < MIN_BYTES ? undefined : pack(c, body);
  if (!packed) return new Response(new Uint8Array(body), { headers });
  headers.set("Content-Encoding", packed.coding);
  return new Response(new Uint8Array(packed.body), { headers });
}

function pack(c: Ctx, body: Buffer): { coding: string; body: Buffer } | undefined {
  if (body.length <= MAX_LIVELY_BYTES && accepts(c, "br"))
    return { coding: "br", body: brotliCompressSync(body, LIVELY) };
  return accepts(c, "gzip") ? { coding: "gzip", body: gzipSync(body, QUICK) } : undefined;
}

type Packed = { etag: string; body: Buffer; br?: Promise<Buffer>; gzip?: Promise<Buffer> };
const packed = new WeakMap<Asset, Packed>();

function packedOf(asset: Asset): Packed {
  const known = packed.get(asset) ?? toPacked(asset);
  packed.set(asset, known);
  return known;
}

function toPacked({ body: of, br }: Asset): Packed {
  const body =
    typeof of === "string" ? Buffer.from(of) : Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  const etag = `"${Bun.hash(body).toString(36)}"`;
  return br ? { etag, body, br: Promise.resolve(br) } : { etag, body };
}

/** A file of the page, compressed once. */
export async function sendAsset(c: Ctx, asset: Asset): Promise<Response> {
  const known = packedOf(asset);
  // `part-<hash>.js`, or `?v=<hash>`: different content has a different address, so a browser need not revalidate.
  const isFinal = c.req.path.startsWith("/part-") || `"${c.req.query("v")}"` === known.etag;
  const headers = new Headers({
    "Content-Type": asset.type,
    "Cache-Control": isFinal ? "private, max-age=31536000, immutable" : "no-cache",
    ETag: known.etag,
    Vary: "Accept-Encoding",
  });
  if (isKnown(c, known.etag)) return new Response(null, { status: 304, headers });
  const coding = (["br", "gzip"] as const).find((name) => known.body.length >= MIN_BYTES && accepts(c, name));
  if (!coding) return new Response(new Uint8Array(known.body), { headers });
  headers.set("Content-Encoding", coding);
  known[coding] ??= coding === "br" ? brotli(known.body, BRISK) : Promise.resolve(gzipSync(known.body));
  return new Response(new Uint8Array(await known[coding]), { headers });
}

/** A page for a single request: its first part is sent before the rest is computed. */
export function sendParts(c: Ctx, type: string, first: string, rest: () => Promise<string>): Response {
  const headers = new Headers({ "Content-Type": type, Vary: "Accept-Encoding" });
  const coding = (["br", "gzip"] as const).find((name) => accepts(c, name));
  if (coding) headers.set("Content-Encoding", coding);
  const packer =
    coding === undefined
      ? new PassThrough()
      : coding === "br"
        ? createBrotliCompress(BRISK)
        : createGzip(QUICK);
  const send = async () => {
    packer.write(first);
    if (!(packer instanceof PassThrough)) await new Promise<void>((done) => packer.flush(() => done()));
    // SQLite statements block the thread: compressed data must be passed to the system before.
    await new Promise((done) => setTimeout(done));
    packer.end(await rest());
  };
  void send().catch((error: Error) => packer.destroy(error));
  return new Response(Readable.toWeb(packer) as unknown as ReadableStream, { headers });
}
