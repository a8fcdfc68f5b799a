import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { RequestSummary } from "../../../schema/api-requests.ts";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { pagePath } from "../../../schema/pages.ts";
import { shortModel } from "../../event-labels.ts";
import { clock, exactMoney, money, percent, tokens } from "../format.ts";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { callRoute, type Fault } from "../request.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { zone } from "../status.ts";

const PAGE = 200;
type Loaded = { rows: RequestSummary[]; cursor: string | null | undefined; fault: Fault | null };

/** Each billed request of the session, latest first. */
export function RequestsTab({ session }: { session: SessionDetail }) {
  const loaded = useMemo(() => signal<Loaded>({ rows: [], cursor: undefined, fault: null }), []);
  const busy = useMemo(() => ({ now: false }), []);
  const load = async () => {
    const { rows, cursor } = loaded.peek();
    if (busy.now || cursor === null) return;
    busy.now = true;
    const query = { session_id: session.session_key, limit: PAGE, ...(cursor && { cursor }) };
    const result = await callRoute("GET /api/requests", { query });
    busy.now = false;
    loaded.value = result.ok
      ? { rows: [...rows, ...result.answer.data], cursor: result.answer.next_cursor, fault: null }
      : { ...loaded.peek(), fault: result.fault };
  };
  const { rows, cursor, fault } = loaded.value;
  const { box, virtualizer } = useVirtual({
    count: rows.length,
    estimateSize: () => 34,
    getItemKey: (i) => rows[i]?.seq ?? i,
  });
  const seen = virtualizer.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 20) void load();
  }, [last, rows.length]);
  if (fault) return <Notice fault={fault} />;
  if (cursor === undefined) return <Skeleton lines={8} />;
  if (rows.length === 0) return <Empty title="No request yet">{null}</Empty>;
  return (
    <div
      class="virtual timeline-list"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Requests of the session"
    >
      <ol style={{ height: `${virtualizer.getTotalSize()}px` }}>
        {seen.map((item) => {
          const row = rows[item.index]!;
          const { tokens: used, attribution } = row;
          return (
            <li
              key={item.key}
              class="session-request"
              data-index={item.index}
              ref={virtualizer.measureElement}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <a href={pagePath("request", { key: String(row.seq) })} data-row>
                <time>{clock(row.time_unix_ms, zone.value)}</time>
                <bdi class="clip">{shortModel(row.model)}</bdi>
                <span class="muted clip">
                  {row.agent_id ? row.attribution.agent_type || "agent" : "main thread"}
                </span>
                <span>
                  {tokens(used.input_tokens)} in · {tokens(used.output_tokens)} out
                </span>
                <span class={attribution.cache_miss_reason ? "warn" : "muted"}>
                  {attribution.cache_miss_reason
                    ? `! cache missed: ${attribution.cache_miss_reason}`
                    : `${percent(used.cache_read_input_tokens, used.input_tokens)} cached`}
                </span>
                <b data-tip={exactMoney(row.cost_nano_usd)}>{money(row.cost_nano_usd)}</b>
              </a>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
