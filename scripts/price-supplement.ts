import type { PriceRow, Rates } from "../store/price-book.ts";

/**
 * What the package does not know yet, or knows less exactly. These rows replace the package's rows of the
 * same model. Change `CHECKED_ON` only after every source below was read again.
 */
export const CHECKED_ON = "2026-11-20";
/** The package release that was read on that day; the generator refuses another one. */
export const PACKAGE_VERSION = "0.1.8";

const CLAUDE_PRICING = "https://platform.claude.com/docs/en/about-claude/pricing";
const CLAUDE_NOTES = "https://platform.claude.com/docs/en/release-notes/overview";
const CLAUDE_MODELS = "https://platform.claude.com/docs/en/models";
const GPT_MODELS = "https://developers.openai.com/api/docs/models";

/** Sizes of contexts that the package does not have, by the page of each model below CLAUDE_MODELS. */
export const CONTEXT_TOKENS: Readonly<Record<string, number>> = {
  "claude-fable-5-2": 1_000_000,
  "claude-haiku-5-5": 1_000_000,
  "claude-sonnet-5-5": 1_000_000,
};

type Five = [input: number, m5: number, h1: number, read: number, output: number];
/** OpenAI has one kind of cache write, and before GPT-5.6 none that costs. */
type Four = [input: number, write: number, read: number, output: number];
type Span = { from?: string; until?: string };
type Tier = PriceRow["tiers"][number];

const claudeRates = ([input, cache_creation_5m, cache_creation_1h, cache_read, output]: Five): Rates => ({
  input,
  cache_creation_5m,
  cache_creation_1h,
  cache_read,
  output,
});
const gptRates = ([input, cache_creation_5m, cache_read, output]: Four): Rates => ({
  input,
  cache_creation_5m,
  cache_creation_1h: null,
  cache_read,
  output,
});

function claude(
  models: string[],
  span: Span,
  five: Five,
  source_url: string,
  tiers: Tier[] = [],
): PriceRow[] {
  return models.map((model) => row(model, "anthropic", span, claudeRates(five), source_url, tiers));
}

/** Above 272k prompt tokens OpenAI takes another rate for the whole request. */
function gpt(model: string, span: Span, four: Four, above: number, long: Four): PriceRow[] {
  const tiers = [{ above_tokens: above, usd_per_mtok: gptRates(long) }];
  return [row(model, "openai", span, gptRates(four), `${GPT_MODELS}/${model}`, tiers)];
}

function row(
  model: string,
  vendor: string,
  { from = null, until = null }: { from?: string | null; until?: string | null },
  usd_per_mtok: Rates,
  source_url: string,
  tiers: Tier[],
): PriceRow {
  const rest = { web_search_usd: 0.01, multipliers: {}, source_url, checked_on: CHECKED_ON };
  return { model, vendor, from, until, usd_per_mtok, tiers, ...rest };
}

const over = (above_tokens: number, five: Five): Tier => ({ above_tokens, usd_per_mtok: claudeRates(five) });
const SONNET_LONG = over(200_000, [6, 7.5, 12, 0.6, 22.5]);
const OPUS_LONG = over(200_000, [10, 12.5, 20, 1, 37.5]);
const FLAT_SINCE = "2026-03-13";

export const ROWS: PriceRow[] = [
  ...claude(
    ["claude-fable-5-2", "claude-mythos-5-2"],
    { from: "2026-11-09" },
    [8, 10, 16, 0.2, 40],
    CLAUDE_NOTES,
  ),
  ...claude(
    ["claude-fable-5-1", "claude-mythos-5-1"],
    { from: "2026-09-01" },
    [10, 12.5, 20, 0.25, 50],
    CLAUDE_PRICING,
  ),
  ...claude(
    ["claude-fable-5", "claude-mythos-5"],
    { from: "2026-06-09" },
    [10, 12.5, 20, 1, 50],
    CLAUDE_PRICING,
  ),
  ...claude(["claude-opus-5-5"], { from: "2026-09-22" }, [4, 5, 8, 0.2, 20], CLAUDE_PRICING),
  ...claude(["claude-opus-5"], {}, [5, 6.25, 10, 0.5, 25], CLAUDE_PRICING),
  ...claude(
    ["claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-5"],
    {},
    [5, 6.25, 10, 0.5, 25],
    CLAUDE_PRICING,
  ),
  ...claude(["claude-opus-4-6"], { until: FLAT_SINCE }, [5, 6.25, 10, 0.5, 25], CLAUDE_PRICING, [OPUS_LONG]),
  ...claude(["claude-opus-4-6"], { from: FLAT_SINCE }, [5, 6.25, 10, 0.5, 25], CLAUDE_PRICING),
  ...claude(["claude-opus-4-1", "claude-opus-4-0"], {}, [15, 18.75, 30, 1.5, 75], CLAUDE_PRICING),
  ...claude(
    ["claude-sonnet-5-5"],
    { from: "2026-09-28", until: "2026-10-07" },
    [2, 2.5, 4, 0.2, 10],
    `${CLAUDE_MODELS}/sonnet-5-5/overview`,
  ),
  ...claude(["claude-sonnet-5-5"], { from: "2026-10-07" }, [2, 2.5, 4, 0.1, 10], CLAUDE_NOTES),
  ...claude(["claude-sonnet-5"], {}, [2, 2.5, 4, 0.2, 10], CLAUDE_PRICING),
  ...claude(["claude-sonnet-4-6"], { until: FLAT_SINCE }, [3, 3.75, 6, 0.3, 15], CLAUDE_PRICING, [
    SONNET_LONG,
  ]),
  ...claude(["claude-sonnet-4-6"], { from: FLAT_SINCE }, [3, 3.75, 6, 0.3, 15], CLAUDE_PRICING),
  ...claude(["claude-sonnet-4-5", "claude-sonnet-4-0"], {}, [3, 3.75, 6, 0.3, 15], CLAUDE_PRICING, [
    SONNET_LONG,
  ]),
  ...claude(
    ["claude-haiku-5-5"],
    { from: "2026-10-07" },
    [0.1, 0.125, 0.2, 0.01, 0.5],
    `${CLAUDE_MODELS}/haiku-5-5/overview`,
    [over(100_000, [0.5, 0.625, 1, 0.05, 2.5])],
  ),
  ...claude(["claude-haiku-4-5"], {}, [1, 1.25, 2, 0.1, 5], CLAUDE_PRICING),
  ...gpt("gpt-6-astra", { from: "2026-09-03" }, [10, 12.5, 1, 50], 272_000, [20, 25, 2, 75]),
  ...gpt("gpt-6.1-sol", { from: "2026-09-29" }, [2, 2.5, 0.1, 10], 272_000, [4, 5, 0.2, 15]),
  ...gpt("gpt-6-sol", { from: "2026-09-22" }, [2, 2.5, 0.2, 10], 272_000, [4, 5, 0.4, 15]),
  ...gpt("gpt-6-luna", { from: "2026-09-22" }, [0.1, 0.125, 0.01, 0.5], 272_000, [0.2, 0.25, 0.02, 0.75]),
  // The promotion is promised "at least through 2026-11-21"; what follows is not published.
  ...gpt("gpt-5.6-sol", { until: "2026-08-21" }, [5, 6.25, 0.5, 30], 271_999, [10, 12.5, 1, 45]),
  ...gpt(
    "gpt-5.6-sol",
    { from: "2026-08-21", until: "2026-11-22" },
    [4, 5, 0.4, 20],
    271_999,
    [8, 10, 0.8, 30],
  ),
  ...gpt("gpt-5.6-terra", { until: "2026-07-30" }, [2.5, 3.125, 0.25, 15], 271_999, [5, 6.25, 0.5, 22.5]),
  ...gpt("gpt-5.6-terra", { from: "2026-07-30" }, [2, 2.5, 0.2, 12], 271_999, [4, 5, 0.4, 18]),
  ...gpt("gpt-5.6-luna", { until: "2026-07-30" }, [1, 1.25, 0.1, 6], 271_999, [2, 2.5, 0.2, 9]),
  ...gpt("gpt-5.6-luna", { from: "2026-07-30" }, [0.2, 0.25, 0.02, 1.2], 271_999, [0.4, 0.5, 0.04, 1.8]),
];

type Multipliers = PriceRow["multipliers"];

/**
 * Which ways of being served a model has, and their factor on every token rate.
 * Sources: code.claude.com/docs/en/fast-mode, openai.com/api-fast-mode, the vendors' pricing pages; the six of
 * Opus 4.6 and 4.7 is what the package lists for their fast routes.
 */
const MULTIPLIERS: { models: RegExp; factors: Multipliers }[] = [
  { models: /^claude-/, factors: { batch: 0.5 } },
  { models: /^claude-(fable|mythos)-|^claude-(opus|sonnet|haiku)-5/, factors: { geo_us: 1.1 } },
  { models: /^claude-(opus-4-[678]|sonnet-4-6)$/, factors: { geo_us: 1.1 } },
  { models: /^claude-(fable-5-2|opus-5-5|opus-5|opus-4-8)$/, factors: { fast: 2 } },
  { models: /^claude-opus-4-[67]$/, factors: { fast: 6 } },
  { models: /^gpt-6(\.1)?-(astra|sol|luna)$/, factors: { fast: 2, batch: 0.5, flex: 0.5 } },
  { models: /^gpt-5\.6-(sol|terra|luna)$|^gpt-5\.[124]$|^gpt-5$|^gpt-5\.4-mini$/, factors: { fast: 2 } },
  { models: /^gpt-5\.5$/, factors: { fast: 2.5 } },
];

export function multipliersOf(model: string): Multipliers {
  return Object.assign({}, ...MULTIPLIERS.filter((m) => m.models.test(model)).map((m) => m.factors));
}

export const NOTES: Record<string, string> = {
  "codex-auto-review":
    "Sources disagree: one prices it as gpt-5.5, one as free. Set a rate under `prices` in config.json.",
  "gpt-6.2-astra":
    "Announced 2026-11-17 at $8 in and $40 out; no confirmed rate for cache writes and long prompts yet.",
  "gpt-6.2-sol":
    "Announced 2026-11-17 at $2 in and $10 out; no confirmed rate for cache writes and long prompts yet.",
};
