import { constants, createGzip } from "node:zlib";

/** Encodes a text for the wire; `close` frees its resources. */
export type Packer = { pack(text: string): Promise<Uint8Array<ArrayBuffer>>; close(): void };

const encoder = new TextEncoder();

/** For scripts: many clients hold compressed bytes back until they have a block of them. */
export const PLAIN: Packer = { pack: async (text) => encoder.encode(text), close: () => {} };

/** For browsers. Frames differ little from each other and compress to a fifth; each is flushed completely. */
export function createPacker(): Packer {
  const gzip = createGzip({ level: 3, memLevel: 6 });
  let parts: Uint8Array[] = [];
  gzip.on("data", (part: Uint8Array) => parts.push(part));
  return {
    pack: (text) =>
      new Promise((resolve) => {
        gzip.write(text);
        gzip.flush(constants.Z_SYNC_FLUSH, () => {
          const bytes = new Uint8Array(Buffer.concat(parts));
          parts = [];
          resolve(bytes);
        });
      }),
    close: () => gzip.close(),
  };
}
