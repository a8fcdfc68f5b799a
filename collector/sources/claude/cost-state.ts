import type { ClientModelTotal, ClientTotal } from "../../../schema/client-total.ts";
import { isCount } from "../../../schema/count.ts";
import type { Usage } from "../../../schema/usage.ts";
import type { TranscriptLine } from "./lines.ts";

type Raw = Record<string, unknown>;

/** The client's own total; undefined if any figure is invalid, as half a total explains nothing. */
export function readCostState(
  line: TranscriptLine,
  session_id: string,
  time_unix_ms: number,
): ClientTotal | undefined {
  const cost_nano_usd = nano(line.totalCostUSD);
  const start_unix_ms = line.startTime;
  const duration_ms = line.totalDuration;
  if (cost_nano_usd === undefined || !isCount(start_unix_ms) || !isCount(duration_ms)) return undefined;
  if (typeof line.modelUsage !== "object" || line.modelUsage === null) return undefined;
  const models = new Map<string, ClientModelTotal>();
  for (const [name, raw] of Object.entries(line.modelUsage as Record<string, unknown>)) {
    const total = typeof raw === "object" && raw !== null ? readModel(name, raw as Raw) : undefined;
    if (!total) return undefined;
    models.set(total.model, plus(models.get(total.model), total));
  }
  return {
    session_id,
    start_unix_ms,
    duration_ms,
    time_unix_ms,
    cost_nano_usd,
    has_unknown_cost: line.hasUnknownModelCost === true,
    models: [...models.values()],
  };
}

function nano(usd: unknown): number | undefined {
  if (typeof usd !== "number" || usd < 0) return undefined;
  const value = Math.round(usd * 1e9);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readModel(name: string, raw: Raw): ClientModelTotal | undefined {
  const cost_nano_usd = nano(raw.costUSD);
  const written = raw.cacheCreationInputTokens ?? 0;
  const m5 = raw.cacheCreationEphemeral5mInputTokens ?? 0;
  const h1 = raw.cacheCreationEphemeral1hInputTokens ?? 0;
  if (cost_nano_usd === undefined || !isCount(written) || !isCount(m5) || !isCount(h1)) return undefined;
  const is_ttl_known = written === m5 + h1;
  const usage: Record<keyof Usage, unknown> = {
    uncached_input_tokens: raw.inputTokens ?? 0,
    cache_creation_5m_input_tokens: is_ttl_known ? m5 : Math.max(0, written - h1),
    cache_creation_1h_input_tokens: h1,
    cache_read_input_tokens: raw.cacheReadInputTokens ?? 0,
    output_tokens: raw.outputTokens ?? 0,
    reasoning_output_tokens: raw.thinkingTokens ?? 0,
    web_search_requests: raw.webSearchRequests ?? 0,
  };
  if (!Object.values(usage).every(isCount)) return undefined;
  // The client adds `[1m]` to the name of a model that runs with the long context; the transcript does not.
  return { model: name.replace(/\[1m\]$/, ""), usage: usage as Usage, cost_nano_usd, is_ttl_known };
}

function plus(a: ClientModelTotal | undefined, b: ClientModelTotal): ClientModelTotal {
  if (!a) return b;
  const usage = { ...b.usage };
  for (const field of Object.keys(usage) as (keyof Usage)[]) usage[field] += a.usage[field];
  return {
    model: b.model,
    usage,
    cost_nano_usd: a.cost_nano_usd + b.cost_nano_usd,
    is_ttl_known: a.is_ttl_known && b.is_ttl_known,
  };
}
