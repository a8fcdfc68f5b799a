import * as z from "zod";
import type { Health, Reject } from "../../schema/api-health.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { AppError } from "../../schema/errors.ts";
import type { Uncertain } from "../../schema/uncertain.ts";
import { checkQueries } from "../../store/checks.ts";
import {
  bundledBook,
  editionOf,
  type PriceBook,
  resolveModel,
  unconfirmedPrices,
  unpricedNote,
} from "../../store/price-book.ts";
import { hookGapQueries } from "../../store/queries/hook-gaps.ts";
import { metricTotalsQueries } from "../../store/queries/metric-totals.ts";
import { type RejectRow, rejectQueries } from "../../store/queries/rejects.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, times, toCursor } from "./answer.ts";
import { lineNumbers } from "./line-numbers.ts";

const Before = z.tuple([z.literal("reject"), z.int().positive()]);
/** Sessions of `hall-monitor doctor`. */
const DOCTOR = "doctor-%";

export function healthHandlers(deps: ViewerDeps) {
  const checks = checkQueries(deps.reader);
  const rejects = rejectQueries(deps.reader);
  const totals = metricTotalsQueries(deps.reader);
  const gaps = hookGapQueries(deps.reader);
  const book = deps.book ?? bundledBook();
  const measured = () => {
    if (!deps.health) throw new AppError("not_running", "Health is measured by the daemon only");
    return deps.health;
  };
  return {
    "GET /api/health": () => {
      const at = deps.now?.() ?? Date.now();
      const sessions = gaps.since(at - WEEK_MS, at);
      return {
        data: {
          sources: checks.filesBySource(),
          uncertain: uncertainOf(totals),
          rejects: rejects.byReason(),
          recovered_records: checks.linesOf("recovered"),
          reduced_lines: checks.linesOf("reduced"),
          unknown_lines: checks.unknownLines(),
          prices: pricesOf(book, totals, at),
          hook_delay: deps.health?.hookDelay() ?? null,
          last_hook_unix_ms: checks.lastHookUnixMs(DOCTOR),
          hook_gaps: {
            sessions: sessions.length,
            incomplete: sessions.filter((s) => s.missing > 0).length,
            missing: sessions.reduce((sum, s) => sum + s.missing, 0),
          },
          storage: deps.health?.storage() ?? null,
        },
      };
    },
    "GET /api/health/hooks": async () => ({ data: await measured().hooks() }),
    "GET /api/health/settings": () => ({ data: measured().settings() }),
    "GET /api/health/rejects": ({ query }) => {
      const { zone, from_unix_ms, until_unix_ms } = times(deps, query);
      const before = fromCursor(query.cursor, Before)?.[1];
      const rows = rejects.newest({ ...query, from_unix_ms, until_unix_ms }, before, query.limit + 1);
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      const next_cursor = last ? toCursor(["reject", last.reject_pk]) : null;
      return { data: withLines(page), time_zone: zone, next_cursor };
    },
  } satisfies Partial<Handlers>;
}

function uncertainOf(totals: ReturnType<typeof metricTotalsQueries>): Uncertain {
  const sum = { provisional_requests: 0, implausible_requests: 0, inferred_id_requests: 0 };
  for (const of of totals.models()) {
    sum.provisional_requests += of.provisional_requests;
    sum.implausible_requests += of.implausible_requests;
    sum.inferred_id_requests += of.inferred_id_requests;
  }
  return sum;
}

function withLines(rows: RejectRow[]): Reject[] {
  const byPath = Map.groupBy(rows, (row) => row.path);
  const lines = new Map(
    [...byPath].map(([path, of]) => [
      path,
      lineNumbers(
        path,
        of.map((row) => row.offset),
      ),
    ]),
  );
  return rows.map(({ reject_pk: _, ...row }) => ({
    ...row,
    line: lines.get(row.path)?.get(row.offset) ?? null,
  }));
}

function pricesOf(
  book: PriceBook,
  totals: ReturnType<typeof metricTotalsQueries>,
  at: number,
): Health["prices"] {
  const { id, checked_on } = editionOf(book);
  const models = Map.groupBy(totals.models(), (row) => row.model);
  const used = new Set([...models.keys()].map((model) => resolveModel(book, model) ?? model));
  const unpriced = [...models].flatMap(([model, rows]) => {
    const requests = rows.reduce((sum, row) => sum + row.unpriced_requests, 0);
    const tokens = rows.reduce((sum, row) => sum + row.unpriced_tokens, 0);
    return requests === 0 ? [] : [{ model, requests, tokens, note: unpricedNote(book, model) }];
  });
  return {
    edition: id,
    checked_on,
    unpriced: unpriced.sort((a, b) => b.tokens - a.tokens || (a.model < b.model ? -1 : 1)),
    outdated: unconfirmedPrices(book, at)
      .filter((row) => used.has(row.model))
      .map((row) => ({ model: row.model, until: row.until ?? "", checked_on: row.checked_on })),
  };
}
