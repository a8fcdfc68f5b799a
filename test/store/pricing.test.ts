import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../schema/errors.ts";
import { difference, generate, print } from "../../scripts/prices.ts";
import { cost } from "../../store/cost.ts";
import {
  createPriceBook,
  describePrice,
  loadPriceBook,
  resolveModel,
  unconfirmedPrices,
  unpricedNote,
} from "../../store/price-book.ts";
import { PriceData } from "../../store/price-shape.ts";
import frozen from "../fixtures/prices/book.json";
import { frozenBook, request } from "./prices.ts";

const shipped = loadPriceBook();
const shippedFile = Bun.file(new URL("../../store/pricing.json", import.meta.url));

describe.each([
  ["frozen", frozenBook],
  ["shipped", shipped],
])("the %s book", (_, book) => {
  const rates = (model: string) => {
    const id = resolveModel(book, model);
    const { input, output } = (id === null ? undefined : book.rows.get(id)!.at(-1)!.usd_per_mtok) ?? {};
    return [input, output];
  };

  test("C33 a date never leads to another model's price", () => {
    expect(rates("claude-opus-4-20250514")).toEqual([15, 75]);
    expect(rates("claude-sonnet-4-20250514")).toEqual([3, 15]);
  });

  test("F003.A1 C33 the ways to write claude-opus-4-5 are one model", () => {
    for (const model of [
      "claude-opus-4-5-20251101",
      "claude-opus-4-5@20251101",
      "us.anthropic.claude-opus-4-5-20251101-v1:0",
      "global.anthropic.claude-opus-4-5-20251101-v1:0",
      "anthropic.claude-opus-4-5-20251101-v1:0",
      "arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0",
      "anthropic/claude-opus-4.5",
      "openrouter/anthropic/claude-opus-4.5",
    ]) {
      expect([model, resolveModel(book, model)]).toEqual([model, "claude-opus-4-5"]);
      expect(rates(model)).toEqual([5, 25]);
    }
  });

  test("C33 [1m] changes the context, not the price", () => {
    expect(resolveModel(book, "claude-opus-5-5[1m]")).toBe("claude-opus-5-5");
    expect(resolveModel(book, "us.anthropic.claude-opus-5-5[1m]")).toBe("claude-opus-5-5");
  });

  test("F003.A2 C33 no family, no prefix, no default", () => {
    for (const model of [
      "claude-opus-9-1",
      "gpt-6",
      "gpt-6-astra-pro",
      "glm-5.2",
      "",
      " ",
      "unknown",
      "claude",
      "claude-opus-4-5-fast",
      "codex-auto-review",
      "__proto__",
      "constructor",
    ])
      expect([model, resolveModel(book, model)]).toEqual([model, null]);
  });

  test("EC003 C33 an unknown model is null in every item and flagged", () => {
    const { flags, ...items } = cost(book, request("claude-opus-9-1", { output_tokens: 5 }));
    expect(Object.values(items)).toEqual(Array(8).fill(null));
    expect(flags).toBeGreaterThan(0);
  });

  test("X23 the book explains why codex-auto-review has no price", () => {
    expect(unpricedNote(book, "codex-auto-review")).toContain("ources disagree");
    expect(unpricedNote(book, "claude-opus-5-5")).toBeNull();
  });

  test("X11 doctor can name the row with a confirmation that ran out", () => {
    const names = (day: string) => unconfirmedPrices(book, Date.parse(day)).map((row) => row.model);
    expect(names("2026-11-21")).toEqual([]);
    expect(names("2026-11-22")).toEqual(["gpt-5.6-sol"]);
  });

  test("F003 a stored price_id leads back to its rates, source and dates", () => {
    const usage = { uncached_input_tokens: 200_000, output_tokens: 1 };
    const { price_id } = cost(book, request("claude-haiku-5-5", usage));
    expect(price_id).toBe("claude-haiku-5-5@2026-10-07>100000");
    expect(describePrice(book, price_id!)).toMatchObject({
      model: "claude-haiku-5-5",
      above_tokens: 100_000,
      from: "2026-10-07",
      until: null,
      checked_on: "2026-11-20",
      source_url: expect.stringMatching(/^https:/),
      usd_per_mtok: { input: 0.5, cache_creation_5m: 0.625, cache_read: 0.05, output: 2.5 },
    });
    expect(describePrice(book, "claude-haiku-5-5@2020-01-01")).toBeNull();
  });
});

describe("the shipped book", () => {
  const LATEST = Date.parse("2026-11-20T12:00:00Z");
  const uses = [
    { uncached_input_tokens: 1000, output_tokens: 1000 },
    { uncached_input_tokens: 90_000, cache_read_input_tokens: 10_000 },
    { cache_creation_5m_input_tokens: 1000 },
  ];

  test.each(frozen.rows.map((row) => [row.model, row.from ?? row.until ?? "2026-11-20"] as const))(
    "F003 %s (%s) costs what is in the frozen list",
    (model, day) => {
      for (const usage of uses)
        for (const at of [day, "2026-11-20T12:00:00Z"])
          for (const inference_geo of ["global", "us"]) {
            const usedRequest = request(model, usage, { at, inference_geo });
            const { cost_nano_usd } = cost(frozenBook, usedRequest);
            expect(cost_nano_usd).toBeGreaterThan(0);
            expect([at, cost(shipped, usedRequest).cost_nano_usd]).toEqual([at, cost_nano_usd]);
          }
    },
  );

  test("F003 every row has a source, a date and an order without overlap", async () => {
    const { rows, aliases } = PriceData.parse(await shippedFile.json());
    for (const row of rows) {
      expect(row.source_url).toMatch(/^https:\/\//);
      expect(row.checked_on).toMatch(/^2026-/);
      for (const tier of row.tiers)
        expect(tier.usd_per_mtok.input).toBeGreaterThanOrEqual(row.usd_per_mtok.input);
    }
    for (const dated of shipped.rows.values())
      for (const [i, row] of dated.slice(1).entries()) expect(row.from).toBe(dated[i]!.until);
    for (const [name, id] of Object.entries(aliases)) {
      expect(shipped.rows.has(id)).toBe(true);
      expect(shipped.rows.has(name)).toBe(false);
    }
    expect(unconfirmedPrices(shipped, LATEST)).toEqual([]);
  });

  test("F003.A3 store/pricing.json is what `bun run prices` writes", async () => {
    expect(await shippedFile.text()).toBe(print(generate()));
  });

  test("F003 `bun run prices` prints which rows came, went and changed", () => {
    const before = PriceData.parse(frozen);
    const rows = before.rows.slice(1);
    rows[0] = { ...rows[0]!, web_search_usd: 0.02 };
    rows.push({ ...rows[1]!, model: "claude-new-1", from: "2027-01-01" });
    const lines = difference(before, { ...before, rows });
    expect(lines.map((line) => line.split("\n")[0])).toEqual([
      "changed  claude-mythos-5-2@2026-11-09",
      "added    claude-new-1@2027-01-01",
      "removed  claude-fable-5-2@2026-11-09",
    ]);
    expect(difference(before, before)).toEqual([]);
  });
});

describe("prices in config.json", () => {
  function withConfig<T>(text: string, use: (path: string) => T): T {
    const folder = mkdtempSync(join(tmpdir(), "hall-prices-"));
    const path = join(folder, "config.json");
    writeFileSync(path, text);
    try {
      return use(path);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const rates = { input: 5, output: 30, cache_read: 0.5 };

  test("X23 a person may set a rate, and what was left out stays unknown", () => {
    const config = { port: 1, prices: [{ model: "codex-auto-review", usd_per_mtok: rates }] };
    const book = withConfig(JSON.stringify(config), loadPriceBook);
    const usage = { uncached_input_tokens: 1000, cache_read_input_tokens: 1000, output_tokens: 1000 };
    const priced = cost(book, request("codex-auto-review", usage));
    expect([priced.cost_nano_usd, priced.price_id]).toEqual([35_500_000, "config:codex-auto-review"]);
    const written = { ...usage, cache_creation_5m_input_tokens: 1 };
    expect(cost(book, request("codex-auto-review", written)).cost_nano_usd).toBeNull();
    expect(describePrice(book, "config:codex-auto-review")?.source_url).toBe("config.json");
  });

  test("F003 a row replaces all rows of its model, however the model is written", () => {
    const config = { prices: [{ model: "claude-opus-5-5[1m]", from: "2026-10-01", usd_per_mtok: rates }] };
    const book = withConfig(JSON.stringify(config), loadPriceBook);
    expect(book.rows.get("claude-opus-5-5")?.length).toBe(1);
    expect(cost(book, request("claude-opus-5-5", { output_tokens: 1 })).cost_nano_usd).toBe(30_000);
    expect(cost(shipped, request("claude-opus-5-5", { output_tokens: 1 })).cost_nano_usd).toBe(20_000);
  });

  test("F003 no file and no prices are the shipped book; a wrong one names the place", () => {
    expect(loadPriceBook("/nonexistent/config.json").rows.size).toBe(shipped.rows.size);
    expect(withConfig("{}", loadPriceBook).rows.size).toBe(shipped.rows.size);
    for (const text of [
      "{",
      '{"prices":[{"model":"x"}]}',
      '{"prices":[{"model":"x","usd_per_mtok":{"input":-1,"output":1}}]}',
    ])
      expect(() => withConfig(text, loadPriceBook)).toThrow(AppError);
    const bad = '{"prices":[{"model":"x","usd_per_mtok":{"input":1}}]}';
    expect(() => withConfig(bad, loadPriceBook)).toThrow(/usd_per_mtok\.output/);
  });

  test("F003 a book made of nothing prices nothing", () => {
    const empty = createPriceBook({ generated_from: "", rows: [], aliases: { a: "b" }, notes: {} });
    expect(resolveModel(empty, "a")).toBeNull();
  });
});
