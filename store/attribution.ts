import type { Attribution } from "../schema/batch.ts";
import { pickOf } from "./row-code.ts";
import { ATTRIBUTION_FIELDS, type RequestRow } from "./tables/requests.ts";

export const attributionOf = pickOf(ATTRIBUTION_FIELDS);

/** A copy may lack what another one has; thinking is reported by the line that ends it. */
export function joinAttribution(merged: RequestRow, old: RequestRow, next: RequestRow): void {
  const other = merged.owner_rank === old.owner_rank ? next : old;
  for (const field of ATTRIBUTION_WORDS) merged[field] ??= other[field];
  for (const field of ATTRIBUTION_FIGURES)
    if (old[field] !== null || next[field] !== null)
      merged[field] = Math.max(old[field] ?? 0, next[field] ?? 0);
}
const ATTRIBUTION_FIGURES = ["thinking_ms", "cache_missed_input_tokens"] as const;
const ATTRIBUTION_WORDS = [
  "origin",
  "query_source",
  "skill",
  "plugin",
  "agent_type",
  "mcp_server",
  "mcp_tool",
  "effort",
  "cache_miss_reason",
  "git_branch",
] as const satisfies Exclude<keyof Attribution, (typeof ATTRIBUTION_FIGURES)[number]>[];
