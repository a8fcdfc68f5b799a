import type { CreditHistory } from "../../../schema/api-limits.ts";
import { Heads } from "../chart/table-box.tsx";
import { dayAndTime } from "../format.ts";
import { behind } from "../route.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const SHOWN = 30;
type Run = CreditHistory[number];

const isOf = (a: Run) => (b: Run) =>
  a.source === b.source && a.account === b.account && a.limit_id === b.limit_id;
const wordOf = (run: Run) =>
  run.is_unlimited ? "unlimited" : run.balance === null ? "not reported" : String(run.balance);

/** Difference from the previous balance. */
function changeOf(runs: Run[], at: number): string {
  const run = runs[at]!;
  const before = runs.slice(at + 1).find(isOf(run));
  if (run.balance === null || before?.balance == null) return "";
  const change = run.balance - before.balance;
  return `${change > 0 ? "+" : "\u2212"}${Number(Math.abs(change).toFixed(6))}`;
}

/** Every change of a credit balance, latest first. */
export function CreditsOverTime() {
  const { source = "" } = behind.value.query;
  const { data } = useResource(
    "GET /api/limits/credits",
    { query: { source: source as Run["source"] | "" } },
    { every_ms: 30_000, after: (events) => events.length > 0 },
  );
  const runs = data ?? [];
  if (runs.length < 2) return null;
  const most = Math.max(...runs.map((run) => run.balance ?? 0), 1);
  return (
    <section class="card" aria-labelledby="credits-title" data-credit-history>
      <h2 id="credits-title">Credits over time</h2>
      <table class="ranked">
        <Heads of={["Since", "Balance", "Change"]} />
        <tbody>
          {runs.slice(0, SHOWN).map((run, at) => (
            <tr key={`${run.source}:${run.account}:${run.limit_id}:${run.time_unix_ms}`}>
              <th scope="row" data-tip={`last sampled ${dayAndTime(run.last_unix_ms, zone.value)}`}>
                {dayAndTime(run.time_unix_ms, zone.value)}
                {run.account !== "default" && ` · ${run.account}`}
                {run.limit_id !== run.source && ` · ${run.limit_id}`}
              </th>
              <td class="share">
                <i style={{ "--share": Math.max(0, run.balance ?? 0) / most }} aria-hidden="true" />
                <span>{wordOf(run)}</span>
              </td>
              <td>{changeOf(runs, at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
