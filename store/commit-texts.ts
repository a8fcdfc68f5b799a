import type { Database } from "bun:sqlite";
import type { TextObservation } from "../schema/texts.ts";
import type { Sessions } from "./commit-sessions.ts";
import { writer } from "./database.ts";
import { observedValues } from "./row-code.ts";
import { columnsOf, insertInto } from "./table.ts";
import { TEXTS } from "./tables/texts.ts";

/** Size of a chunk in characters: larger ones compress little better and take longer to open. */
const CHUNK_CHARS = 128 * 1024;
/** Text beyond this is stored, but not searchable. */
export const INDEXED_CHARS = 20_000;
const LEVEL = 6;
const COLUMNS = columnsOf(TEXTS).filter((name) => name !== "text_pk");
const toValues = observedValues(TEXTS, COLUMNS, [
  ...(["session_pk", "text_hash", "chunk_pk", "chunk_start", "chunk_chars", "is_error"] as const),
  ...(["prompt_id", "tool_use_id", "tool_name", "response_id"] as const),
]);

type Place = { chunk_pk: number; chunk_start: number; chunk_chars: number };
/** `place`: where an equal text is already stored. */
type Waiting = { text: TextObservation; session_pk: number; text_hash: string; place: Place | null };

/** Stores texts in the caller's transaction: equal ones once, the others compressed together. */
export function textWriter(db: Database, sessions: Sessions) {
  const newTexts = createNewTexts(db, sessions);
  const store = chunkWriter(db);
  return {
    /** Returns the number of new texts. */
    put(texts: readonly TextObservation[]): number {
      let waiting: Waiting[] = [];
      let chars = 0;
      let added = 0;
      const toNew = newTexts();
      for (const text of texts) {
        const one = toNew(text);
        if (!one) continue;
        added++;
        waiting.push(one);
        if (!one.place) chars += text.text.length;
        if (chars < CHUNK_CHARS) continue;
        store(waiting);
        waiting = [];
        chars = 0;
      }
      if (waiting.length > 0) store(waiting);
      return added;
    },
  };
}

/** Finds the texts of a list that are not stored yet, each once. */
function createNewTexts(db: Database, sessions: Sessions) {
  const isKnown = db.query<{ text_pk: number }, [number, string]>(
    "select text_pk from texts where session_pk = ? and item_key = ?",
  );
  const equal = db.query<Place, [string, number]>(
    "select chunk_pk, chunk_start, chunk_chars from texts where text_hash = ? and chunk_chars = ? limit 1",
  );
  return () => {
    const seen = new Set<string>();
    return (text: TextObservation): Waiting | undefined => {
      const session_pk = sessions.pk(text.source, text.session_id);
      const key = `${session_pk} ${text.item_key}`;
      if (seen.has(key) || isKnown.get(session_pk, text.item_key)) return undefined;
      seen.add(key);
      const text_hash = hashOf(text.text);
      return { text, session_pk, text_hash, place: equal.get(text_hash, text.text.length) };
    };
  };
}

/** Stores the texts of a chunk in their order, which only their numbers keep. */
function chunkWriter(db: Database): (waiting: readonly Waiting[]) => void {
  const insertChunk = db.query<unknown, [number, Uint8Array]>(
    "insert into text_chunks (chars, data) values (?, ?)",
  );
  const insertText = writer(db, insertInto(TEXTS, COLUMNS));
  const index = db.query<unknown, [number | bigint, string]>(
    "insert into text_index (rowid, text) values (?, ?)",
  );

  function putText({ text: t, session_pk, text_hash }: Waiting, place: Place): void {
    const own = {
      session_pk,
      text_hash,
      ...place,
      is_error: t.is_error ? 1 : 0,
      prompt_id: t.prompt_id || null,
      tool_use_id: t.tool_use_id || null,
      tool_name: t.tool_name || null,
      response_id: t.response_id || null,
    };
    const { lastInsertRowid } = insertText(toValues(own, t));
    index.run(lastInsertRowid, t.text.slice(0, INDEXED_CHARS));
  }

  return (waiting) => {
    const { text, places } = joined(waiting);
    const chunk_pk = text === "" ? 0 : Number(insertChunk.run(text.length, compressed(text)).lastInsertRowid);
    for (const one of waiting) putText(one, one.place ?? { chunk_pk, ...places.get(one.text_hash)! });
  };
}

/** The new texts, concatenated, and the place of each. */
function joined(waiting: readonly Waiting[]) {
  const places = new Map<string, Omit<Place, "chunk_pk">>();
  const parts: string[] = [];
  let chars = 0;
  for (const { text, text_hash, place } of waiting) {
    if (place || places.has(text_hash)) continue;
    places.set(text_hash, { chunk_start: chars, chunk_chars: text.text.length });
    parts.push(text.text);
    chars += text.text.length;
  }
  return { text: parts.join(""), places };
}

function compressed(text: string): Uint8Array {
  return Bun.zstdCompressSync(Buffer.from(text), { level: LEVEL });
}

/** 128 bits, so that equal digests mean equal texts. */
const hashOf = (text: string): string => new Bun.CryptoHasher("md5").update(text).digest("base64url");
