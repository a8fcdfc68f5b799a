import { splitCacheWrites } from "../../../schema/cache-split.ts";
import { flagBit, type Usage } from "../../../schema/usage.ts";

/** `usage` as the Messages API gives it; every field may be missing or of a wrong type. */
export type ClaudeUsage = Record<string, unknown>;

const BAD_NUMBER = flagBit("bad_number");
const ITERATION_UNKNOWN = flagBit("iteration_unknown");
const UNBILLED_FALLBACK = flagBit("unbilled_fallback");

export type ReadUsage = { usage: Usage; flags: number };

/** Anthropic counts input, cache reads and cache writes apart, so its fields are disjoint already. */
export function readUsage(raw: ClaudeUsage): ReadUsage {
  let flags = 0;
  const count = (value: unknown): number => {
    if (value === undefined) return 0;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    flags |= BAD_NUMBER;
    return 0;
  };
  const split = raw.cache_creation as ClaudeUsage | null | undefined;
  const isSplit = typeof split === "object" && split !== null;
  const flat = count(raw.cache_creation_input_tokens);
  const writes = isSplit
    ? splitCacheWrites(flat, count(split.ephemeral_5m_input_tokens), count(split.ephemeral_1h_input_tokens))
    : splitCacheWrites(flat, undefined, undefined);
  const tools = raw.server_tool_use as ClaudeUsage | null | undefined;
  const details = raw.output_tokens_details as ClaudeUsage | null | undefined;
  return {
    usage: {
      uncached_input_tokens: count(raw.input_tokens),
      cache_creation_5m_input_tokens: writes.m5,
      cache_creation_1h_input_tokens: writes.h1,
      cache_read_input_tokens: count(raw.cache_read_input_tokens),
      output_tokens: count(raw.output_tokens),
      reasoning_output_tokens: count(details?.thinking_tokens ?? undefined),
      web_search_requests: count(tools?.web_search_requests ?? undefined),
    },
    flags: flags | writes.flags,
  };
}

export type Iteration = {
  kind: "advisor" | "compaction";
  index: number;
  model: string;
  usage: Usage;
  flags: number;
};

/**
 * What `usage.iterations` bills beside the top level: `advisor_message` under its own model and `compaction`
 * under the request's. `message` is the top level again, `fallback_message` was not billed.
 */
export function readIterations(raw: unknown): { billed: Iteration[]; flags: number } {
  if (!Array.isArray(raw) || raw.length === 0) return { billed: [], flags: 0 };
  const billed: Iteration[] = [];
  let flags = 0;
  let advisors = 0;
  let compactions = 0;
  for (const entry of raw as ClaudeUsage[]) {
    const type = entry?.type;
    if (type === "message") continue;
    if (type === "fallback_message") flags |= UNBILLED_FALLBACK;
    else if (type === "advisor_message")
      billed.push({ kind: "advisor", index: advisors++, model: text(entry.model), ...readUsage(entry) });
    else if (type === "compaction")
      billed.push({
        kind: "compaction",
        index: compactions++,
        model: text(entry.model),
        ...readUsage(entry),
      });
    else flags |= ITERATION_UNKNOWN;
  }
  return { billed, flags };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
