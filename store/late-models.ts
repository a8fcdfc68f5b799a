import type { Database } from "bun:sqlite";
import { sqlNames, vendorNamed, vendorsWith } from "../schema/vendors.ts";
import type { RequestRows } from "./request-rows.ts";
import type { RequestRow } from "./tables/requests.ts";

/** Names the model of requests that had none when they were stored: see `names_models_late` of `VENDORS`. */
export function createLateModels(db: Database, rows: RequestRows) {
  const allNameless = db.query<{ request_key: string }, []>(
    `select request_key from requests where model = '' and cost_nano_usd is null
      and source in (${sqlNames(vendorsWith("names_models_late"))})`,
  );
  const modelBefore = db.query<{ model: string }, [number, number]>(`
    select p.model from sessions s join sessions parent on parent.source = s.source
      and parent.source_session_id = s.parent_session_id join requests p on p.session_pk = parent.session_pk
    where s.session_pk = ?1 and p.model <> '' and p.time_unix_ms <= ?2 order by p.time_unix_ms desc, p.seq desc limit 1`);
  let nameless: Set<string> | undefined;

  return {
    note(row: RequestRow): void {
      if (row.model === "" && vendorNamed(row.source)?.names_models_late) nameless?.add(row.request_key);
    },
    nameAll(): void {
      nameless ??= new Set(allNameless.all().map((r) => r.request_key));
      for (const key of nameless) {
        const row = rows.byKey(key);
        const model =
          row && row.model === "" ? modelBefore.get(row.session_pk, row.time_unix_ms)?.model : undefined;
        if (row && model) rows.rewrite(row, { ...row, model });
        if (!row || model || row.model !== "") nameless.delete(key);
      }
    },
    /** A rolled back transaction may have named a request that is unnamed again. */
    forget(): void {
      nameless = undefined;
    },
  };
}
