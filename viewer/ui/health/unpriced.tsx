import { dayBefore, tokens } from "../format.ts";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { Part } from "./health-view.tsx";

/** Models of the last 30 days without a known price: what they cost is in no sum. */
export function Unpriced() {
  const query = {
    period: "month",
    start_time: dayBefore(today.value, 29),
    end_time: today.value,
    time_zone: zone.value,
  } as const;
  const { data } = useResource("GET /api/costs", { query });
  const unpriced = (data?.models ?? []).filter((m) => m.coverage.unpriced_tokens > 0);
  return (
    <Part title="Prices">
      {data && unpriced.length === 0 && <p class="good-line">✓ Every request of 30 days has a price</p>}
      <ul>
        {unpriced.map((m) => (
          <li key={m.model}>
            <bdi class="mono">{m.model}</bdi>:{" "}
            <span class="warn">{tokens(m.coverage.unpriced_tokens)} tokens</span> without a price
          </li>
        ))}
      </ul>
    </Part>
  );
}
