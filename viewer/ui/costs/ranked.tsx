import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Aggregations } from "../../../schema/api-shapes.ts";
import { exactMoney, money } from "../format.ts";
import { sessionHref, setQuery } from "../route.ts";
import { Exact } from "../shell/tip.tsx";
import { nameOf, SPLITS, type Split } from "./costs-view.tsx";

const FEW = 12;

/** Largest first. A row that can filter does; the next click is then on a request below. */
export function Ranked({ data, by }: { data: Aggregations; by: Split }) {
  const showsAll = useSignal(false);
  const total = data.total ?? 0;
  const groups = showsAll.value ? data.groups : data.groups.slice(0, FEW);
  return (
    <section class="card" aria-labelledby="ranked-title">
      <h2 id="ranked-title">By {SPLITS[by].toLowerCase()}</h2>
      <table class="ranked">
        <thead class="hidden">
          <tr>
            <th scope="col">{SPLITS[by]}</th>
            <th scope="col">Share</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ group, label, value }) => {
            const key = group ?? "";
            const share = total > 0 ? (value ?? 0) / total : 0;
            return (
              <tr key={key}>
                <th scope="row" class="clip">
                  <Choose by={by} group={key}>
                    <bdi>{nameOf(by, key, label)}</bdi>
                  </Choose>
                </th>
                <td class="share">
                  <i style={{ "--share": share }} aria-hidden="true" />
                  <span>{share > 0 && share < 0.01 ? "< 1" : Math.floor(share * 100)} %</span>
                </td>
                <td>
                  <Exact tip={exactMoney(value)}>{value === null ? "no price" : money(value)}</Exact>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {data.groups.length > groups.length && (
        <button
          type="button"
          class="link"
          onClick={() => {
            showsAll.value = true;
          }}
        >
          {data.groups.length - groups.length} more
        </button>
      )}
    </section>
  );
}

/** Which filter a click on a row sets, and by what the rest is split then. */
const NARROWS: Partial<Record<Split, (group: string) => Record<string, string>>> = {
  model: (model) => ({ model }),
  project: (project) => ({ project, by: "model" }),
  source: (source) => ({ source, by: "model" }),
  account: (account) => ({ account, by: "model" }),
};

function Choose(props: { by: Split; group: string; children: ComponentChildren }) {
  const { by, group, children } = props;
  if (by === "session" && group !== "")
    return (
      <a class="link" href={sessionHref(group)} data-row>
        {children}
      </a>
    );
  const narrow = group === "" ? undefined : NARROWS[by];
  if (!narrow) return <span>{children}</span>;
  return (
    <button type="button" class="link" data-row onClick={() => setQuery(narrow(group))}>
      {children}
    </button>
  );
}
