import type { Database } from "bun:sqlite";
import type { ClientTotal } from "../schema/client-total.ts";
import type { Usage } from "../schema/usage.ts";
import type { ClientTotalRow } from "./tables/capture.ts";

/** A client's states, from their rows. */
export function toStates(rows: ClientTotalRow[]): ClientTotal[] {
  const states = new Map<string, ClientTotal>();
  for (const row of rows) {
    const key = `${row.session_pk} ${row.duration_ms}`;
    const state = states.get(key) ?? {
      session_id: String(row.session_pk),
      start_unix_ms: row.start_unix_ms,
      duration_ms: row.duration_ms,
      time_unix_ms: row.time_unix_ms,
      cost_nano_usd: row.cost_nano_usd,
      has_unknown_cost: row.has_unknown_cost === 1,
      models: [],
    };
    states.set(key, state);
    const { model, model_cost_nano_usd: cost_nano_usd, is_ttl_known } = row;
    if (model !== "")
      state.models.push({ model, usage: row as Usage, cost_nano_usd, is_ttl_known: is_ttl_known === 1 });
  }
  return [...states.values()];
}

/** States of the sessions of which this one has copies of responses, and its starting clock. */
export function basesOf(db: Database) {
  return db.query<ClientTotalRow, [session_pk: number, start_unix_ms: number]>(`
    select * from client_totals where start_unix_ms = ?2 and session_pk in (
      select distinct r.session_pk from request_copies c join requests r using (request_key)
      where c.session_pk = ?1 and r.session_pk <> ?1)`);
}
