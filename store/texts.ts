import type { Database } from "bun:sqlite";

/** Recently opened chunks: a page of a transcript is in few of them. */
const PAGE_CHUNKS = 64;

export type TextPlace = { chunk_pk: number; chunk_start: number; chunk_chars: number };

/** Opens the chunks that contain stored texts. */
export function textReader(db: Database, most_chunks = PAGE_CHUNKS) {
  const chunk = db.query<{ data: Uint8Array }, [number]>("select data from text_chunks where chunk_pk = ?");
  const open = new Map<number, string>();

  function chunkOf(pk: number): string {
    const known = open.get(pk);
    if (known !== undefined) {
      // The longest unused one is closed first.
      open.delete(pk);
      open.set(pk, known);
      return known;
    }
    const row = chunk.get(pk);
    const text = row ? Bun.zstdDecompressSync(row.data as Uint8Array<ArrayBuffer>).toString("utf8") : "";
    if (open.size >= most_chunks) open.delete(open.keys().next().value!);
    open.set(pk, text);
    return text;
  }

  return {
    textOf: ({ chunk_pk, chunk_start, chunk_chars }: TextPlace): string =>
      chunkOf(chunk_pk).slice(chunk_start, chunk_start + chunk_chars),
  };
}
