import type { Database } from "bun:sqlite";
import { VENDOR_CHOICE } from "../schema/vendors.ts";
import { sessionQueries } from "../store/queries/sessions.ts";

const SOURCE = new RegExp(`^(?:${VENDOR_CHOICE}):`);

/** The beginning of an id is enough where it names one session only. */
export function fullId(db: Database, id: string): string {
  const queries = sessionQueries(db);
  if (queries.find(id)) return id;
  const bare = id.replace(SOURCE, "");
  if (bare.length < 4) return id;
  const like = queries
    .latest({ q: bare, now_unix_ms: Date.now(), limit: 1000 })
    .filter((s) => s.source_session_id.startsWith(bare));
  return like.length === 1 ? `${like[0]!.source}:${like[0]!.source_session_id}` : id;
}
