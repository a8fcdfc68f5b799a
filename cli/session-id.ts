import type { Database } from "bun:sqlite";
import { AppError } from "../schema/errors.ts";
import { VENDOR_CHOICE } from "../schema/vendors.ts";
import { sessionQueries } from "../store/queries/sessions.ts";

const SOURCE = new RegExp(`^(?:${VENDOR_CHOICE}):`);
const MOST_NAMED = 8;

/** Sessions with an id that begins so, under their keys. */
function beginning(db: Database, id: string): string[] {
  const bare = id.replace(SOURCE, "");
  if (bare.length < 4) return [];
  return sessionQueries(db)
    .latest({ q: bare, now_unix_ms: Date.now(), limit: 1000 })
    .filter((s) => s.source_session_id.startsWith(bare))
    .map((s) => `${s.source}:${s.source_session_id}`);
}

/** The beginning of an id is enough where it names one session only. */
export function fullId(db: Database, id: string): string {
  if (sessionQueries(db).find(id)) return id;
  const [key, ...others] = beginning(db, id);
  return key !== undefined && others.length === 0 ? key : id;
}

/** The same for a command: a session that is not there is an error, and never an empty answer. */
export function requireSession(db: Database, id: string): string {
  const key = fullId(db, id);
  if (sessionQueries(db).find(key)) return key;
  const several = beginning(db, id);
  if (several.length > 1)
    throw new AppError("not_found", `${several.length} sessions begin with ${id}`, {
      hint: `one of: ${several.slice(0, MOST_NAMED).join(", ")}`,
    });
  throw new AppError("not_found", `Session ${id} not found`, { hint: "`hall-monitor session` lists ids" });
}
