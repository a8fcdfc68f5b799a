/** Of a step of the schema that `migrations.ts` lists. Bits: 1 provisional, 524800 bad_number or time_inferred, 1048576 id_inferred. */
const TOKENS = [
  "uncached_input_tokens",
  "cache_creation_5m_input_tokens",
  "cache_creation_1h_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
];
const COUNTED = [...TOKENS, "reasoning_output_tokens", "web_search_requests"];
const KEYS = ["skill", "plugin", "mcp_server", "agent_type", "effort"];
const ITEMS = ["input", "cache_creation_5m", "cache_creation_1h", "cache_read", "output", "web_search"];

export const TURN_SUMS = `
insert into turn_rollup (bucket_unix_ms, session_pk, prompt_id, agent_id, model, ${KEYS.join(", ")}, requests,
  ${COUNTED.join(", ")}, cost_nano_usd, unpriced_requests, unpriced_tokens, provisional_requests,
  implausible_requests, inferred_id_requests, ${ITEMS.map((item) => `${item}_nano_usd`).join(", ")}, priced_entries)
select time_unix_ms - time_unix_ms % 900000, session_pk, coalesce(prompt_id, ''), agent_id, model,
  ${KEYS.map((key) => `coalesce(${key}, '')`).join(", ")}, sum(parent_key is null),
  ${COUNTED.map((name) => `sum(${name})`).join(", ")}, sum(coalesce(cost_nano_usd, 0)), sum(cost_nano_usd is null),
  sum(iif(cost_nano_usd is null, ${TOKENS.join(" + ")}, 0)), sum(parent_key is null and flags & 1 <> 0),
  sum(parent_key is null and flags & 524800 <> 0), sum(parent_key is null and flags & 1048576 <> 0),
  ${ITEMS.map((item) => `sum(coalesce(${item}_nano_usd, 0))`).join(", ")}, count(cost_nano_usd)
from requests group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
drop index tool_calls_session;
create index tool_calls_session on tool_calls (session_pk, prompt_id, started_unix_ms, tool_name, outcome);
`;
