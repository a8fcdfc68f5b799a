import { useSignal } from "@preact/signals";
import type { PlanDetail } from "../../../schema/api-plans.ts";
import { plural } from "../format.ts";
import { Notice, Prose, Skeleton } from "../notice.tsx";
import { Copy } from "../sessions/resume.tsx";
import { useResource } from "../use-resource.ts";
import { FRESH_FILES } from "./status.tsx";

const FEW = 8;
const quoted = (text: string) => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Linter findings for the plan's current files. */
export function Findings({ plan }: { plan: PlanDetail }) {
  const params = { name: plan.plan_key };
  const { data, fault } = useResource("GET /api/plans/:name/findings", { params }, FRESH_FILES);
  const showsAll = useSignal(false);
  const found = data?.findings ?? [];
  const shown = showsAll.value ? found : found.slice(0, found.length > FEW + 3 ? FEW : found.length);
  const unsent = (data?.total ?? 0) - found.length;
  return (
    <section class="card" aria-labelledby="findings-title">
      <h2 id="findings-title">
        <span>Findings in the plan's files{data && data.total > 0 && ` · ${data.total}`}</span>
        <Copy
          text={`hall-monitor plans validate ${quoted(plan.path)}`}
          label="Copy command"
          name="Copy command that lists the findings"
        />
      </h2>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={2} />}
      {data && !data.is_there && (
        <p class="muted">The plan's files were deleted, so there is nothing to check.</p>
      )}
      {data?.is_there && data.findings.length === 0 && (
        <p class="plan-status is-completed">
          <span aria-hidden="true">✓</span> No findings
        </p>
      )}
      {found.length > 0 && (
        <ul class="findings">
          {shown.map((f) => (
            <li key={`${f.code} ${f.path} ${f.line} ${f.message}`}>
              <span class="mono">{f.code}</span>
              <span class="mono clip">
                <bdi>
                  {f.path}:{f.line}
                </bdi>
              </span>
              <span>
                <bdi>
                  <Prose text={f.message} />
                </bdi>{" "}
                <bdi class="muted">
                  → <Prose text={f.fix} />
                </bdi>
              </span>
            </li>
          ))}
        </ul>
      )}
      {found.length > shown.length && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            showsAll.value = true;
          }}
        >
          Show {plural(found.length - shown.length, "more finding")}
        </button>
      )}
      {unsent > 0 && <p class="muted">and {plural(unsent, "further finding")}: the command lists all.</p>}
    </section>
  );
}
