import type { Database } from "bun:sqlite";
import type { PriceBook } from "../price-book.ts";
import { cacheQueries } from "../queries/cache.ts";
import { wasteQueries } from "../queries/waste.ts";
import type { SessionChanges } from "../session-changes.ts";

/**
 * Questions about requests that need the ones before them in their thread. With `changes`, what follows for a whole
 * session is worked out once and kept until one of its rows changes.
 */
export function createJudged(db: Database, book: PriceBook, changes?: SessionChanges) {
  return { cache: cacheQueries(db, book, changes), waste: wasteQueries(db, book, changes) };
}
export type Judged = ReturnType<typeof createJudged>;
