import { useSignal } from "@preact/signals";
import type { Aggregations } from "../../../schema/api-shapes.ts";
import { exact, exactMoney, money, plural } from "../format.ts";
import { behind } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { Share } from "./share.tsx";
import { choose, chosenOf, hrefOf, SPLITS, type Split } from "./splits.ts";

const FEW = 12;
/** More at once would be slow to draw. */
const STEP = 100;

type GroupRow = Aggregations["groups"][number];

type RankedProps = { data: Aggregations; by: Split; names: Map<string, string> };

/** Most expensive first. A click on a row lists its requests; another click opens one. */
export function Ranked({ data, by, names }: RankedProps) {
  const shown = useSignal(FEW);
  const groups = data.groups.slice(0, shown.value);
  const most = Math.max(0, ...data.groups.map((row) => row.value ?? 0));
  const hasRequests = by !== "kind";
  return (
    <section class="card" aria-labelledby="ranked-title">
      <h2 id="ranked-title">By {SPLITS[by].toLowerCase()}</h2>
      {by === "tool" && (
        <p class="muted">
          The cost of all turns that used the tool. A turn with two tools counts for both, so the rows overlap
          and add up to more than the total.
        </p>
      )}
      <table class="ranked costs-ranked">
        <thead>
          <tr>
            <th scope="col">{SPLITS[by]}</th>
            <th scope="col">{by === "tool" ? "Share (overlaps)" : "Share"}</th>
            {hasRequests && (
              <th scope="col" class="minor">
                Requests
              </th>
            )}
            {hasRequests && (
              <th scope="col" class="minor">
                Priced
              </th>
            )}
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((row) => (
            <Line
              key={row.group ?? ""}
              row={row}
              by={by}
              total={data.total ?? 0}
              most={most}
              name={names.get(row.group ?? "") ?? ""}
            />
          ))}
        </tbody>
      </table>
      {data.groups.length > groups.length && (
        <button
          type="button"
          class="link"
          onClick={() => {
            shown.value += STEP;
          }}
        >
          {data.groups.length - groups.length > STEP
            ? `${STEP} more of ${exact(data.groups.length - groups.length)}`
            : `${data.groups.length - groups.length} more`}
        </button>
      )}
      {data.groups.length <= groups.length && data.others.groups > 0 && (
        <p class="muted">
          {plural(data.others.groups, "smaller one")}: {money(data.others.value)} in all.
        </p>
      )}
    </section>
  );
}

function Line(props: { row: GroupRow; by: Split; total: number; most: number; name: string }) {
  const { row, by, total, most, name } = props;
  const { group, value, coverage } = row;
  const key = group ?? "";
  const chosen = chosenOf(behind.value.query);
  const isChosen = chosen?.of === by && chosen.group === key;
  const href = hrefOf(by, key);
  return (
    <tr class={isChosen ? "is-chosen" : ""}>
      <th scope="row">
        <span class="ranked-name">
          <button
            type="button"
            class="link clip"
            data-row
            aria-pressed={isChosen}
            onClick={() => choose(by, key)}
          >
            <bdi dir="auto">{name}</bdi>
          </button>
          {href && (
            <a class="link open" href={href}>
              open<span class="hidden"> {name}</span>
            </a>
          )}
        </span>
      </th>
      <Share part={value ?? 0} whole={total} most={most} />
      {coverage && <td class="minor">{exact(coverage.priced_requests + coverage.unpriced_requests)}</td>}
      {coverage && (
        <td class={coverage.cost_complete ? "minor muted" : "minor warn"}>
          {coverage.cost_complete ? (
            "all"
          ) : (
            <Exact tip={`${plural(coverage.unpriced_requests, "request")} without a known price`}>
              {coverage.priced_tokens_percent} %
            </Exact>
          )}
        </td>
      )}
      <td>
        <Exact tip={exactMoney(value)}>{value === null ? "no price" : money(value)}</Exact>
      </td>
    </tr>
  );
}
