import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ToolCall } from "../../../schema/api-tools.ts";
import { pagePath } from "../../../schema/pages.ts";
import { plainError } from "../../event-labels.ts";
import { now } from "../clock.ts";
import { dayAndTime, duration, shortMoment } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { callRoute, type Fault } from "../request.ts";
import { behind, sessionHref, setQuery } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { zone } from "../status.ts";
import { afterAny, useResource } from "../use-resource.ts";

const PAGE = 100;
const AHEAD = 20;
const FRESH = { every_ms: 10_000, after: afterAny };
/** `cursor`: absent before a second page was requested. */
type More = { rows: ToolCall[]; cursor?: string | null; fault: Fault | null };

/** The calls of the chosen tool, or the failed calls of all tools; latest first. */
export function Calls({ onClose }: { onClose?: () => void }) {
  const { source = "", project = "", tool = "", failed = "" } = behind.value.query;
  const onlyFailed = tool === "" || failed !== "";
  const query = {
    ...range.value.query,
    source: source as "",
    project,
    tool_name: tool,
    limit: PAGE,
    outcome: onlyFailed ? ("failed" as const) : ("" as const),
  };
  const of = JSON.stringify(query);
  const { data, fault, next_cursor } = useResource("GET /api/tool-calls", { query }, FRESH);
  const more = useMemo(() => signal<More>({ rows: [], fault: null }), [of]);
  const known = new Set(data?.map((call) => call.tool_key));
  const rows = [...(data ?? []), ...more.value.rows.filter((call) => !known.has(call.tool_key))];
  const cursor = more.value.cursor === undefined ? next_cursor : more.value.cursor;
  const isLoading = useRef(false);
  const loadMore = async () => {
    if (cursor == null || isLoading.current) return;
    isLoading.current = true;
    const next = await callRoute("GET /api/tool-calls", { query: { ...query, cursor } });
    isLoading.current = false;
    more.value = next.ok
      ? { rows: [...more.peek().rows, ...next.answer.data], cursor: next.answer.next_cursor, fault: null }
      : { ...more.peek(), fault: next.fault };
  };
  return (
    <section class="card" id="calls" aria-labelledby="calls-title">
      <Title tool={tool} project={project} source={source} onlyFailed={onlyFailed} />
      {tool !== "" && (
        <div class="chips">
          <button
            type="button"
            class="quiet"
            aria-pressed={onlyFailed}
            onClick={() => setQuery({ failed: onlyFailed ? "" : "1" })}
          >
            ✕ Failed only
          </button>
          <button type="button" class="quiet close" onClick={onClose}>
            Close
          </button>
        </div>
      )}
      {fault && <Notice fault={fault} />}
      {more.value.fault && <Notice fault={more.value.fault} />}
      {!data && !fault && <Skeleton lines={5} />}
      {data && rows.length === 0 && (
        <p class="good-line">{onlyFailed ? "✓ No failed calls in this period" : "No calls in this period"}</p>
      )}
      {rows.length > 0 && (
        <Rows key={of} rows={rows} isDrawer={tool !== ""} onEnd={cursor == null ? null : loadMore} />
      )}
    </section>
  );
}

function Title(props: { tool: string; project: string; source: string; onlyFailed: boolean }) {
  const { onlyFailed, ...query } = props;
  const events = pagePath("events", {}, { ...query, ...(onlyFailed && { failed: "1" }) });
  return (
    <h2 id="calls-title">
      <span>
        {onlyFailed ? "Failed calls" : "Calls"}
        {query.tool !== "" && (
          <>
            {" of "}
            <bdi>{query.tool.replace(/^mcp__(.+)__\*$/, "MCP $1")}</bdi>
          </>
        )}
      </span>
      <a href={events}>as events →</a>
    </h2>
  );
}

type RowsProps = { rows: ToolCall[]; isDrawer: boolean; onEnd: (() => void) | null };

function Rows({ rows, isDrawer, onEnd }: RowsProps) {
  const { box, virtualizer } = useVirtual({
    count: rows.length,
    estimateSize: () => 50,
    getItemKey: (i) => rows[i]?.tool_key ?? i,
  });
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - AHEAD;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, rows.length]);
  const height = Math.min(isDrawer ? innerHeight - 120 : 480, virtualizer.getTotalSize());
  return (
    <div class="virtual calls-box" ref={box} style={{ "--height": `${height}px` }}>
      <ol style={{ "--height": `${virtualizer.getTotalSize()}px` }}>
        {items.map((item) => (
          <CallRow
            key={item.key}
            call={rows[item.index]!}
            place={{ top: item.start, index: item.index, measure: virtualizer.measureElement }}
          />
        ))}
      </ol>
    </div>
  );
}

type Place = { top: number; index: number; measure(element: HTMLElement | null): void };

function CallRow({ call, place }: { call: ToolCall; place: Place }) {
  return (
    <li
      class={`call is-${call.outcome}`}
      data-index={place.index}
      ref={place.measure}
      style={{ "--top": `${place.top}px` }}
    >
      <time data-tip={dayAndTime(call.started_unix_ms, zone.value)}>
        {shortMoment(call.started_unix_ms, now.value, zone.value)}
      </time>
      <span class="call-what">
        <a
          class="link clip"
          href={`${sessionHref(call.session_key)}?at=c${encodeURIComponent(call.tool_use_id)}`}
          data-row
        >
          <b>
            <bdi>{call.tool_name ?? "not named"}</bdi>
          </b>{" "}
          <bdi class="mono">{call.summary}</bdi>
        </a>
        {call.error && (
          <span class="bad clip">
            <bdi data-tip={plainError(call.error).slice(0, 600)}>{plainError(call.error)}</bdi>
          </span>
        )}
      </span>
      <span class="call-where clip">
        <bdi>{titleOfKey(call.session_key, call.title, call.project)}</bdi>
        <span class="muted clip">
          <bdi>{call.project ?? call.source}</bdi>
          {call.agent_id !== "" && " · sub-agent"}
          {call.decided_by && ` · decided by ${call.decided_by.replaceAll("_", " ")}`}
        </span>
      </span>
      <span class="muted">
        {/* A failed call shows its error; only an unusual outcome is named. */}
        {["failed", "completed"].includes(call.outcome) ? "" : `${call.outcome.replaceAll("_", " ")} `}
        {duration(call.duration_ms)}
      </span>
    </li>
  );
}
