import { pagePath } from "../../schema/pages.ts";
import { exact, plural } from "./format.ts";
import { Empty, Notice, Skeleton } from "./notice.tsx";
import { range } from "./range.ts";
import { behind } from "./route.ts";
import { zone } from "./status.ts";
import { afterAny, useResource } from "./use-resource.ts";

/** Calls of each tool and how many failed; the route answers for 24 hours, 7 or 30 days. */
export function ToolsView() {
  const { source = "" } = behind.value.query;
  const period = range.value.days <= 1 ? "24h" : range.value.days <= 7 ? "7d" : "30d";
  const request = { query: { period, source: source as "", time_zone: zone.value } } as const;
  const { data, fault } = useResource("GET /api/dashboard/stats", request, {
    every_ms: 10_000,
    after: afterAny,
  });
  const most = data?.tools[0]?.calls ?? 1;
  return (
    <div class="tools-view">
      <div class="view-head">
        <h1>Tools</h1>
        {data && (
          <p class="muted">
            {plural(data.now.tool_calls, "call")}, {exact(data.now.failed_tool_calls)} failed, in the last{" "}
            {period.replace("h", " hours").replace("d", " days")}
          </p>
        )}
      </div>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={6} />}
      {data?.tools.length === 0 && (
        <Empty title="No tool calls">
          <p>Choose more days above.</p>
        </Empty>
      )}
      {data && data.tools.length > 0 && (
        <section class="card" aria-label="Calls by tool">
          <table class="ranked">
            <thead>
              <tr>
                <th scope="col">Tool</th>
                <th scope="col">Calls</th>
                <th scope="col">Failed</th>
              </tr>
            </thead>
            <tbody>
              {data.tools.map((t) => (
                <tr key={t.tool_name}>
                  <th scope="row" class="clip">
                    <bdi>{t.tool_name}</bdi>
                  </th>
                  <td class="share">
                    <i style={{ "--share": t.calls / most }} aria-hidden="true" />
                    <span>{exact(t.calls)}</span>
                  </td>
                  <td>
                    {t.failed > 0 ? (
                      <a
                        class="link bad"
                        data-row
                        href={pagePath("events", {}, { type: "tool_failed", tool: t.tool_name, source })}
                      >
                        {exact(t.failed)} · {Math.ceil((t.failed / t.calls) * 100)} %
                      </a>
                    ) : (
                      <span class="faint">0</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
