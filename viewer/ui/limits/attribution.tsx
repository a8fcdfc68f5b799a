import { useSignal } from "@preact/signals";
import type { LimitWindow } from "../../../schema/api-limits.ts";
import type { Unattributed } from "../../../schema/api-why.ts";
import { LIMIT_CAUSES, type LimitCause } from "../../../schema/limit-causes.ts";
import { projectName } from "../../../schema/projects.ts";
import { shortModel } from "../../event-labels.ts";
import { money, plural } from "../format.ts";
import { Notice } from "../notice.tsx";
import { sessionHref } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { afterAny, useResource } from "../use-resource.ts";

const FRESH = { every_ms: 10_000, after: afterAny };
const MICRO = 1_000_000;
const REASONS: Record<Unattributed, string> = {
  no_requests: "Elsewhere: another machine, or an unrecorded client",
  no_price: "Requests without a known price",
  models_unknown: "Not attributed: it is unknown which models count",
};
const points = (micro: number) => `${(micro / MICRO).toFixed(1)} %`;

/** What used up a window, in percentage points that add up to its movement. */
export function Attribution({ window: w }: { window: LimitWindow }) {
  const by = useSignal<LimitCause>("session");
  const { source, account, limit_id, window } = w;
  const query = { source, account, limit_id, window, by: by.value, limit: "12" };
  const { data, fault } = useResource("GET /api/limits/attribution", { query }, FRESH);
  const found = data?.windows[0];
  const most = Math.max(1, ...(found?.shares ?? []).map((s) => s.used_micro_percent));
  return (
    <section class="card" aria-labelledby="attribution-title">
      <h2 id="attribution-title">
        What used it
        <select
          aria-label="Split by"
          value={by.value}
          onChange={(e) => {
            by.value = e.currentTarget.value as LimitCause;
          }}
        >
          {LIMIT_CAUSES.map((cause) => (
            <option key={cause} value={cause}>
              by {cause.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      </h2>
      {fault && <Notice fault={fault} />}
      {data && !found && <p class="muted">No samples of this window yet.</p>}
      {found && (
        <table class="ranked">
          <colgroup>
            <col class="causes" />
            <col />
            <col class="costs-of" />
          </colgroup>
          <thead class="hidden">
            <tr>
              <th scope="col">Cause</th>
              <th scope="col">Percentage points</th>
              <th scope="col">List price</th>
            </tr>
          </thead>
          <tbody>
            {found.shares.map((share) => (
              <tr key={share.key}>
                <th scope="row">
                  <Cause by={by.value} id={share.key} label={share.label} />
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

function Cause({ by, id, label }: { by: LimitCause; id: string; label: string | null }) {
  const title = titleOf({ title: label, project: null, session_id: id.replace(/^\w+:/, "") });
  if (by === "session" && id !== "")
    return (
      <a class="link cause" href={sessionHref(id)} data-row data-tip={title}>
        <bdi>{title}</bdi>
      </a>
    );
  if (id === "")
    return <span class="muted">{by === "agent" ? "main thread" : `no ${by.replaceAll("_", " ")}`}</span>;
  return (
    <bdi class="cause">
      {by === "project" ? projectName(id) : by === "model" ? shortModel(id) : (label ?? id)}
    </bdi>
  );
}
