import { splitCacheWrites } from "../../../schema/cache-split.ts";
import { isSearchCount, isTokenCount } from "../../../schema/gate.ts";
import { flagBit, NO_USAGE, type Usage } from "../../../schema/usage.ts";

/** `usage` of the Messages API; every field may be missing or of a wrong type. */
export type ClaudeUsage = Record<string, unknown>;

const BAD_NUMBER = flagBit("bad_number");
const ITERATION_UNKNOWN = flagBit("iteration_unknown");
const UNBILLED_FALLBACK = flagBit("unbilled_fallback");

export type ReadUsage = { usage: Usage; flags: number };

/** Anthropic counts input, cache reads and cache writes separately, so its fields are already disjoint. */
export function readUsage(raw: ClaudeUsage): ReadUsage {
  let flags = 0;
  const count = (value: unknown, isOne = isTokenCount): number => {
    if (value === undefined) return 0;
    if (isOne(value)) return value;
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
      web_search_requests: count(tools?.web_search_requests ?? undefined, isSearchCount),
    },
    flags: flags | writes.flags,
  };
}

const KINDS = { advisor_message: "advisor", compaction: "compaction", fallback_message: "fallback" } as const;
type Kind = (typeof KINDS)[keyof typeof KINDS];

export type Iteration = { kind: Kind; index: number; model: string; usage: Usage; flags: number };

/**
 * Entries of `usage.iterations` besides the top level: `advisor_message` is billed under its own model, `compaction`
 * under the request's. `message` is the top level again. `fallback_message`, a model that failed before another one
 * served, was not billed: it is reported without its tokens, which no sum may count.
 */
export function readIterations(raw: unknown): { parts: Iteration[]; flags: number } {
  const parts: Iteration[] = [];
  if (!Array.isArray(raw)) return { parts, flags: 0 };
  const next: Record<Kind, number> = { advisor: 0, compaction: 0, fallback: 0 };
  let flags = 0;
  for (const entry of raw as ClaudeUsage[]) {
    const type = entry?.type;
    if (type === "message") continue;
    const kind =
      typeof type === "string" && Object.hasOwn(KINDS, type) ? KINDS[type as keyof typeof KINDS] : "";
    if (kind === "") {
      flags |= ITERATION_UNKNOWN;
      continue;
    }
    const isUnbilled = kind === "fallback";
    if (isUnbilled) flags |= UNBILLED_FALLBACK;
    const read = isUnbilled ? { usage: { ...NO_USAGE }, flags: UNBILLED_FALLBACK } : readUsage(entry);
    parts.push({ kind, index: next[kind]++, model: text(entry.model), ...read });
  }
  return { parts, flags };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
