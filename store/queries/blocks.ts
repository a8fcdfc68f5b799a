import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/events.ts";
import { SUM_NAMES, SUM_OF_REQUEST, type Sums } from "../sums.ts";
import { inScope, type Params, type Scope } from "./scope.ts";
import type { Range } from "./zone.ts";

export const BLOCK_MS = 5 * 3_600_000;
const HOUR_MS = 3_600_000;

export type Block = Range & {
  source: SourceName;
  /** First and last request of the block, regardless of filters. */
  first_unix_ms: number;
  last_unix_ms: number;
  /** Requests by model. */
  usage: { model: string; sums: Sums }[];
};
export type BlockFilter = Scope & Range & { model?: string | undefined };
type BlockRequestRow = Sums & { source: SourceName; time_unix_ms: number; model: string; is_mine: 0 | 1 };

/**
 * The five hours in which an account's limit counts: a block starts at the full UTC hour of its first request and
 * contains the requests of the next five hours, unless five hours pass without one. Blocks are a property of the
 * account, so a filter selects what is summed and never moves a block.
 */
export function blockQueries(db: Database) {
  return {
    blocks(filter: BlockFilter): Block[] {
      const scope = inScope(db, { session_id: filter.session_id, project: filter.project }, "r.session_pk");
      const mine = [scope.sql, "r.time_unix_ms >= $from", "r.time_unix_ms < $until"];
      const params: Params = { ...scope.params, from: filter.from_unix_ms, until: filter.until_unix_ms };
      if (filter.model !== undefined) {
        mine.push("r.model = $model");
        params.model = filter.model;
      }
      if (filter.source !== undefined) params.source = filter.source;
      const rows = db.query<BlockRequestRow, Params>(`
        select r.source, r.time_unix_ms, r.model, ${mine.join(" and ")} as is_mine, ${SUMS_OF_ONE}
        from requests r where ${filter.source === undefined ? "true" : "r.source = $source"} order by r.time_unix_ms`);
      const last = new Map<SourceName, Block>();
      const found: Block[] = [];
      for (const row of rows.iterate(params)) {
        let block = last.get(row.source);
        if (!block || isNext(block, row.time_unix_ms)) {
          block = begin(row);
          last.set(row.source, block);
          found.push(block);
        }
        block.last_unix_ms = row.time_unix_ms;
        if (row.is_mine) block.usage.push({ model: row.model, sums: row });
      }
      return found.filter((block) => block.usage.length > 0);
    },
  };
}

function isNext(block: Block, unixMs: number): boolean {
  return unixMs > block.until_unix_ms || unixMs - block.last_unix_ms > BLOCK_MS;
}

function begin({ source, time_unix_ms }: BlockRequestRow): Block {
  const from_unix_ms = Math.floor(time_unix_ms / HOUR_MS) * HOUR_MS;
  return {
    source,
    from_unix_ms,
    until_unix_ms: from_unix_ms + BLOCK_MS,
    first_unix_ms: time_unix_ms,
    last_unix_ms: time_unix_ms,
    usage: [],
  };
}

/** The sums of one request. */
const SUMS_OF_ONE = SUM_NAMES.map((name) => `${SUM_OF_REQUEST[name]} as ${name}`).join(", ");
