import * as z from "zod";
import { gapBefore } from "../../collector/sources/vendors.ts";
import type { RequestDetail, RequestSummary } from "../../schema/api-requests.ts";
import { AppError } from "../../schema/errors.ts";
import { flagBit, toFlags } from "../../schema/usage.ts";
import { COST_ITEMS } from "../../schema/usage-kinds.ts";
import { attributionOf } from "../../store/attribution.ts";
import { bundledBook, type PriceBook } from "../../store/price-book.ts";
import { priceBreakdown } from "../../store/price-breakdown.ts";
import { type RequestRow, requestQueries } from "../../store/queries/requests.ts";
import { toTokens } from "../../store/queries/totals.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, times, toCursor } from "./answer.ts";

const GAP = flagBit("gap_before_first");
const Before = z.tuple([z.literal("request"), z.int(), z.int().positive()]);
const toPlace = (before: z.infer<typeof Before> | undefined) =>
  before && { time_unix_ms: before[1], seq: before[2] };

export function requestHandlers(deps: ViewerDeps) {
  const queries = requestQueries(deps.reader);
  const book = deps.book ?? bundledBook();

  return {
    "GET /api/requests": ({ query: { unpriced, limit, cursor, ...scope } }) => {
      const { zone, from_unix_ms, until_unix_ms } = times(deps, scope);
      const filter = { ...scope, unpriced: unpriced && unpriced === "true", from_unix_ms, until_unix_ms };
      const rows = queries.newest(filter, toPlace(fromCursor(cursor, Before)), limit + 1);
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const next_cursor = last ? toCursor(["request", last.time_unix_ms, last.seq]) : null;
      return { data: page.map(toSummary), time_zone: zone, next_cursor };
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
      return { data: toDetail(row, queries, book) };
    },
  } satisfies Partial<Handlers>;
}

function toSummary(r: RequestRow): RequestSummary {
  return {
    seq: r.seq,
    request_key: r.request_key,
    parent_key: r.parent_key,
    session_key: r.session_key,
    project_path: r.project_path,
    agent_id: r.agent_id,
    prompt_id: r.prompt_id,
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
  };
}

/** Everything about one request, as the route and `why` show it. */
export function toDetail(
  r: RequestRow,
  queries: ReturnType<typeof requestQueries>,
  book: PriceBook,
): RequestDetail {
  return {
    ...toSummary(r),
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

/** `<parent>:advisor:0`: what a part is follows its parent's key. */
export function partName({
  request_key,
  parent_key,
}: Pick<RequestRow, "request_key" | "parent_key">): string {
  return request_key.slice((parent_key ?? "").length + 1).split(":")[0] ?? "";
}
