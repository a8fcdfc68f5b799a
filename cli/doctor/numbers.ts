import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listed } from "../../schema/text.ts";
import { uncertainNotes } from "../../schema/uncertain.ts";
import { checkQueries } from "../../store/checks.ts";
import { DATABASE_FILE, openReader } from "../../store/database.ts";
import {
  describePrice,
  loadPriceBook,
  type PriceBook,
  priceId,
  unconfirmedPrices,
  unpricedNote,
} from "../../store/price-book.ts";
import { metricTotalsQueries } from "../../store/queries/metric-totals.ts";
import { WARN_DAYS } from "../../store/queries/retention.ts";
import { toCoverage } from "../../store/queries/totals.ts";
import { addSums, noSums, type Sums } from "../../store/sums.ts";
import { counted, toBytes, toCount } from "../format.ts";
import { sourceRetention } from "../source-retention.ts";
import { type Check, ok, type Patient, warn } from "./check.ts";

const MOST_NAMED = 10;

/** Usage that is not in the cost, or in it at a price that may have changed. */
export function prices(patient: Patient): Check[] {
  const { data_dir } = patient.config;
  const book = loadPriceBook(join(data_dir, "config.json"));
  return withStore(data_dir, (db) => {
    const queries = checkQueries(db);
    const sums = sumsOf(db);
    return [
      unknownPrices(book, queries, toCoverage(sums).priced_tokens_percent),
      endedPrices(book, queries, patient.now),
      uncertainFigures(sums),
    ];
  });
}

type Queries = ReturnType<typeof checkQueries>;

function sumsOf(db: Database): Sums {
  const all = noSums();
  for (const sums of metricTotalsQueries(db).models()) addSums(all, sums);
  return all;
}

/** Requests with figures, times or identities that are not all as the client reported them. */
function uncertainFigures(sums: Sums): Check {
  const notes = uncertainNotes(toCoverage(sums));
  if (notes.length === 0) return ok("figures", "all figures are final, plausible and have a vendor id");
  return warn("figures", notes.join("; "), "`hall-monitor why REQUEST` shows the flags of a request");
}

function unknownPrices(book: PriceBook, queries: Queries, percent: number): Check {
  const models = queries.unpricedModels();
  if (models.length === 0) return ok("prices", "known for every model");
  const unpriced = models.map(({ model, requests, tokens }) => {
    const note = unpricedNote(book, model);
    const volume = `${counted(tokens, "token")} in ${counted(requests, "request")}`;
    return `${listed([model]) || "an unnamed model"} (${volume}${note === null ? "" : `; ${note}`})`;
  });
  return warn(
    "prices",
    `unknown for ${list(unpriced)}; ${percent} % of all tokens have one`,
    "their cost is shown as —; add a price under `prices` in config.json, then `hall-monitor recost`",
  );
}

function endedPrices(book: PriceBook, queries: Queries, now: number): Check {
  const past = new Set(unconfirmedPrices(book, now).map((row) => priceId(row, null)));
  const found = queries.usedPrices().flatMap(({ price_id, requests, unconfirmed }) => {
    const row = describePrice(book, price_id);
    if (unconfirmed === 0 && !past.has(price_id.split(">")[0] ?? "")) return [];
    const time =
      row === null
        ? "no longer in the price book"
        : `${span(row)}, checked on ${row.checked_on ?? "an unknown day"}`;
    return [
      `${price_id} (${time}; ${toCount(unconfirmed)} of ${counted(requests, "request")} outside of it)`,
    ];
  });
  if (found.length === 0) return ok("price dates", "every price in use is within its confirmed period");
  return warn(
    "price dates",
    list(found),
    "check the vendor's price page; `prices` in config.json overrides the bundled prices",
  );
}

function span({ from, until }: { from: string | null; until: string | null }): string {
  if (until === null) return from === null ? "without dates" : `from ${from}`;
  return `confirmed until ${until}`;
}

/** Warns before the client deletes transcripts; their cost is kept here. */
export function transcripts({ config, now }: Patient): Check[] {
  return withStore(config.data_dir, (db) => {
    const found = sourceRetention(db, config, now);
    if (found === null) return [];
    const { files_expiring, oldest_age_days, days_until_sweep, cleanup_period_days, bytes_per_day } = found;
    const kept = `Claude Code deletes transcripts after ${counted(cleanup_period_days, "day")} without a change`;
    if (files_expiring === 0)
      return [ok("transcripts", `${kept}; the oldest is ${counted(oldest_age_days, "day")} old`)];
    return [
      warn(
        "transcripts",
        `${counted(files_expiring, "file")} will be deleted within ${WARN_DAYS} days, the oldest (${counted(oldest_age_days, "day")}) ${days_until_sweep === 0 ? "at its next start" : `in ${counted(days_until_sweep, "day")}`}: ${kept}`,
        `tokens and cost stay here, the conversations do not; raise cleanupPeriodDays in Claude's settings.json (a day takes ${toBytes(bytes_per_day)})`,
      ),
    ];
  });
}

function withStore(data_dir: string, check: (db: Database) => Check[]): Check[] {
  if (!existsSync(join(data_dir, DATABASE_FILE))) return [];
  const db = openReader(data_dir);
  try {
    return check(db);
  } finally {
    db.close();
  }
}

function list(found: string[]): string {
  return (
    found.slice(0, MOST_NAMED).join(", ") +
    (found.length > MOST_NAMED ? ` and ${toCount(found.length - MOST_NAMED)} more` : "")
  );
}
