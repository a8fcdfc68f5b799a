export type Tokens = {
  uncached_input_tokens: number;
  cache_creation_5m_input_tokens: number;
  cache_creation_1h_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
};

export type Count = { requests: number; tokens: Tokens };
type PerSource = { claude: number; codex: number };

export type Parameters = {
  version: number;
  seed: number;
  bytes: number;
  codex_share: number;
  rollout_bytes: number;
  rollouts?: number;
};

/** What was really billed and written, known because the generator wrote it and not by reading it back. */
export type Truth = {
  parameters: Parameters;
  bytes: PerSource;
  files: PerSource;
  lines: PerSource;
  total: Count;
  by_source: { claude: Count; codex: Count };
  by_model: Record<string, Count>;
  /** UTC days, `2026-11-20`. */
  by_day: Record<string, Count>;
  sessions: PerSource;
  /** Of the sessions: those that copy another one's lines. */
  forks: PerSource;
  agents: PerSource;
  tool_calls: PerSource;
  /** Lines that are not JSON. */
  rejects: PerSource;
  /** Responses that are only in a `token_usage_record`: readers of `token_count` alone miss them. */
  codex_records_only: Count;
};

export function createTruth(parameters: Parameters): Truth {
  const zero = () => ({ claude: 0, codex: 0 });
  return {
    parameters,
    bytes: zero(),
    files: zero(),
    lines: zero(),
    total: noCount(),
    by_source: { claude: noCount(), codex: noCount() },
    by_model: {},
    by_day: {},
    sessions: zero(),
    forks: zero(),
    agents: zero(),
    tool_calls: zero(),
    rejects: zero(),
    codex_records_only: noCount(),
  };
}

export function noCount(): Count {
  return {
    requests: 0,
    tokens: {
      uncached_input_tokens: 0,
      cache_creation_5m_input_tokens: 0,
      cache_creation_1h_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
    },
  };
}

export type Billed = { source: "claude" | "codex"; model: string; time_unix_ms: number; tokens: Tokens };

export function addBilled(truth: Truth, billed: Billed): void {
  const day = new Date(billed.time_unix_ms).toISOString().slice(0, 10);
  truth.by_model[billed.model] ??= noCount();
  truth.by_day[day] ??= noCount();
  for (const count of [
    truth.total,
    truth.by_source[billed.source],
    truth.by_model[billed.model]!,
    truth.by_day[day]!,
  ])
    addTo(count, billed.tokens);
}

export function addTo(count: Count, tokens: Tokens): void {
  count.requests++;
  for (const kind of Object.keys(tokens) as (keyof Tokens)[]) count.tokens[kind] += tokens[kind];
}
