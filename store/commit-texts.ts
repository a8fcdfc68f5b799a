import type { Database } from "bun:sqlite";
import type { TextObservation } from "../schema/texts.ts";
import type { Sessions } from "./commit-sessions.ts";
import { writer } from "./database.ts";
import { columnsOf, insertInto, valuesOf } from "./table.ts";
import { TEXTS } from "./tables/texts.ts";

/** So many characters share a chunk: larger ones compress little better and take longer to open. */
const CHUNK_CHARS = 128 * 1024;
/** What is deeper in a long output is kept, but not found by its words. */
export const INDEXED_CHARS = 20_000;
const LEVEL = 6;
const COLUMNS = columnsOf(TEXTS).filter((name) => name !== "text_pk");
const values = valuesOf(TEXTS, COLUMNS);

type Place = { chunk_pk: number; chunk_start: number; chunk_chars: number };
/** `place` is where an equal text is stored already. */
type Waiting = { text: TextObservation; session_pk: number; text_hash: string; place: Place | null };

/** Stores texts within the caller's transaction: equal ones once, the others compressed together. */
export function textWriter(db: Database, sessions: Sessions) {
  const isKnown = db.query<{ text_pk: number }, [number, string]>(
    "select text_pk from texts where session_pk = ? and item_key = ?",
  );
  const equal = db.query<Place, [string, number]>(
    "select chunk_pk, chunk_start, chunk_chars from texts where text_hash = ? and chunk_chars = ? limit 1",
  );
  const newChunk = db.query<unknown, [number, Uint8Array]>(
    "insert into text_chunks (chars, data) values (?, ?)",
  );
  const newText = writer(db, insertInto(TEXTS, COLUMNS));
  const index = db.query<unknown, [number | bigint, string]>(
    "insert into text_index (rowid, text) values (?, ?)",
  );

  function insert({ text: t, session_pk, text_hash }: Waiting, place: Place): void {
    const { lastInsertRowid } = newText(
      values({
        session_pk,
        text_hash,
        ...place,
        item_key: t.item_key,
        agent_id: t.agent_id,
        role: t.role,
        prompt_id: t.prompt_id || null,
        tool_use_id: t.tool_use_id || null,
        tool_name: t.tool_name || null,
        is_error: t.is_error ? 1 : 0,
        time_unix_ms: t.time_unix_ms,
        whole_chars: t.whole_chars ?? null,
        response_id: t.response_id || null,
        record: t.record ?? null,
        follows: t.follows ?? null,
      }),
    );
    index.run(lastInsertRowid, t.text.slice(0, INDEXED_CHARS));
  }

  /** In the order in which they came: their numbers are what is left of the order in the file. */
  function flush(waiting: Waiting[]): void {
    const places = new Map<string, Omit<Place, "chunk_pk">>();
    const parts: string[] = [];
    let chars = 0;
    for (const { text, text_hash, place } of waiting) {
      if (place || places.has(text_hash)) continue;
      places.set(text_hash, { chunk_start: chars, chunk_chars: text.text.length });
      parts.push(text.text);
      chars += text.text.length;
    }
    const chunk_pk = chars > 0 ? compressed(parts.join("")) : 0;
    for (const one of waiting) insert(one, one.place ?? { chunk_pk, ...places.get(one.text_hash)! });
  }

  function compressed(text: string): number {
    const data = Bun.zstdCompressSync(Buffer.from(text), { level: LEVEL });
    return Number(newChunk.run(text.length, data).lastInsertRowid);
  }

  return {
    /** How many were new. */
    put(texts: readonly TextObservation[]): number {
      let waiting: Waiting[] = [];
      const seen = new Set<string>();
      let chars = 0;
      let added = 0;
      for (const text of texts) {
        const session_pk = sessions.pk(text.source, text.session_id);
        const key = `${session_pk} ${text.item_key}`;
        if (seen.has(key) || isKnown.get(session_pk, text.item_key)) continue;
        seen.add(key);
        added++;
        const text_hash = hashOf(text.text);
        const place = equal.get(text_hash, text.text.length);
        waiting.push({ text, session_pk, text_hash, place });
        if (!place) chars += text.text.length;
        if (chars < CHUNK_CHARS) continue;
        flush(waiting);
        waiting = [];
        chars = 0;
      }
      if (waiting.length > 0) flush(waiting);
      return added;
    },
  };
}

/** 128 bits: two texts that share it are one. */
const hashOf = (text: string): string => new Bun.CryptoHasher("md5").update(text).digest("base64url");
