import type { Database } from "bun:sqlite";

const SESSION = "s.source || ':' || s.source_session_id";
const JOIN = "join sessions s using (session_pk)";

/**
 * What was recorded, said without anything that depends on when, in what order or from which folder it was read:
 * no row numbers, no paths, none of the events that tell how a reading corrected an earlier one.
 */
const RECORDED = {
  sessions: `select json_array(source, source_session_id, project_path, git_branch, client_version, entrypoint, title,
    started_unix_ms, last_unix_ms, ended_unix_ms, end_reason, parent_session_id, relation) as line from sessions`,
  requests: `select json_array(request_key, parent_key, ${SESSION}, agent_id, prompt_id, response_id, provider_request_id,
    r.source, time_unix_ms, model, uncached_input_tokens, cache_creation_5m_input_tokens, cache_creation_1h_input_tokens,
    cache_read_input_tokens, output_tokens, reasoning_output_tokens, web_search_requests, service_tier, speed,
    inference_geo, flags, price_id, input_nano_usd, cache_creation_5m_nano_usd, cache_creation_1h_nano_usd,
    cache_read_nano_usd, output_nano_usd, web_search_nano_usd, cost_nano_usd, recorded_cost_nano_usd, offset) as line
    from requests r ${JOIN}`,
  request_copies: `select json_array(request_key, ${SESSION}) as line from request_copies ${JOIN}`,
  tool_calls: `select json_array(tool_key, ${SESSION}, agent_id, tool_use_id, tool_name, prompt_id, t.started_unix_ms,
    t.ended_unix_ms, duration_ms, outcome, summary, error) as line from tool_calls t ${JOIN}`,
  agents: `select json_array(${SESSION}, agent_id, agent_type, description, tool_use_id, depth, a.started_unix_ms,
    a.ended_unix_ms) as line from agents a ${JOIN}`,
  turns: `select json_array(${SESSION}, prompt_id, t.started_unix_ms, t.ended_unix_ms, prompt) as line
    from turns t ${JOIN}`,
  events: `select json_array(${SESSION}, event_type, origin, time_unix_ms, agent_id, prompt_id, tool_name, tool_use_id,
    data) as line from events e ${JOIN} where event_type not in ('usage_updated', 'ownership_changed')`,
  rate_limit_samples: `select json_array(sample_id, source, origin, account, limit_id, window, window_minutes,
    used_percent, resets_at_unix_ms, time_unix_ms, session_id) as line from rate_limit_samples`,
  rejects: "select json_array(source, offset, length_bytes, reason, detail) as line from rejects",
} as const;

export type TableName = keyof typeof RECORDED;
export type Digest = { digest: string; tables: Record<TableName, { rows: number; digest: string }> };

/** Two databases that recorded the same have the same digest, however each came to it. */
export function digest(db: Database): Digest {
  const all = new Bun.CryptoHasher("sha256");
  const tables = Object.entries(RECORDED).map(([name, sql]) => {
    const hasher = new Bun.CryptoHasher("sha256");
    let rows = 0;
    for (const { line } of db.query<{ line: string }, []>(`${sql} order by line`).iterate()) {
      hasher.update(`${line}\n`);
      rows++;
    }
    const found = { rows, digest: hasher.digest("hex") };
    all.update(`${name} ${found.digest}\n`);
    return [name, found] as const;
  });
  return { digest: all.digest("hex"), tables: Object.fromEntries(tables) as Digest["tables"] };
}
