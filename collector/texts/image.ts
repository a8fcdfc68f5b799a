/** Instead of the bytes of an image: its type, size and digest. */
export function imageMark(source: unknown): string {
  const { media_type, data, url } = (source ?? {}) as { media_type?: unknown; data?: unknown; url?: unknown };
  const kind = typeof media_type === "string" ? media_type.slice(0, 100) : "image";
  if (typeof data === "string") return mark(kind, Buffer.from(data, "base64"));
  return typeof url === "string" ? imageUrlMark(url) : `[${kind}]`;
}

/** A data URL, or the URL of an external image. */
export function imageUrlMark(url: string): string {
  const inline = /^data:([\w/+.-]{1,100});base64,/.exec(url);
  if (!inline) return `[image ${url.slice(0, 200)}]`;
  return mark(inline[1]!, Buffer.from(url.slice(inline[0].length), "base64"));
}

function mark(kind: string, bytes: Buffer): string {
  const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return `[${kind}, ${bytes.length} bytes, sha256 ${digest}]`;
}
