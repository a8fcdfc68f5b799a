/** Of a step of the schema that `migrations.ts` lists. Bits: 1 provisional, 512 bad_number, 524288 time_inferred, 1048576 id_inferred. */
const TOKEN_COLUMNS = {
  uncached_input_tokens: "input_nano_usd",
  cache_creation_5m_input_tokens: "cache_creation_5m_nano_usd",
  cache_creation_1h_input_tokens: "cache_creation_1h_nano_usd",
  cache_read_input_tokens: "cache_read_nano_usd",
  output_tokens: "output_nano_usd",
} as const;
const MOST_TOKENS = 100000000;

const ODD = Object.keys(TOKEN_COLUMNS)
  .map((tokens) => `${tokens} > ${MOST_TOKENS}`)
  .join(" or ");
const WITHOUT_THEM = Object.entries(TOKEN_COLUMNS)
  .map(
    ([tokens, cost]) =>
      `${cost} = iif(${tokens} > ${MOST_TOKENS}, 0, ${cost}), ${tokens} = iif(${tokens} > ${MOST_TOKENS}, 0, ${tokens})`,
  )
  .join(", ");
const UNCERTAIN = ["provisional_requests", "implausible_requests", "inferred_id_requests"];
const COLUMNS = `requests, uncached_input_tokens, cache_creation_5m_input_tokens, cache_creation_1h_input_tokens,
  cache_read_input_tokens, output_tokens, reasoning_output_tokens, web_search_requests, cost_nano_usd,
  unpriced_requests, unpriced_tokens, ${UNCERTAIN.join(", ")}`;
export const UNCERTAIN_SUMS = `
-- Counts that no answer can have were stored before anything judged them: sums of them never came out even.
update requests set ${WITHOUT_THEM}, flags = flags | 512 where ${ODD};
update requests set cost_nano_usd = input_nano_usd + cache_creation_5m_nano_usd + cache_creation_1h_nano_usd
  + cache_read_nano_usd + output_nano_usd + web_search_nano_usd
  where flags & 512 <> 0 and price_id is not null and cost_nano_usd is not null;

-- What is uncertain is summed up like everything else.
delete from usage_rollup;
insert into usage_rollup (bucket_unix_ms, session_pk, agent_id, model, ${COLUMNS})
select time_unix_ms - time_unix_ms % 900000, session_pk, agent_id, model, sum(parent_key is null),
  sum(uncached_input_tokens), sum(cache_creation_5m_input_tokens), sum(cache_creation_1h_input_tokens),
  sum(cache_read_input_tokens), sum(output_tokens), sum(reasoning_output_tokens), sum(web_search_requests),
  sum(coalesce(cost_nano_usd, 0)), sum(cost_nano_usd is null),
  sum(iif(cost_nano_usd is null, uncached_input_tokens + cache_creation_5m_input_tokens
    + cache_creation_1h_input_tokens + cache_read_input_tokens + output_tokens, 0)),
  sum(parent_key is null and flags & 1 <> 0), sum(parent_key is null and flags & 524800 <> 0),
  sum(parent_key is null and flags & 1048576 <> 0)
from requests group by 1, 2, 3, 4;
delete from usage_totals;
insert into usage_totals (source, model, ${COLUMNS})
select s.source, u.model, ${COLUMNS.split(",")
  .map((name) => `sum(u.${name.trim()})`)
  .join(", ")}
from usage_rollup u join sessions s using (session_pk) group by 1, 2;
`;
