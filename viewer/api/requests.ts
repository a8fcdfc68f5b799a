import type { Hono } from "hono";
import * as z from "zod";
import { RequestParams, RequestsQuery } from "../../schema/api-params.ts";
import type { RequestDetail, RequestSummary } from "../../schema/api-shapes.ts";
import { AppError } from "../../schema/errors.ts";
import { toFlags } from "../../schema/usage.ts";
import { type RequestRow, requestQueries } from "../../store/queries/requests.ts";
import { toTokens } from "../../store/queries/totals.ts";
import type { Env, ViewerDeps } from "../deps.ts";
import { answer, fromCursor, params, query, times, toCursor } from "./answer.ts";

const Before = z.tuple([z.literal("request"), z.int().positive()]);

export function requestRoutes(app: Hono<Env>, deps: ViewerDeps): void {
  const queries = requestQueries(deps.reader);

  app.get("/api/requests", (c) => {
    const { unpriced, limit, cursor, ...asked } = query(c, RequestsQuery);
    const { zone, from_unix_ms, until_unix_ms } = times(deps, asked);
    const filter = { ...asked, unpriced: unpriced && unpriced === "true", from_unix_ms, until_unix_ms };
    const rows = queries.newest(filter, fromCursor(cursor, Before)?.[1], limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const next_cursor = last ? toCursor(["request", last.seq]) : null;
    return answer(c, deps, page.map(toSummary), { time_zone: zone, next_cursor });
  });

  app.get("/api/requests/:id", (c) => {
    const { id } = params(c, RequestParams);
    const row = queries.find(id);
    if (!row) throw new AppError("not_found", `There is no request ${id}`);
    return answer(c, deps, toDetail(row, queries));
  });
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
  };
}

function toDetail(r: RequestRow, queries: ReturnType<typeof requestQueries>): RequestDetail {
  return {
    ...toSummary(r),
    response_id: r.response_id,
    provider_request_id: r.provider_request_id,
    inference_geo: r.inference_geo,
    recorded_cost_nano_usd: r.recorded_cost_nano_usd,
    line_items: [
      { item: "input", quantity: r.uncached_input_tokens, cost_nano_usd: r.input_nano_usd },
      {
        item: "cache_creation_5m",
        quantity: r.cache_creation_5m_input_tokens,
        cost_nano_usd: r.cache_creation_5m_nano_usd,
      },
      {
        item: "cache_creation_1h",
        quantity: r.cache_creation_1h_input_tokens,
        cost_nano_usd: r.cache_creation_1h_nano_usd,
      },
      { item: "cache_read", quantity: r.cache_read_input_tokens, cost_nano_usd: r.cache_read_nano_usd },
      { item: "output", quantity: r.output_tokens, cost_nano_usd: r.output_nano_usd },
      { item: "web_search", quantity: r.web_search_requests, cost_nano_usd: r.web_search_nano_usd },
    ],
    source_path: r.source_path,
    source_offset_bytes: r.offset,
    children: queries.childrenOf(r.request_key),
    copies: queries.copiesOf(r),
  };
}
