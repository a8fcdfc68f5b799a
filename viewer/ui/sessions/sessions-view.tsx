import { effect, untracked } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Session } from "../../../schema/api-shapes.ts";
import { HOMES, LIVE_STEPS } from "../../../schema/vendor-texts.ts";
import { throttled } from "../clock.ts";
import { latest } from "../feed.ts";
import { plural } from "../format.ts";
import { Empty, Notice, Prose, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { useResource, useRetry } from "../use-resource.ts";
import { Filters } from "./filters.tsx";
import { Preview } from "./preview.tsx";
import { filterOf, isFiltered, noFilters, orderOf } from "./query.ts";
import { DayLine, Heads, SessionLine } from "./row.tsx";
import { createRows, type Rows, toLayout } from "./rows.ts";
import { useVirtual } from "./virtual.ts";

const EVERY_MS = 3000;
const LINE_PX = 52;
const byPlace = (line: number) => line;
/** State of the list for going back: its rows and its scroll position. */
let left: { of: string; rows: Rows; offset: number } | undefined;

export function SessionsView() {
  const { query } = behind.value;
  const order = orderOf(query);
  const listed = { ...filterOf(query, range.value.query), sort: order.sort };
  const of = JSON.stringify([listed, order]);
  const kept = useMemo(() => {
    if (left?.of !== of) left = { of, rows: createRows({ ...listed, order: order.order }), offset: 0 };
    return left;
  }, [of]);
  const days = useResource("GET /api/session-days", { query: listed });
  const fault = days.fault ?? kept.rows.fault.value;
  return (
    <div class="sessions-view">
      <div class="view-head">
        <h1>Sessions</h1>
        <span class="muted" role="status">
          {days.data && !days.is_old && plural(days.data.sessions, "session")}
        </span>
        {isFiltered(query) && days.data?.sessions !== 0 && (
          <button type="button" class="quiet" onClick={() => setQuery(noFilters())}>
            Clear the filters
          </button>
        )}
      </div>
      <Filters rows={kept.rows} />
      {fault && <Notice fault={fault} />}
      {!days.data && !fault && <Skeleton lines={10} />}
      {days.data && (days.data.sessions > 0 ? <Table key={of} kept={kept} days={days.data} /> : <None />)}
    </div>
  );
}

function Table({ kept, days }: { kept: NonNullable<typeof left>; days: Parameters<typeof toLayout>[0] }) {
  const { rows } = kept;
  const { sort, order } = orderOf(behind.value.query);
  const layout = useMemo(
    () =>
      toLayout(
        order === "asc" ? { ...days, days: days.days.toReversed() } : days,
        sort === "last" || sort === "started",
      ),
    [days, sort, order],
  );
  const [chosen, choose] = useState<Session | null>(null);
  const { box, virtualizer } = useVirtual({
    count: layout.count,
    estimateSize: (i) => (layout.at(i).kind === "day" ? 34 : LINE_PX),
    getItemKey: byPlace,
    initialOffset: kept.offset,
  });
  const items = virtualizer.getVirtualItems();
  const seen = items.map((i) => layout.at(i.index)).flatMap((l) => (l.kind === "session" ? [l.index] : []));
  const [from, to] = [seen[0] ?? 0, seen.at(-1) ?? 0];
  useEffect(() => rows.want(from, to), [from, to, rows]);
  const sight = useRef({ from, to });
  sight.current = { from, to };
  const isOld = useFreshRows(rows, sight, box);
  useKeptOffset(kept, box);
  return (
    <div class="sessions-body">
      <div class="sessions-table" role="table" aria-label="Sessions" aria-rowcount={layout.count + 1}>
        <Heads order={{ sort, order }} />
        <div class="virtual" ref={box} role="rowgroup">
          <div style={{ height: `${virtualizer.getTotalSize()}px` }} role="presentation">
            {items.map((item) => {
              const line = layout.at(item.index);
              const place = {
                top: item.start,
                index: item.index,
                measure: virtualizer.measureElement,
              };
              if (line.kind === "day") return <DayLine key={item.key} place={place} line={line} />;
              return (
                <SessionLine key={item.key} place={place} session={rows.at(line.index)} onPreview={choose} />
              );
            })}
          </div>
        </div>
        {isOld && <p class="muted held">The list updates when the pointer and focus leave it.</p>}
      </div>
      <Preview session={chosen ?? rows.at(from)} />
    </div>
  );
}

/** A list that is opened again has its previous scroll position. */
function useKeptOffset(kept: { offset: number }, box: { current: HTMLDivElement | null }): void {
  useEffect(() => {
    const scroller = box.current;
    if (!scroller) return;
    scroller.scrollTop = kept.offset;
    const keep = () => {
      kept.offset = scroller.scrollTop;
    };
    scroller.addEventListener("scroll", keep, { passive: true });
    return () => scroller.removeEventListener("scroll", keep);
  }, []);
}

/** Visible rows are requested again as events come, but never while the pointer or the focus is in the list. */
function useFreshRows(
  rows: Rows,
  sight: { current: { from: number; to: number } },
  box: { current: HTMLDivElement | null },
): boolean {
  const [isOld, setOld] = useState(false);
  useRetry(rows.fault.value, () => rows.want(sight.current.from, sight.current.to));
  useEffect(() => {
    let isHeld = false;
    const isBusy = () => box.current?.matches(":hover, :focus-within") ?? false;
    const refresh = throttled(EVERY_MS, () => {
      const { from, to } = sight.current;
      isHeld = isBusy();
      setOld(isHeld);
      if (isHeld) return;
      rows.forget(from, to);
      rows.want(from, to, true);
    });
    const leave = () => {
      if (isHeld) setTimeout(() => !isBusy() && refresh());
    };
    const scroller = box.current;
    scroller?.addEventListener("pointerleave", leave);
    scroller?.addEventListener("focusout", leave);
    const stop = effect(() => {
      if (latest.value !== rows.requestedAt()) untracked(refresh);
    });
    return () => {
      stop();
      scroller?.removeEventListener("pointerleave", leave);
      scroller?.removeEventListener("focusout", leave);
    };
  }, [rows]);
  return isOld;
}

function None() {
  if (isFiltered(behind.value.query))
    return (
      <Empty title="No session matches">
        <button type="button" class="quiet" onClick={() => setQuery(noFilters())}>
          Clear the filters
        </button>
      </Empty>
    );
  return (
    <Empty title="No sessions yet">
      <p>
        <Prose text={`Past sessions are read from ${HOMES}. ${LIVE_STEPS}`} />
      </p>
    </Empty>
  );
}
