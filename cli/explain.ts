import type { Database } from "bun:sqlite";
import type { RequestDetail } from "../schema/api-requests.ts";
import type { Totals } from "../schema/api-shapes.ts";
import { type CostItem, PRICED_KINDS } from "../schema/usage-kinds.ts";
import { type PriceBook, unpricedNote } from "../store/price-book.ts";
import { requestNotes } from "../store/queries/request-notes.ts";
import { requestQueries } from "../store/queries/requests.ts";
import { toTotals } from "../store/queries/totals.ts";
import { type Entry, type ModelSums, type Subject, whyQueries } from "../store/queries/why.ts";
import { addSums, noSums } from "../store/sums.ts";
import { partName, toDetail } from "../viewer/api/requests.ts";

type Shown = Pick<Entry, "seq" | "request_key" | "time_unix_ms" | "cost_nano_usd" | "total_tokens"> & {
  /** Empty for a request, else the kind of its part: advisor, compaction, search, fallback. */
  part: string;
};
export type ModelReason = Totals & {
  model: string;
  /** Sums of the stored items; together they are the cost. */
  line_items: { item: CostItem; quantity: number; cost_nano_usd: number }[];
  price_ids: string[];
  unpriced_reason: string | null;
  /** The most expensive entries; with `rest` they add up to the model's tokens and cost. */
  entries: Shown[];
  rest: { entries: number; total_tokens: number; cost_nano_usd: number };
};
export type Reasons = {
  total: Totals;
  models: ModelReason[];
  /** Context that the session's files repeat from other sessions, which is billed there. */
  inherited: { session_key: string; requests: number }[];
};

/** By seq, by key, or by a vendor's id; null if there is none. */
export function explainRequest(db: Database, book: PriceBook, id: string): RequestDetail | null {
  const queries = requestQueries(db);
  const row = queries.find(id) ?? queries.find(`${whyQueries(db).findByVendorId(id) ?? ""}`);
  return row ? toDetail(row, queries, requestNotes(db, book)([row])(row.seq), book) : null;
}

/** Explains the cost of a session or a day: the stored integers, by model, down to single requests. */
export function explainSum(db: Database, book: PriceBook, subject: Subject, top: number): Reasons {
  const queries = whyQueries(db);
  const total = noSums();
  const models = queries.byModel(subject).map((sums) => {
    addSums(total, sums);
    return toReason(book, sums, queries.dearest(subject, sums.model, top));
  });
  const inherited = "session_pk" in subject ? queries.inheritedBy(subject.session_pk) : [];
  return { total: toTotals(total), models, inherited };
}

function toReason(book: PriceBook, sums: ModelSums, dearest: Entry[]): ModelReason {
  const totals = toTotals(sums);
  const shown = (of: (e: Entry) => number) => dearest.reduce((n, e) => n + of(e), 0);
  return {
    model: sums.model,
    ...totals,
    // A model that only failed, unbilled, has entries and no request: its cost is known, and 0.
    cost_nano_usd: sums.entries > sums.unpriced_requests ? sums.cost_nano_usd : null,
    line_items: PRICED_KINDS.map(({ item, field }) => ({
      item,
      quantity: sums[field],
      cost_nano_usd: sums[`${item}_nano_usd`],
    })),
    price_ids: (JSON.parse(sums.price_ids) as string[]).sort(),
    unpriced_reason:
      sums.unpriced_requests > 0 ? (unpricedNote(book, sums.model) ?? "no price is known") : null,
    entries: dearest.map(({ parent_key, ...entry }) => ({
      ...entry,
      part: parent_key === null ? "" : partName({ request_key: entry.request_key, parent_key }),
    })),
    rest: {
      entries: sums.entries - dearest.length,
      total_tokens: totals.total_tokens - shown((e) => e.total_tokens),
      cost_nano_usd: sums.cost_nano_usd - shown((e) => e.cost_nano_usd ?? 0),
    },
  };
}
