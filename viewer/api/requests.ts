import * as z from "zod";
import { gapBefore } from "../../collector/sources/vendors.ts";
import type { RequestDetail, RequestSummary } from "../../schema/api-requests.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { AppError } from "../../schema/errors.ts";
import { headline } from "../../schema/headline.ts";
import { flagBit, toFlags } from "../../schema/usage.ts";
import { COST_ITEMS } from "../../schema/usage-kinds.ts";
import { attributionOf } from "../../store/attribution.ts";
import { bundledBook, type PriceBook } from "../../store/price-book.ts";
import { priceBreakdown } from "../../store/price-breakdown.ts";
import { requestGroups } from "../../store/queries/request-groups.ts";
import { type RequestNotes, requestNotes } from "../../store/queries/request-notes.ts";
import {
  hasScopeOnly,
  type RequestFilter,
  type RequestRow,
  requestQueries,
} from "../../store/queries/requests.ts";
import { toTokens } from "../../store/queries/totals.ts";
import { createSlices } from "../../store/slices.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, judgedOf, times, toCursor } from "./answer.ts";

const GAP = flagBit("gap_before_first");
const Before = z.tuple([z.literal("request"), z.int(), z.int().positive()]);
const At = z.tuple([z.literal("lost"), z.int().nonnegative()]);
const toPlace = (before: z.infer<typeof Before> | undefined) =>
  before && { time_unix_ms: before[1], seq: before[2] };

/** The filter of a query. */
function requestFilters(deps: ViewerDeps) {
  const { cache, toolsOf } = judgedOf(deps);
  const groupOf = requestGroups(deps.reader, toolsOf);

  /**
   * All that missed the cache, most expensive miss first: which ones do is known only after walking their threads in
   * order.
   */
  async function missed(filter: RequestFilter, reason: string | undefined): Promise<number[]> {
    const until = filter.until_unix_ms ?? Number.MAX_SAFE_INTEGER;
    const week = (deps.now?.() ?? Date.now()) - WEEK_MS;
    const from = filter.from_unix_ms ?? (filter.session_id === undefined ? week : 0);
    const found: { seq: number; lost: number; tokens: number }[] = [];
    const slice = createSlices();
    for (const session of cache.sessions(filter, from, until)) {
      for (const { misses } of cache.quartersOf(session, from, until))
        for (const miss of misses)
          if (reason === undefined || miss.reason === reason)
            found.push({ seq: miss.seq, lost: miss.lost_nano_usd ?? 0, tokens: miss.missed_tokens });
      await slice();
    }
    return found
      .sort((a, b) => b.lost - a.lost || b.tokens - a.tokens || a.seq - b.seq)
      .map(({ seq }) => seq);
  }

  return async function filterOf(query: RouteRequest<"GET /api/requests">["query"]) {
    const {
      unpriced,
      missed: _,
      miss_reason,
      limit: __,
      cursor: ___,
      sort,
      group_by,
      group,
      ...scope
    } = query;
    const { zone, from_unix_ms, until_unix_ms } = times(deps, scope);
    const range = { from: from_unix_ms ?? 0, until: until_unix_ms ?? Number.MAX_SAFE_INTEGER };
    const that = group_by && groupOf(group_by, group ?? "", range);
    if (group_by !== undefined && that === undefined) throw noSuchGroup(group_by, group ?? "");
    const filter = { ...scope, that, from_unix_ms, until_unix_ms, unpriced: unpriced && unpriced === "true" };
    const isMissed = query.missed || miss_reason !== undefined || sort === "lost";
    return { zone, filter: { ...filter, seqs: isMissed ? await missed(filter, miss_reason) : undefined } };
  };
}

function noSuchGroup(group_by: string, group: string): AppError {
  return new AppError("bad_request", `group: no group of ${group_by} has requests named ${group}`, {
    hint: "use a `group` of GET /api/aggregations with the same group_by and metric=cost",
    hint_for: "api",
  });
}

export function requestHandlers(deps: ViewerDeps) {
  const queries = requestQueries(deps.reader);
  const book = deps.book ?? bundledBook();
  const notesOf = requestNotes(deps.reader, book);
  const filterOf = requestFilters(deps);

  /** In an order that requires the whole list, a page begins at an offset. */
  function dearest(seqs: readonly number[], limit: number, cursor: string | undefined): Page {
    const from = fromCursor(cursor, At)?.[1] ?? 0;
    const until = from + limit;
    return {
      rows: queries.rowsOf(seqs.slice(from, until)),
      next_cursor: until < seqs.length ? toCursor(["lost", until]) : null,
    };
  }

  return {
    "GET /api/requests": async ({ query }) => {
      const { limit, cursor, sort } = query;
      const { zone, filter } = await filterOf(query);
      const { seqs = [] } = filter;
      const { rows, next_cursor } =
        sort === "lost"
          ? dearest(hasScopeOnly(filter) ? seqs : queries.inOrder(filter, seqs), limit, cursor)
          : byTime(queries.newest(filter, toPlace(fromCursor(cursor, Before)), limit + 1), limit);
      const notes = notesOf(rows);
      return { data: rows.map((row) => toSummary(row, notes(row.seq))), time_zone: zone, next_cursor };
    },
    "GET /api/costs/kinds": ({ query }) => {
      const { zone, from_unix_ms, until_unix_ms } = times(deps, query);
      const found = queries.costByKind({ ...query, from_unix_ms, until_unix_ms });
      return {
        data: { kinds: COST_ITEMS.map((kind) => ({ kind, cost_nano_usd: found[kind] })) },
        time_zone: zone,
      };
    },
    "GET /api/requests/:id": ({ params: { id } }) => {
      const row = queries.find(id);
      if (!row) throw new AppError("not_found", `Request ${id} not found`);
      return { data: toDetail(row, queries, notesOf([row])(row.seq), book) };
    },
  } satisfies Partial<Handlers>;
}

type Page = { rows: RequestRow[]; next_cursor: string | null };

function byTime(found: RequestRow[], limit: number): Page {
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return { rows, next_cursor: last ? toCursor(["request", last.time_unix_ms, last.seq]) : null };
}

function toSummary(r: RequestRow, notes: RequestNotes): RequestSummary {
  return {
    seq: r.seq,
    request_key: r.request_key,
    parent_key: r.parent_key,
    session_key: r.session_key,
    title: headline(r.title),
    project_path: r.project_path,
    agent_id: r.agent_id,
    prompt_id: r.prompt_id,
    prompt: r.prompt,
    source: r.source,
    time_unix_ms: r.time_unix_ms,
    model: r.model,
    tokens: toTokens(r),
    cost_nano_usd: r.cost_nano_usd,
    price_id: r.price_id,
    service_tier: r.service_tier,
    speed: r.speed,
    flags: toFlags(r.flags),
    attribution: attributionOf(r),
    ...notes,
  };
}

/** Everything about one request, as the route and `why` show it. */
export function toDetail(
  r: RequestRow,
  queries: ReturnType<typeof requestQueries>,
  notes: RequestNotes,
  book: PriceBook,
): RequestDetail {
  return {
    ...toSummary(r, notes),
    response_id: r.response_id,
    provider_request_id: r.provider_request_id,
    inference_geo: r.inference_geo,
    recorded_cost_nano_usd: r.recorded_cost_nano_usd,
    gap_before_first_tokens: (r.flags & GAP) === 0 ? null : gapBefore(r.source, r.request_key),
    ...priceBreakdown(book, r),
    source_path: r.source_path,
    source_offset_bytes: r.offset,
    source_state: r.source_state,
    source_available: r.source_state === "active" || r.source_state === "moved",
    children: queries.childrenOf(r.request_key).map((child) => ({
      seq: child.seq,
      request_key: child.request_key,
      part: partName(child),
      model: child.model,
      tokens: toTokens(child),
      cost_nano_usd: child.cost_nano_usd,
      flags: toFlags(child.flags),
    })),
    telemetry: queries.telemetryOf(r.session_pk, r.provider_request_id),
    copies: queries.copiesOf(r),
  };
}

/** `<parent>:advisor:0`: the kind of a part follows its parent's key. */
export function partName({
  request_key,
  parent_key,
}: Pick<RequestRow, "request_key" | "parent_key">): string {
  return request_key.slice((parent_key ?? "").length + 1).split(":")[0] ?? "";
}
