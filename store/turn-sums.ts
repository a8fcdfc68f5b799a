import type { Database } from "bun:sqlite";
import { addSums, noSums, SUM_NAMES, SUM_OF_REQUEST, type Sums } from "./sums.ts";
import { columnsOf, insertInto } from "./table.ts";
import { ITEM_FIELDS, type RequestRow, TURN_KEYS, TURN_ROLLUP } from "./tables/requests.ts";

const TEXTS = ["prompt_id", "agent_id", "model", ...TURN_KEYS] as const;
const ITEMS = [...ITEM_FIELDS, "priced_entries"] as const;
const COLUMNS = columnsOf(TURN_ROLLUP);
const KEY = ["bucket_unix_ms", "session_pk", ...TEXTS] as const;
const ADDED = [...SUM_NAMES, ...ITEMS].map((name) => `${name} = ${name} + excluded.${name}`).join(", ");

export type TurnRequest = Pick<
  RequestRow,
  "session_pk" | (typeof TEXTS)[number] | (typeof ITEM_FIELDS)[number]
> &
  Pick<RequestRow, "cost_nano_usd">;
type Part = {
  bucket: number;
  session_pk: number;
  texts: string[];
  sums: Sums;
  items: number[];
  of: TurnRequest;
};

/** Written out: they run for every stored response. */
const isSame = new Function(
  "a",
  "b",
  `return a.session_pk === b.session_pk && ${TEXTS.map((t) => `a.${t} === b.${t}`).join(" && ")};`,
) as (a: TurnRequest, b: TurnRequest) => boolean;
const addItems = new Function(
  "into",
  "row",
  "sign",
  [
    ...ITEM_FIELDS.map((name, i) => `into[${i}] += sign * (row.${name} ?? 0);`),
    `into[${ITEM_FIELDS.length}] += row.cost_nano_usd === null ? 0 : sign;`,
  ].join("\n"),
) as (into: number[], row: TurnRequest, sign: 1 | -1) => void;

/** Collects one transaction's differences by turn and purpose. */
export function createTurnSums(db: Database) {
  const parts = new Map<string, Part>();
  let last: Part | undefined;
  const put = db.query(insertInto(TURN_ROLLUP, COLUMNS, `on conflict do update set ${ADDED}`));
  const dropEmpty = db.query(`delete from turn_rollup where ${KEY.map((name) => `${name} = ?`).join(" and ")}
    and ${[...SUM_NAMES, ...ITEMS].map((name) => `${name} = 0`).join(" and ")}`);
  const isEmpty = (p: Part) => SUM_NAMES.every((s) => p.sums[s] === 0) && p.items.every((n) => n === 0);

  function partOf(bucket: number, row: TurnRequest): Part {
    if (last?.bucket === bucket && isSame(last.of, row)) return last;
    const texts = TEXTS.map((name) => row[name] ?? "");
    const key = JSON.stringify([bucket, row.session_pk, texts]);
    const { session_pk } = row;
    const items = ITEMS.map(() => 0);
    const part = parts.get(key) ?? { bucket, session_pk, texts, sums: noSums(), items, of: row };
    parts.set(key, part);
    return part;
  }

  return {
    add(bucket: number, row: TurnRequest, sums: Sums, sign: 1 | -1): void {
      last = partOf(bucket, row);
      addSums(last.sums, sums, sign);
      addItems(last.items, row, sign);
    },
    flush(hasShrunk: boolean): void {
      for (const part of parts.values()) {
        const { bucket, session_pk, texts, sums, items } = part;
        if (!isEmpty(part)) put.run(bucket, session_pk, ...texts, ...SUM_NAMES.map((s) => sums[s]), ...items);
        if (hasShrunk) dropEmpty.run(bucket, session_pk, ...texts);
      }
    },
    clear(): void {
      last = undefined;
      parts.clear();
    },
  };
}

const NOT_EMPTY = [...SUM_NAMES, ...ITEMS].map((name) => `${name} <> 0`).join(" or ");
const TEXT_SQL = TEXTS.map((name) => `coalesce(${name}, '') as ${name}`).join(", ");
const SUM_SQL = SUM_NAMES.map((name) => `sum(${SUM_OF_REQUEST[name]}) as ${name}`).join(", ");
const ITEM_SQL = ITEM_FIELDS.map((name) => `sum(coalesce(${name}, 0)) as ${name}`).join(", ");

/** The sums of the rows, and the stored sums: the same rows if they are correct. */
export function turnPair(bucket_ms: number): readonly [string, string] {
  const keys = KEY.map((_, i) => i + 1).join(", ");
  return [
    `select * from (select time_unix_ms - time_unix_ms % ${bucket_ms} as bucket_unix_ms, session_pk, ${TEXT_SQL}, ${SUM_SQL},
      ${ITEM_SQL}, count(cost_nano_usd) as priced_entries from requests group by ${keys}) where ${NOT_EMPTY}`,
    `select ${COLUMNS.join(", ")} from turn_rollup where ${NOT_EMPTY}`,
  ];
}
