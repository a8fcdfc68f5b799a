import { readConfigFile } from "./config-file.ts";
import { spellings } from "./model-names.ts";
import type { PriceData, PriceRow } from "./price-shape.ts";
import bundled from "./pricing.json";

export type { PriceData, PriceRow, Rates } from "./price-shape.ts";

export type PriceDescription = PriceRow & { price_id: string; above_tokens: number | null };

export type PriceBook = {
  /** Rows of one model, oldest first. */
  readonly rows: ReadonlyMap<string, readonly PriceRow[]>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly notes: ReadonlyMap<string, string>;
  readonly context_tokens: ReadonlyMap<string, number>;
};

/** The bundled prices, with the rows of `prices` in config.json replacing those of the same model. */
export function loadPriceBook(overridesPath?: string): PriceBook {
  const overrides = overridesPath === undefined ? [] : readOverrides(overridesPath);
  return createPriceBook(bundled as PriceData, overrides);
}

let bundledOnce: PriceBook | undefined;
/** The bundled prices. */
export function bundledBook(): PriceBook {
  bundledOnce ??= createPriceBook(bundled as PriceData);
  return bundledOnce;
}

export function createPriceBook(data: PriceData, overrides: readonly PriceRow[] = []): PriceBook {
  const aliases = new Map(Object.entries(data.aliases));
  const notes = new Map(Object.entries(data.notes));
  const rows = group(data.rows);
  const context_tokens = new Map(Object.entries(data.context_tokens ?? {}));
  const base = { rows, aliases, notes, context_tokens };
  const own = overrides.map((row) => ({ ...row, model: resolveModel(base, row.model) ?? row.model }));
  return { ...base, rows: new Map([...rows, ...group(own)]) };
}

/** Context window of a model in tokens; null if its vendor does not publish it. */
export function contextOf(book: PriceBook, model: string): number | null {
  // Clients name a larger window after the model, as in `claude-sonnet-4-5[1m]`.
  if (/\[1m\]$/i.test(model)) return 1_000_000;
  const id = resolveModel(book, model);
  return id === null ? null : (book.context_tokens.get(id) ?? null);
}

/** The price book's id of a model, or null. Exact ids and known ways to write them only: no family, no prefix. */
export function resolveModel(book: PriceBook, model: string): string | null {
  for (const name of spellings(model)) {
    if (book.rows.has(name)) return name;
    const id = book.aliases.get(name);
    if (id !== undefined && book.rows.has(id)) return id;
  }
  return null;
}

/** `model[@from][>tokens]`: names a row, and its long-context tier if that was paid. */
export function priceId(row: PriceRow, above_tokens: number | null): string {
  const owner = row.vendor === "config" ? "config:" : "";
  const tier = above_tokens === null ? "" : `>${above_tokens}`;
  return `${owner}${row.model}${row.from === null ? "" : `@${row.from}`}${tier}`;
}

/** The row behind a stored `price_id` with the rates that applied; null if the book no longer has it. */
export function describePrice(book: PriceBook, price_id: string): PriceDescription | null {
  for (const rows of book.rows.values())
    for (const row of rows) {
      if (priceId(row, null) === price_id) return { ...row, price_id, above_tokens: null };
      for (const { above_tokens, usd_per_mtok } of row.tiers)
        if (priceId(row, above_tokens) === price_id) return { ...row, usd_per_mtok, price_id, above_tokens };
    }
  return null;
}

/** Version of the prices: the same rows have the same id on every machine. */
export type Edition = { id: string; checked_on: string | null };
const editions = new WeakMap<PriceBook, Edition>();

export function editionOf(book: PriceBook): Edition {
  let edition = editions.get(book);
  if (!edition) {
    const rows = [...book.rows.values()].flat();
    const days = rows.flatMap((row) => row.checked_on ?? []).sort();
    const id = new Bun.CryptoHasher("sha256")
      .update(JSON.stringify([...book.rows]))
      .digest("hex")
      .slice(0, 12);
    edition = { id, checked_on: days.at(-1) ?? null };
    editions.set(book, edition);
  }
  return edition;
}

/** Why a model is without a price, as far as it is known. */
export function unpricedNote(book: PriceBook, model: string): string | null {
  const known = spellings(model).find((name) => book.notes.has(name));
  return known === undefined ? null : book.notes.get(known)!;
}

/** Newest rows past their confirmed time: still used, flagged `price_unconfirmed`, named by `doctor`. */
export function unconfirmedPrices(book: PriceBook, time_unix_ms: number): PriceRow[] {
  const today = new Date(time_unix_ms).toISOString().slice(0, 10);
  return [...book.rows.values()].flatMap((rows) => {
    const last = rows.findLast((row) => row.from === null || row.from <= today);
    return last?.until != null && last.until <= today ? [last] : [];
  });
}

function group(list: readonly PriceRow[]): Map<string, PriceRow[]> {
  const grouped = new Map<string, PriceRow[]>();
  for (const row of list) grouped.set(row.model, [...(grouped.get(row.model) ?? []), row]);
  for (const rows of grouped.values()) rows.sort((a, b) => ((a.from ?? "") < (b.from ?? "") ? -1 : 1));
  return grouped;
}

function readOverrides(path: string): PriceRow[] {
  const config = readConfigFile(path);
  if (isWithoutPrices(config.value)) return [];
  // Validating a row needs zod, which takes longer to load than any price query takes to run.
  const { overridesIn } = require("./price-shape.ts") as typeof import("./price-shape.ts");
  return overridesIn(config);
}

function isWithoutPrices(config: unknown): boolean {
  return typeof config === "object" && config !== null && !Array.isArray(config) && !("prices" in config);
}
