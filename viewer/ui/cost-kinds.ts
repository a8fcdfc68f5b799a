import type { CostKind } from "../../schema/api-costs.ts";

export const COST_KIND_NAMES: Record<CostKind, string> = {
  input: "Fresh input",
  cache_creation_5m: "Cache write, 5 min",
  cache_creation_1h: "Cache write, 1 h",
  cache_read: "Cache read",
  output: "Output",
  web_search: "Web searches",
};
