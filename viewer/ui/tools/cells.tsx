import type { ToolGroup } from "../../../schema/api-tools.ts";
import { duration, exact, exactMoney, money, percent } from "../format.ts";
import { range } from "../range.ts";
import { behind, toPath } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { afterUsage, useResource } from "../use-resource.ts";
import type { Costs } from "./groups.ts";

type Timed = Omit<ToolGroup, "name" | "failed">;
/** Null = no price is known; undefined = no request. */
export type CellCost = number | null | undefined;

const FRESH = { every_ms: 30_000, after: afterUsage };

/** Nano-USD by name. */
export function useCosts(group_by: "tool" | "mcp_server" | "skill" | "agent_type"): Costs {
  const { source = "", project = "" } = behind.value.query;
  const query = { ...range.value.query, group_by, source: source as "", project };
  const { data } = useResource("GET /api/costs", { query: { ...query, period: range.value.period } }, FRESH);
  return new Map(data?.groups.map((g) => [g.group, g.cost_nano_usd]));
}

/** Link to the calls of a tool, or of all tools of a server. */
export const callsHref = (tool: string, failed: boolean) =>
  toPath({ ...behind.value, query: { ...behind.value.query, tool, failed: failed ? "1" : "" } });

export function Failed({ name, calls, failed }: { name: string; calls: number; failed: number }) {
  if (failed === 0) return <span class="faint">0</span>;
  return (
    <a
      class="link bad"
      href={callsHref(name, true)}
      data-in-place
      aria-label={`${exact(failed)} failed calls of ${calls}`}
    >
      {exact(failed)}
    </a>
  );
}

export function FailedShare({ failed, calls }: { failed: number; calls: number }) {
  return <td class={failed > 0 ? "bad" : "faint"}>{failed > 0 ? percent(failed, calls) : "0 %"}</td>;
}

export function Cost({ of }: { of: CellCost }) {
  if (of === undefined) return <span class="faint">–</span>;
  return <Exact tip={exactMoney(of)}>{of === null ? "no price" : money(of)}</Exact>;
}

export function Times({ of }: { of: Timed }) {
  const { p50_ms, p95_ms, timed_calls, calls, duration_ms } = of;
  if (p50_ms === null)
    return (
      <>
        <td class="faint">–</td>
        <td class="faint">–</td>
        <td class="faint">–</td>
      </>
    );
  const tip = `${exact(timed_calls)} of ${exact(calls)} calls have a duration`;
  return (
    <>
      <td>{duration(p50_ms)}</td>
      <td>{duration(p95_ms)}</td>
      <td>
        <Exact tip={tip}>{duration(duration_ms)}</Exact>
      </td>
    </>
  );
}
