import type { WasteEvidence, WasteFinding } from "../../../schema/api-waste.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { WASTE_KINDS } from "../../../schema/waste.ts";
import { exactMoney, money, plural } from "../format.ts";
import { Notice } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, sessionHref } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { Exact } from "../shell/tip.tsx";
import { afterUsage, useResource } from "../use-resource.ts";

/** The query reads every request of the range and of the preceding one. */
const FRESH = { every_ms: 60_000, after: afterUsage };
const SHOWN = 8;
const PROOFS = 3;

/** Causes of waste in this range, with evidence and the change from the preceding one. */
export function Waste() {
  const { source = "", project = "", account = "" } = behind.value.query;
  const query = { ...range.value.query, source: source as "", project, account, limit: SHOWN };
  const { data, fault } = useResource("GET /api/waste", { query }, FRESH);
  if (fault) return <Notice fault={fault} />;
  if (!data) return <p class="data-line">&nbsp;</p>;
  if (data.findings.length === 0)
    return (
      <p class="data-line" data-waste>
        No waste found in this period.
        {data.gone.length > 0 &&
          ` ${plural(data.gone.length, "finding")} of the preceding period did not recur.`}
      </p>
    );
  return (
    <section class="card waste" aria-labelledby="waste-title" data-waste>
      <h2 id="waste-title">Waste</h2>
      <p>
        <Exact tip={exactMoney(data.total_nano_usd)} class="value">
          {money(data.total_nano_usd)}
        </Exact>{" "}
        of {money(data.cost_nano_usd)}, each dollar counted once{" "}
        {data.before_total_nano_usd !== null && (
          <span class="muted"> · {money(data.before_total_nano_usd)} in the preceding period</span>
        )}
      </p>
      <ul class="explained">
        {data.findings.map((finding) => (
          <Finding key={finding.key} finding={finding} />
        ))}
      </ul>
      {data.others.findings > 0 && (
        <p class="muted">
          {plural(data.others.findings, "finding")} more: {money(data.others.counted_nano_usd)}
        </p>
      )}
      {data.gone.length > 0 && (
        <p class="muted">
          No longer found:{" "}
          {data.gone.map((g) => (
            <bdi key={g.key} class="gone">
              {g.what} ({money(g.before_nano_usd)} before)
            </bdi>
          ))}
        </p>
      )}
    </section>
  );
}

function Finding({ finding }: { finding: WasteFinding }) {
  const { kind, what, project, nano_usd, before_nano_usd, requests, occurrences, advice, evidence } = finding;
  return (
    <li data-kind={kind}>
      <div class="waste-head">
        <bdi class="clip" title={what}>
          {what}
        </bdi>
        <Exact tip={exactMoney(nano_usd)}>{money(nano_usd)}</Exact>
      </div>
      <span class="muted">
        {WASTE_KINDS[kind].label}
        {project !== null && ` · ${projectName(project)}`} · {plural(requests, "request")}
        {occurrences > 1 && `, ${occurrences} times`}
        {before_nano_usd !== null && ` · ${money(before_nano_usd)} in the preceding period`}
      </span>
      <span>{advice}</span>
      <span class="waste-proof">
        {evidence.slice(0, PROOFS).map((e) => (
          <Proof key={`${e.session_key} ${e.request_keys[0]}`} of={e} />
        ))}
      </span>
    </li>
  );
}

/** One occurrence: its session, and the first of its requests. */
function Proof({ of: { session_key, title, nano_usd, request_keys } }: { of: WasteEvidence }) {
  const [first] = request_keys;
  return (
    <span>
      <a class="link" href={sessionHref(session_key)}>
        <bdi>{titleOfKey(session_key, title)}</bdi>
      </a>{" "}
      {money(nano_usd)}
      {first !== undefined && (
        <>
          {" · "}
          <a class="link" href={pagePath("request", { key: first })}>
            first request
          </a>
        </>
      )}
    </span>
  );
}
