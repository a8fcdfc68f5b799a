import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { RequestSummary } from "../../../schema/api-requests.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { shortModel } from "../../event-labels.ts";
import { now } from "../clock.ts";
import { exact, exactMoney, money, shortMoment, tokens } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { callRoute, type Fault } from "../request.ts";
import { behind } from "../route.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const PAGE = 50;
/** `cursor`: absent before a second page was requested. */
type More = { rows: RequestSummary[]; cursor?: string | null; fault: Fault | null };

/** Each billed request of the chosen days, newest first; one opens with all that its cost is made of. */
export function Requests() {
  const { source = "", project = "", account = "", model = "" } = behind.value.query;
  const query = { ...range.value.query, source: source as "", project, account, model, limit: PAGE };
  const of = JSON.stringify(query);
  const { data, fault, next_cursor } = useResource("GET /api/requests", { query });
  const more = useMemo(() => signal<More>({ rows: [], fault: null }), [of]);
  const rows = [...(data ?? []), ...more.value.rows];
  const cursor = more.value.cursor === undefined ? next_cursor : more.value.cursor;
  const load = async () => {
    if (cursor == null) return;
    const next = await callRoute("GET /api/requests", { query: { ...query, cursor } });
    more.value = next.ok
      ? { rows: [...more.peek().rows, ...next.answer.data], cursor: next.answer.next_cursor, fault: null }
      : { ...more.peek(), fault: next.fault };
  };
  return (
    <section class="card" aria-labelledby="requests-title">
      <h2 id="requests-title">Requests</h2>
      {fault && <Notice fault={fault} />}
      {more.value.fault && <Notice fault={more.value.fault} />}
      {!data && !fault && <Skeleton lines={4} />}
      {data && rows.length === 0 && <p class="muted">None.</p>}
      <ul class="requests">
        {rows.map((row) => (
          <RequestTableRow key={row.seq} row={row} />
        ))}
      </ul>
      {cursor != null && (
        <button type="button" class="more" onClick={() => void load()}>
          Load more
        </button>
      )}
    </section>
  );
}

function RequestTableRow({ row }: { row: RequestSummary }) {
  const { input_tokens, output_tokens } = row.tokens;
  return (
    <li>
      <a class="request" href={pagePath("request", { key: String(row.seq) })} data-row>
        <time>{shortMoment(row.time_unix_ms, now.value, zone.value)}</time>
        <bdi class="clip">{shortModel(row.model)}</bdi>
        <bdi class="clip muted">{row.project_path ? projectName(row.project_path) : row.source}</bdi>
        <span class="muted" data-tip={`${exact(input_tokens)} in, ${exact(output_tokens)} out`}>
          {tokens(input_tokens)} in · {tokens(output_tokens)} out
        </span>
        <b data-tip={exactMoney(row.cost_nano_usd)}>{money(row.cost_nano_usd)}</b>
      </a>
    </li>
  );
}
