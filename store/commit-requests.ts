import type { Database } from "bun:sqlite";
import type { MetricEvent } from "../schema/events.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { vendorNamed } from "../schema/vendors.ts";
import type { RequestObservation } from "./batch.ts";
import type { Sessions } from "./commit-sessions.ts";
import { createLateModels } from "./late-models.ts";
import { mergeRequests, ownerRank } from "./request-merge.ts";
import { ownerNotice, usageNotice } from "./request-notices.ts";
import { type CostOf, type RequestRows, requestRows } from "./request-rows.ts";
import type { Rollups } from "./rollups.ts";
import { rowOf } from "./row-code.ts";
import { columnsOf, insertInto } from "./table.ts";
import {
  ATTRIBUTION_FIELDS,
  COST_FIELDS,
  REQUEST_COPIES,
  REQUESTS,
  type RequestRow,
} from "./tables/requests.ts";

/** Generated code, since spreading objects for each response doubles the time. */
const compose = rowOf(REQUESTS, [USAGE_FIELDS, COST_FIELDS, ATTRIBUTION_FIELDS]);

const isCopy = (o: RequestObservation): boolean =>
  o.owner_session_id !== undefined && o.owner_session_id !== o.session_id;

/** Stores observations of requests: several of one key become one row. */
export function requestWriter(db: Database, sessions: Sessions, rollups: Rollups, price: CostOf) {
  const rows = requestRows(db, rollups, price);
  const toRow = rowMaker(sessions, price);
  const models = createLateModels(db, rows);
  const copies = copyWriter(db, sessions);
  const merge = merger(rows, copies, sessions);

  return {
    /** Returns whether the row is new; otherwise it is merged, which may add notices. */
    put(
      o: RequestObservation,
      seq: number,
      file_pk: number | null,
      birth: number,
      notices: MetricEvent[],
    ): boolean {
      const row = toRow(o, seq, file_pk, birth);
      const isNew = rows.insert(row);
      models.note(row);
      dropEarlierName(rows, row, o.session_id);
      if (!isNew) merge(rows.byKey(o.request_key)!, row, o, notices);
      if (isCopy(o)) copies.put(o.request_key, sessions.pk(o.source, o.session_id));
      return isNew;
    },
    /** Removes a derived row that its evidence no longer supports; never one from an agent's file. */
    remove: rows.remove,
    /** Records that the session's file has a copy of another session's response. */
    putCopy: copies.put,
    nameModels: models.nameAll,
    /** After a rollback. */
    forget(): void {
      models.forget();
      rows.forget();
    },
  };
}

function rowMaker(sessions: Sessions, price: CostOf) {
  return (o: RequestObservation, seq: number, file_pk: number | null, birth: number): RequestRow => {
    const c = price(o);
    const own = {
      seq,
      request_key: o.request_key,
      parent_key: o.parent_key ?? null,
      session_pk: sessions.pk(o.source, o.owner_session_id ?? o.session_id),
      agent_id: isCopy(o) ? "" : o.agent_id,
      prompt_id: o.prompt_id ?? null,
      response_id: o.response_id,
      provider_request_id: o.provider_request_id,
      source: o.source,
      time_unix_ms: o.time_unix_ms,
      model: o.model,
      service_tier: o.service_tier,
      speed: o.speed,
      inference_geo: o.inference_geo,
      flags: o.flags | c.flags,
      recorded_cost_nano_usd: o.recorded_cost_nano_usd ?? null,
      owner_rank: ownerRank(o.owner_session_id, o.session_id, o.agent_id, o.is_sidechain, birth),
      file_pk,
      offset: o.offset,
    };
    return compose(own, o.usage, c, o);
  };
}

/** Until schema 6 a proxy's responses were keyed by session and id; read again, the line has a key of its own. */
function dropEarlierName(rows: RequestRows, row: RequestRow, session_id: string): void {
  if (!row.request_key.startsWith(`${row.source}:line:`)) return;
  const old = rows.byKey(`${row.source}:${session_id}:${row.response_id}`);
  if (old && old.file_pk === row.file_pk && old.offset === row.offset) rows.remove(old);
}

/** Merges a further observation into a stored request, and adds notices of the changes. */
function merger(rows: RequestRows, copies: Copies, sessions: Sessions) {
  return (old: RequestRow, next: RequestRow, o: RequestObservation, notices: MetricEvent[]): void => {
    const merged = mergeRequests(old, next);
    copies.noteMerge(old, next, merged, o);
    const row = rows.rewrite(old, merged);
    const raised = USAGE_FIELDS.filter((f) => merged[f] !== old[f]);
    if (raised.length > 0) notices.push(usageNotice(o, row, old, raised));
    if (merged.session_pk !== old.session_pk)
      notices.push(ownerNotice(o, merged, sessions.id(old.session_pk)));
  };
}

/** Stores which sessions have a copy of another session's request. */
function copyWriter(db: Database, sessions: Sessions) {
  const copy = db.query(insertInto(REQUEST_COPIES, columnsOf(REQUEST_COPIES), "on conflict do nothing"));
  const forget = db.query("delete from request_copies where request_key = ? and session_pk = ?");
  return {
    put: (request_key: string, session_pk: number): void => void copy.run(request_key, session_pk),
    /** Two rows became one: the session that lost it has a copy, the owner has none. */
    noteMerge(old: RequestRow, next: RequestRow, merged: RequestRow, o: RequestObservation): void {
      const moves = next.owner_rank < old.owner_rank;
      const other = moves ? old : next;
      if (other.session_pk !== merged.session_pk) {
        copy.run(merged.request_key, other.session_pk);
        if (isMarkOfFork(o, other, merged))
          sessions.put({
            source: o.source,
            session_id: sessions.id(other.session_pk),
            parent_session_id: sessions.id(merged.session_pk),
            relation: "fork",
          });
      }
      if (moves) forget.run(merged.request_key, merged.session_pk);
    },
  };
}

type Copies = ReturnType<typeof copyWriter>;

/** Clients before 2.1.329 leave no mark of a fork but the copies in its file. */
function isMarkOfFork(o: RequestObservation, other: RequestRow, merged: RequestRow): boolean {
  return (
    vendorNamed(o.source)?.forks_by_copy === true &&
    !o.is_sidechain &&
    other.agent_id === "" &&
    merged.agent_id === ""
  );
}
