import type { LimitWindow } from "../../../schema/api-limits.ts";
import type { Unattributed } from "../../../schema/api-why.ts";
import { LIMIT_CAUSES, type LimitCause } from "../../../schema/limit-causes.ts";
import { pagePath } from "../../../schema/pages.ts";
import { hrefOf, nameOf, SPLITS } from "../costs/splits.ts";
import { money, plural, shortDate } from "../format.ts";
import { Notice } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { plain } from "../session-title.ts";
import { today } from "../spend.ts";
import { afterAny, useResource } from "../use-resource.ts";
import { daysOf, spanOf } from "./readings.ts";

const FRESH = { every_ms: 10_000, after: afterAny };
const MICRO = 1_000_000;
const REASONS: Record<Unattributed, string> = {
  no_requests: "Elsewhere: another machine, or an unrecorded client",
  no_price: "Requests without a known price",
  models_unknown: "Not attributed: it is unknown which models count",
};
const points = (micro: number) => `${(micro / MICRO).toFixed(1)} %`;

/** Attribution of a window, in percentage points that add up to its growth. */
export function Attribution({ window: w }: { window: LimitWindow }) {
  const { split } = behind.value.query;
  const by = LIMIT_CAUSES.find((cause) => cause === split) ?? "session";
  const { source, account, limit_id, window } = w;
  const { to } = range.value;
  // For past days, the window at their end.
  const at = to !== "" && to < today.value ? to : "";
  const query = { source, account, limit_id, window, by, at, limit: "12" };
  const { data, fault } = useResource("GET /api/limits/attribution", { query }, FRESH);
  const found = data?.windows[0];
  const most = Math.max(1, ...(found?.shares ?? []).map((s) => s.used_micro_percent));
  return (
    <section class="card" aria-labelledby="attribution-title">
      <h2 id="attribution-title">
        What used it
        <select
          aria-label="Split by"
          value={by}
          onChange={(e) =>
            setQuery({ split: e.currentTarget.value === "session" ? "" : e.currentTarget.value })
          }
        >
          {LIMIT_CAUSES.map((cause) => (
            <option key={cause} value={cause}>
              by {cause.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </h2>
      {fault && <Notice fault={fault} />}
      {at !== "" && <p class="muted">The window at the end of {shortDate(at)}.</p>}
      {data && !found && <p class="muted">No samples of this window yet.</p>}
      {found && (
        <table class="ranked">
          <colgroup>
            <col class="causes" />
            <col />
            <col class="costs-of" />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">{NAMES[by]}</th>
              <th scope="col">Share of the limit</th>
              <th scope="col">List price</th>
            </tr>
          </thead>
          <tbody>
            {found.shares.map((share) => (
              <tr key={share.key}>
                <th scope="row">
                  <Cause by={by} id={share.key} label={share.label} window={w} />
                </th>
                <td class="share">
                  <i style={{ "--share": share.used_micro_percent / most }} aria-hidden="true" />
                  <span>{points(share.used_micro_percent)}</span>
                </td>
                <td data-tip={plural(share.requests, "request")}>{money(share.cost_nano_usd)}</td>
              </tr>
            ))}
            {found.others.causes > 0 && (
              <tr>
                <th scope="row">{found.others.causes} more</th>
                <td>{points(found.others.used_micro_percent)}</td>
                <td>{money(found.others.cost_nano_usd)}</td>
              </tr>
            )}
            {found.unattributed.map((rest) => (
              <tr key={rest.reason}>
                <th scope="row" class="muted">
                  {REASONS[rest.reason]}
                </th>
                <td>{points(rest.used_micro_percent)}</td>
                <td />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Here an agent is one sub-agent; its type is a separate split. */
const NAMES: Record<LimitCause, string> = { ...SPLITS, agent: "Thread", agent_type: "Sub-agent type" };

type CauseProps = { by: LimitCause; id: string; label: string | null; window: LimitWindow };

function Cause({ by, id, label, window: w }: CauseProps) {
  if (id === "")
    return <span class="muted">{by === "agent" ? "main thread" : `no ${by.replaceAll("_", " ")}`}</span>;
  const title = by === "agent" ? plain(label ?? id) : nameOf(by, id, label);
  const href = hrefFor(by, id, w);
  if (!href) return <bdi class="cause">{title}</bdi>;
  return (
    <a class="link cause" href={href} data-row data-tip={title}>
      <bdi>{title}</bdi>
    </a>
  );
}

/** Link behind a share: the session, the prompt in it, or the requests of the window's days. */
function hrefFor(by: LimitCause, id: string, w: LimitWindow): string | undefined {
  if (by === "session" || by === "prompt") return hrefOf(by, id);
  if (by === "agent") return undefined;
  const scope = { ...daysOf(spanOf(w)), source: w.source };
  if (by === "model" || by === "project") return pagePath("costs", {}, { ...scope, [by]: id });
  return pagePath("costs", {}, { ...scope, by, of: by, group: id });
}
