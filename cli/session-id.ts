import type { Database } from "bun:sqlite";
import { AppError } from "../schema/errors.ts";
import { VENDOR_CHOICE } from "../schema/vendors.ts";
import { sessionQueries } from "../store/queries/sessions.ts";
import { MOST_NAMED } from "./known-names.ts";
import { toPlain } from "./print.ts";

const MOST_COMPARED = 10_000;
const SOURCE = new RegExp(`^(?:${VENDOR_CHOICE}):`);

/** Sessions with an id that begins so, under their keys. */
function beginning(db: Database, id: string): string[] {
  const bare = id.replace(SOURCE, "");
  if (bare.length < 4) return [];
  return sessionQueries(db)
    .latest({ q: bare, now_unix_ms: Date.now(), limit: 1000 })
    .filter((s) => s.source_session_id.startsWith(bare))
    .map(toSessionKey);
}

/** The keys that match an id or its beginning; several if it is ambiguous. */
function keysFor(db: Database, id: string): string[] {
  const found = sessionQueries(db).find(id);
  if (found) return [toSessionKey(found)];
  const keys = beginning(db, id);
  return keys.length > 0 ? keys : printedAs(db, id);
}

/** An id with characters that a terminal does not show is pasted without them. */
function printedAs(db: Database, id: string): string[] {
  return sessionQueries(db)
    .latest({ now_unix_ms: Date.now(), limit: MOST_COMPARED })
    .filter((s) => [toSessionKey(s), s.source_session_id].map(toPlain).includes(id))
    .map(toSessionKey);
}

const toSessionKey = (s: { source: string; source_session_id: string }) =>
  `${s.source}:${s.source_session_id}`;

/** The beginning of an id is enough if it is unambiguous. */
export function fullId(db: Database, id: string): string {
  const [key, ...others] = keysFor(db, id);
  return key !== undefined && others.length === 0 ? key : id;
}

/** The same for a command: an unknown session is an error, never an empty result. */
export function requireSession(db: Database, id: string): string {
  const [key, ...others] = keysFor(db, id);
  if (key === undefined)
    throw new AppError("not_found", `Session ${id} not found`, { hint: "`hall-monitor session` lists ids" });
  if (others.length === 0) return key;
  const named = [key, ...others].slice(0, MOST_NAMED).join(", ");
  throw new AppError("not_found", `${others.length + 1} sessions begin with ${id}`, {
    hint: `one of: ${named}`,
  });
}
