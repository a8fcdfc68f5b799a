import type { Database } from "bun:sqlite";
import type { PriceBook } from "../price-book.ts";
import { cacheQueries } from "../queries/cache.ts";
import { turnTools } from "../queries/turn-tools.ts";
import { wasteQueries } from "../queries/waste.ts";
import type { SessionChanges } from "../session-changes.ts";

/**
 * Questions about requests that need the ones before them in their thread, or the calls of their turn. With `changes`,
 * the results of a whole session are computed once and cached until one of its rows changes.
 */
export function createJudged(db: Database, book: PriceBook, changes?: SessionChanges) {
  const cache = cacheQueries(db, book, changes);
  const waste = wasteQueries(db, book, changes);
  const toolsOf = turnTools(db, changes);
  return {
    cache,
    waste,
    toolsOf,
    /** Computes what queries about this session need, unless it is cached. */
    keep(session_pk: number): void {
      cache.keep(session_pk);
      waste.keep(session_pk);
      toolsOf([session_pk]);
    },
  };
}
export type Judged = ReturnType<typeof createJudged>;
