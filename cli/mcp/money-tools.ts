import { join } from "node:path";
import * as z from "zod";
import { METRICS, PERIODS } from "../../schema/api-params.ts";
import { AppError } from "../../schema/errors.ts";
import { GROUPS } from "../../schema/groups.ts";
import { AGENTS } from "../../schema/vendor-texts.ts";
import { VENDOR_NAMES } from "../../schema/vendors.ts";
import { loadPriceBook } from "../../store/price-book.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { explainRequest, explainSum } from "../explain.ts";
import { fullId } from "../session-id.ts";
import { dollars, tool } from "./tool.ts";

const MOST_ROWS = 100;

export const cost = tool({
  name: "cost",
  title: "Cost and tokens over time",
  description:
    "Cost, tokens or counts by hour, day, week or month, optionally by model, project, session, source or plan. A cost of null means that no price is known; it is never reported as 0.",
  input: z.object({
    period: z.enum(PERIODS).default("day"),
    metric: z.enum(METRICS).default("cost"),
    group_by: z.enum(GROUPS).optional(),
    since: z.string().max(40).optional().describe("ISO 8601 or YYYY-MM-DD; default: everything"),
    until: z.string().max(40).optional(),
    project: z.string().min(1).max(1000).optional(),
    session: z.string().min(1).max(200).optional(),
  }),
  async run({ since, until, session, ...query }, { app }) {
    const { data, time_zone } = await app.call("GET /api/aggregations", {
      query: { ...query, start_time: since, end_time: until, session_id: session },
    });
    const value = (v: number | null) => (query.metric === "cost" ? dollars(v) : v);
    const rows = data.rows.slice(-MOST_ROWS);
    return {
      unit: query.metric === "cost" ? "usd" : query.metric,
      time_zone,
      total: value(data.total),
      coverage: data.coverage,
      groups: data.groups.slice(0, 30).map((g) => ({ ...g, value: value(g.value) })),
      rows: rows.map((r) => ({ bucket: r.bucket, group: r.group, value: value(r.value) })),
      rows_left_out: data.rows.length - rows.length,
    };
  },
});

export const limits = tool({
  name: "limits",
  title: "Rate limits now",
  description: `Every window of the rate limits of ${AGENTS}: percent used, pace, seconds to the reset, forecast and age of the sample. Use it before starting expensive work.`,
  input: z.object({ source: z.enum(VENDOR_NAMES).optional() }),
  async run({ source }, { app }) {
    const { data } = await app.call("GET /api/limits", { query: source === undefined ? {} : { source } });
    return { windows: data.windows, credits: data.credits };
  },
});

export const why = tool({
  name: "why",
  title: "Breakdown of a cost",
  description:
    "A request (seq, key or the vendor's id) or a session, down to tokens × price and the most expensive requests. Amounts are whole nano-USD.",
  input: z.object({
    id: z.string().min(1).max(400),
    top: z.int().min(0).max(20).default(5).describe("most expensive requests of each model"),
  }),
  run({ id, top }, { db, config }) {
    const book = loadPriceBook(join(config.data_dir, "config.json"));
    const request = explainRequest(db, book, id);
    if (request) return { kind: "request", ...request };
    const found = sessionQueries(db).find(fullId(db, id));
    if (found) return { kind: "session", id, ...explainSum(db, book, { session_pk: found.session_pk }, top) };
    throw new AppError("not_found", `Request or session ${id} not found`, { hint: "ask `sessions`" });
  },
});
