import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Reject } from "../../../schema/api-health.ts";
import { now } from "../clock.ts";
import { exact, plural, shortMoment } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { callRoute, type Fault } from "../request.ts";
import { Copy } from "../sessions/resume.tsx";
import { useVirtual } from "../sessions/virtual.ts";
import { zone } from "../status.ts";
import { useResource, useRetry } from "../use-resource.ts";

const PAGE = 100;
const AHEAD = 20;

type More = { rows: Reject[]; cursor?: string | null; fault: Fault | null };

/** The rejected lines, of which only those in sight are elements; more are fetched near the end. */
export function RejectList({ count, reason }: { count: number; reason: string }) {
  const [source = "", kind = ""] = reason.split(" ");
  const query = { source: source as "", reason: kind as "", limit: PAGE };
  const of = JSON.stringify([query, count]);
  const { data, fault, next_cursor } = useResource("GET /api/health/rejects", { query });
  const more = useMemo(() => signal<More>({ rows: [], fault: null }), [of]);
  const rows = [...(data ?? []), ...more.value.rows];
  const cursor = more.value.cursor === undefined ? next_cursor : more.value.cursor;
  const isLoading = useRef(false);
  const loadMore = async () => {
    if (cursor == null || isLoading.current) return;
    isLoading.current = true;
    const next = await callRoute("GET /api/health/rejects", { query: { ...query, cursor } });
    isLoading.current = false;
    more.value = next.ok
      ? { rows: [...more.peek().rows, ...next.answer.data], cursor: next.answer.next_cursor, fault: null }
      : { ...more.peek(), fault: next.fault };
  };
  useRetry(more.value.fault, loadMore);
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={3} />;
  return (
    <>
      {more.value.fault && <Notice fault={more.value.fault} />}
      <Rows key={of} rows={rows} onEnd={cursor == null ? null : loadMore} />
    </>
  );
}

function Rows({ rows, onEnd }: { rows: Reject[]; onEnd: (() => void) | null }) {
  const { box, virtualizer } = useVirtual({
    count: rows.length,
    estimateSize: () => 50,
    getItemKey: (i) => i,
  });
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - AHEAD;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, rows.length]);
  const height = Math.min(360, virtualizer.getTotalSize());
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <section class="rejects" tabIndex={0} aria-label="Rejected lines, newest first">
      <div class="virtual" ref={box} style={{ "--height": `${height}px` }}>
        <ol style={{ "--height": `${virtualizer.getTotalSize()}px` }}>
          {items.map((item) => (
            <li
              key={item.key}
              class="reject"
              data-index={item.index}
              ref={virtualizer.measureElement}
              style={{ "--top": `${item.start}px` }}
            >
              <Line of={rows[item.index]!} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Line({ of }: { of: Reject }) {
  const name = of.path.slice(of.path.lastIndexOf("/") + 1);
  const place = of.line === null ? `byte ${exact(of.offset)}` : `line ${exact(of.line)}`;
  return (
    <>
      <span class="reject-place">
        <bdi class="clip mono" data-tip={of.path}>
          {name}
        </bdi>
        <b data-tip={`byte ${exact(of.offset)}, ${plural(of.length_bytes, "byte")}`}>{place}</b>
        <Copy
          text={of.line === null ? `${of.path} byte ${of.offset}` : `${of.path}:${of.line}`}
          label="Copy"
          name={`Copy the path and ${place} of this reject`}
        />
      </span>
      <span class="reject-why">
        <span class="bad">{of.reason.replaceAll("_", " ")}</span>
        <bdi class="clip muted">{of.detail}</bdi>
      </span>
      <span class="muted">
        {of.source} · {shortMoment(of.time_unix_ms, now.value, zone.value)}
      </span>
    </>
  );
}
