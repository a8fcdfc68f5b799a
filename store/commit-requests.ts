import type { Database } from "bun:sqlite";
import type { RequestObservation } from "../schema/batch.ts";
import type { MetricEvent } from "../schema/events.ts";
import { flagBit, totalTokens } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { sqlNames, vendorNamed, vendorsWith } from "../schema/vendors.ts";
import { joinAttribution } from "./attribution.ts";
import type { Sessions } from "./commit-sessions.ts";
import type { Cost } from "./cost.ts";
import { writer } from "./database.ts";
import { ownerNotice, usageNotice } from "./request-notices.ts";
import type { Rollups } from "./rollups.ts";
import { branchWriter } from "./session-branches.ts";
import { type Sums, uncertainOf, usageOf } from "./sums.ts";
import { columnsOf, insertInto, rowOf, valuesOf } from "./table.ts";
import {
  ATTRIBUTION_FIELDS,
  COST_FIELDS,
  REQUEST_COPIES,
  REQUESTS,
  type RequestRow,
} from "./tables/requests.ts";

export type CostOf = (
  request: Pick<
    RequestObservation,
    "usage" | "model" | "time_unix_ms" | "service_tier" | "speed" | "inference_geo"
  >,
) => Cost;

const COLUMNS = columnsOf(REQUESTS);
const toValues = valuesOf(REQUESTS, COLUMNS);
const MUTABLE = COLUMNS.filter((c) => c !== "seq" && c !== "request_key" && c !== "parent_key");
/** Written out: this runs once for every response there ever was, and spreading objects doubles its time. */
const compose = rowOf(REQUESTS, [USAGE_FIELDS, COST_FIELDS, ATTRIBUTION_FIELDS]);
const mutableValues = valuesOf(REQUESTS, MUTABLE);

const PROVISIONAL = flagBit("provisional");
/** Of one copy only: the copy that owns the request in the end decides. */
const COPY_FLAGS = flagBit("fork_parent_missing");
/** Set by pricing, so taken from the newest price and never carried over. */
const PRICE_FLAGS = flagBit("unpriced") | flagBit("price_unconfirmed") | flagBit("tier_unknown");
const SPEED_UNKNOWN = flagBit("speed_unknown");

/**
 * Which of several copies of a response is the one that asked: the smallest wins, in whatever order they are
 * read. A copy that names another session as its owner yields; the main thread beats a side chain's replay, an
 * agent's own file beats a replay in its parent's; then the older file (a fork is made after its parent).
 */
export function ownerRank(
  owner_session_id: string | undefined,
  session_id: string,
  agent_id: string,
  is_sidechain: boolean,
  birth_unix_ms: number,
): string {
  const isDeclaredCopy = owner_session_id !== undefined && owner_session_id !== session_id;
  const place = (isDeclaredCopy ? 10 : 0) + (agent_id ? 1 : is_sidechain ? 2 : 0);
  const { last } = ranks;
  if (
    last.place !== place ||
    last.birth_unix_ms !== birth_unix_ms ||
    last.session_id !== session_id ||
    last.agent_id !== agent_id
  ) {
    const text = `${place < 10 ? "0" : ""}${place} ${String(birth_unix_ms).padStart(15, "0")} ${session_id} ${agent_id}`;
    ranks.last = { place, birth_unix_ms, session_id, agent_id, text };
  }
  return ranks.last.text;
}

/** Rows come file by file: the last rank is nearly always the next. */
const ranks = { last: { place: -1, birth_unix_ms: 0, session_id: "", agent_id: "", text: "" } };

export function requestWriter(db: Database, sessions: Sessions, rollups: Rollups, price: CostOf) {
  const insert = writer(db, insertInto(REQUESTS, COLUMNS, "on conflict (request_key) do nothing"));
  const findByKey = db.query<RequestRow, [string]>("select * from requests where request_key = ?");
  const update = writer(db, `update requests set ${MUTABLE.map((c) => `${c} = ?`).join(", ")} where seq = ?`);
  const allNameless = db.query<{ request_key: string }, []>(
    `select request_key from requests where model = '' and cost_nano_usd is null
      and source in (${sqlNames(vendorsWith("names_models_late"))})`,
  );
  let nameless: Set<string> | undefined;
  const modelBefore = db.query<{ model: string }, [number, number]>(`
    select p.model from sessions s join sessions parent on parent.source = s.source
      and parent.source_session_id = s.parent_session_id join requests p on p.session_pk = parent.session_pk
    where s.session_pk = ?1 and p.model <> '' and p.time_unix_ms <= ?2 order by p.time_unix_ms desc, p.seq desc limit 1`);
  const copy = db.query(insertInto(REQUEST_COPIES, columnsOf(REQUEST_COPIES), "on conflict do nothing"));
  const branches = branchWriter(db);
  const remove = db.query("delete from requests where seq = ?");
  const forgetCopy = db.query("delete from request_copies where request_key = ? and session_pk = ?");

  function toRow(o: RequestObservation, seq: number, file_pk: number | null, birth: number): RequestRow {
    const isCopy = o.owner_session_id !== undefined && o.owner_session_id !== o.session_id;
    const c = price(o);
    const own = {
      seq,
      request_key: o.request_key,
      parent_key: o.parent_key ?? null,
      session_pk: sessions.pk(o.source, o.owner_session_id ?? o.session_id),
      agent_id: isCopy ? "" : o.agent_id,
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
  }

  return {
    /** Returns whether the row is new; a known one is merged and may give notices. */
    put(
      o: RequestObservation,
      seq: number,
      file_pk: number | null,
      birth: number,
      notices: MetricEvent[],
    ): boolean {
      const row = toRow(o, seq, file_pk, birth);
      const isNew = insert(toValues(row)).changes === 1;
      if (row.model === "" && vendorNamed(row.source)?.names_models_late) nameless?.add(row.request_key);
      dropEarlierName(row, o.session_id);
      branches.put(row);
      if (isNew) rollups.addRequest(row, toSums(row), 1);
      else merge(findByKey.get(o.request_key)!, row, o, notices);
      if (o.owner_session_id !== undefined && o.owner_session_id !== o.session_id)
        copy.run(o.request_key, sessions.pk(o.source, o.session_id));
      return isNew;
    },
    /** A row that was worked out and no longer is; the file of an agent has none such. */
    remove(row: RequestRow): void {
      remove.run(row.seq);
      rollups.addRequest(row, toSums(row), -1);
    },
    /** The session holds a copy of a response that another one asked for. */
    putCopy: (request_key: string, session_pk: number): void => void copy.run(request_key, session_pk),
    /** See `names_models_late` of `VENDORS`. */
    nameModels(): void {
      nameless ??= new Set(allNameless.all().map((r) => r.request_key));
      for (const key of nameless) {
        const row = findByKey.get(key);
        const model =
          row && row.model === "" ? modelBefore.get(row.session_pk, row.time_unix_ms)?.model : undefined;
        if (row && model) rewrite(row, { ...row, model });
        if (!row || model || row.model !== "") nameless.delete(key);
      }
    },
    /** A rolled back transaction may have named what is nameless again. */
    forget(): void {
      nameless = undefined;
      branches.forget();
    },
  };

  /** Until schema 6 a proxy's answers had the key of their session and id: read again, the line has a name of its own. */
  function dropEarlierName(row: RequestRow, session_id: string): void {
    if (!row.request_key.startsWith(`${row.source}:line:`)) return;
    const old = findByKey.get(`${row.source}:${session_id}:${row.response_id}`);
    if (!old || old.file_pk !== row.file_pk || old.offset !== row.offset) return;
    remove.run(old.seq);
    rollups.addRequest(old, toSums(old), -1);
  }

  /** Stores what a known request is now, repriced, and moves its sums. */
  function rewrite(old: RequestRow, next: RequestRow): RequestRow {
    const { flags, ...money } = price({ ...next, usage: next });
    const row: RequestRow = { ...next, ...money, flags: unpricedFlags(next) | flags };
    if (MUTABLE.every((c) => row[c] === old[c])) return row;
    update([...mutableValues(row), old.seq]);
    branches.put(row);
    rollups.addRequest(old, toSums(old), -1);
    rollups.addRequest(row, toSums(row), 1);
    return row;
  }

  function merge(old: RequestRow, next: RequestRow, o: RequestObservation, notices: MetricEvent[]): void {
    const moves = next.owner_rank < old.owner_rank;
    const best = moves ? next : old;
    const merged: RequestRow = {
      ...best,
      seq: old.seq,
      parent_key: old.parent_key,
      prompt_id: best.prompt_id ?? old.prompt_id ?? next.prompt_id,
      provider_request_id: best.provider_request_id || old.provider_request_id || next.provider_request_id,
      model: best.model || old.model || next.model,
      time_unix_ms: Math.min(old.time_unix_ms, next.time_unix_ms),
      flags: mergeFlags(old, next, best),
      recorded_cost_nano_usd: old.recorded_cost_nano_usd ?? next.recorded_cost_nano_usd,
    };
    for (const field of USAGE_FIELDS) merged[field] = Math.max(old[field], next[field]);
    joinAttribution(merged, old, next);
    const other = best === old ? next : old;
    if (other.session_pk !== merged.session_pk) {
      copy.run(merged.request_key, other.session_pk);
      // Clients before 2.1.329 leave no other mark of a fork than the copies in its file.
      if (
        vendorNamed(o.source)?.forks_by_copy &&
        !o.is_sidechain &&
        other.agent_id === "" &&
        merged.agent_id === ""
      )
        sessions.put({
          source: o.source,
          session_id: sessions.id(other.session_pk),
          parent_session_id: sessions.id(merged.session_pk),
          relation: "fork",
        });
    }
    if (moves) forgetCopy.run(merged.request_key, merged.session_pk);
    const row = rewrite(old, merged);
    const raised = USAGE_FIELDS.filter((f) => merged[f] !== old[f]);
    if (raised.length > 0) notices.push(usageNotice(o, row, old, raised));
    if (merged.session_pk !== old.session_pk)
      notices.push(ownerNotice(o, merged, sessions.id(old.session_pk)));
  }
}

/** What the files hold of a request, without an earlier price; a stated speed is judged by pricing. */
export function unpricedFlags(row: Pick<RequestRow, "flags" | "speed">): number {
  return row.flags & ~PRICE_FLAGS & ~(row.speed === "" ? 0 : SPEED_UNKNOWN);
}

function mergeFlags(old: RequestRow, next: RequestRow, best: RequestRow): number {
  const isProvisional = (old.flags & next.flags & PROVISIONAL) !== 0;
  const shared = (old.flags | next.flags) & ~PRICE_FLAGS & ~COPY_FLAGS & ~PROVISIONAL;
  return shared | (best.flags & COPY_FLAGS) | (isProvisional ? PROVISIONAL : 0);
}

export function toSums(row: RequestRow): Sums {
  const isPriced = row.cost_nano_usd !== null;
  return {
    requests: row.parent_key === null ? 1 : 0,
    ...usageOf(row),
    cost_nano_usd: row.cost_nano_usd ?? 0,
    unpriced_requests: isPriced ? 0 : 1,
    unpriced_tokens: isPriced ? 0 : totalTokens(row),
    ...uncertainOf(row),
  };
}
