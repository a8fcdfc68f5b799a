import { recordOf } from "./record-of.ts";

/** `input` and `output` add up to all tokens; `in_output` is a part of the output. */
export const TOKEN_HEADINGS = ["Input", "Cache write", "Cache read", "Output"] as const;
export type TokenHeading = (typeof TOKEN_HEADINGS)[number];
type Counted = "input" | "output" | "in_output" | "no_token";
type Cost = {
  /** Its name in a price row; with the suffix `_nano_usd`, its column. */
  item: string;
  /** Per token in every row, per token or unknown or billed as plain input, or for each use. */
  priced: "rate" | "some_rate" | "fee";
  label: string;
};
type Kind = {
  counted: Counted;
  /** Column of a report. */
  heading: TokenHeading | null;
  cost: Cost | null;
  what: string;
  /** Version of the schema that added its columns; a new kind takes the next one. */
  since: number;
};

/**
 * The figures of one billed inference, by the name of its column. No token is in two kinds, except that what is
 * `in_output` is a part of the output and never added to it. Columns, sums, costs, archive lines, API, metrics and
 * labels follow from these rows, in this order.
 */
export const USAGE_KINDS = {
  uncached_input_tokens: {
    counted: "input",
    heading: "Input",
    cost: { item: "input", priced: "rate", label: "Fresh input" },
    what: "input neither read from nor written to the cache",
    since: 1,
  },
  cache_creation_5m_input_tokens: {
    counted: "input",
    heading: "Cache write",
    cost: { item: "cache_creation_5m", priced: "some_rate", label: "Cache write, 5 min" },
    what: "input written to the cache for 5 minutes",
    since: 1,
  },
  cache_creation_1h_input_tokens: {
    counted: "input",
    heading: "Cache write",
    cost: { item: "cache_creation_1h", priced: "some_rate", label: "Cache write, 1 h" },
    what: "input written to the cache for an hour",
    since: 1,
  },
  cache_read_input_tokens: {
    counted: "input",
    heading: "Cache read",
    cost: { item: "cache_read", priced: "some_rate", label: "Cache read" },
    what: "input read from the cache",
    since: 1,
  },
  output_tokens: {
    counted: "output",
    heading: "Output",
    cost: { item: "output", priced: "rate", label: "Output" },
    what: "everything the model wrote, including reasoning",
    since: 1,
  },
  reasoning_output_tokens: {
    counted: "in_output",
    heading: null,
    cost: null,
    what: "already inside output_tokens",
    since: 1,
  },
  web_search_requests: {
    counted: "no_token",
    heading: null,
    cost: { item: "web_search", priced: "fee", label: "Web searches" },
    what: "web searches, priced per search",
    since: 1,
  },
} as const satisfies Record<string, Kind>;

type Kinds = typeof USAGE_KINDS;
export type UsageField = keyof Kinds;
type FieldOf<P> = { [K in UsageField]: Kinds[K] extends P ? K : never }[UsageField];
type ItemOf<P> = NonNullable<Kinds[FieldOf<{ cost: P }>]["cost"]>["item"];

export type TokenField = FieldOf<{ counted: "input" | "output" }>;
/** Separately priced parts of a request. */
export type CostItem = ItemOf<Cost>;
export type RateItem = ItemOf<{ priced: "rate" | "some_rate" }>;
export type FeeItem = ItemOf<{ priced: "fee" }>;
type SureItem = ItemOf<{ priced: "rate" }>;

export const USAGE_FIELDS = Object.keys(USAGE_KINDS) as UsageField[];
const withCount = (...counted: Counted[]) =>
  USAGE_FIELDS.filter((name) => counted.includes(USAGE_KINDS[name].counted));
export const INPUT_FIELDS = withCount("input");
/** Every billed token is in one of these. */
export const TOKEN_FIELDS = withCount("input", "output") as TokenField[];

type Priced = { field: UsageField; item: CostItem; is_fee: boolean };
export const PRICED_KINDS = USAGE_FIELDS.flatMap((field): Priced[] => {
  const { cost } = USAGE_KINDS[field];
  return cost === null ? [] : [{ field, item: cost.item, is_fee: cost.priced === "fee" }];
});
export const COST_ITEMS = PRICED_KINDS.map(({ item }) => item);
export const RATE_ITEMS = PRICED_KINDS.filter((kind) => !kind.is_fee).map(({ item }) => item as RateItem);
export const FEE_ITEMS = PRICED_KINDS.filter((kind) => kind.is_fee).map(({ item }) => item as FeeItem);
export const COST_LABELS = recordOf(COST_ITEMS, labelOf);

function labelOf(item: CostItem): string {
  const field = PRICED_KINDS.find((kind) => kind.item === item)!.field;
  return USAGE_KINDS[field].cost!.label;
}

type Rates<Sure, Some> = { [K in RateItem]: K extends SureItem ? Sure : Some };
/** A value for each price per token of a price row: `sure` if every row has that price. */
export function byRate<Sure, Some>(sure: Sure, some: Some): Rates<Sure, Some> {
  const isSure = (item: RateItem) =>
    USAGE_FIELDS.some((name) => {
      const { cost } = USAGE_KINDS[name];
      return cost?.item === item && cost.priced === "rate";
    });
  return recordOf(RATE_ITEMS, (item) => (isSure(item) ? sure : some)) as Rates<Sure, Some>;
}

/** A value for each price per use of a price row. */
export function byFee<T>(value: T): Record<`${FeeItem}_usd`, T> {
  return recordOf(
    FEE_ITEMS.map((item) => `${item}_usd` as const),
    () => value,
  );
}
