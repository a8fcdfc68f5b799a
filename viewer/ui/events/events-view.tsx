import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { LIVE_STEPS } from "../../../schema/vendor-texts.ts";
import { plural } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Prose, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import { useRetry } from "../use-resource.ts";
import { EventLine, NewPill } from "./event-row.tsx";
import { FILTER_NAMES, toFilter } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { gaps } from "./gaps.ts";
import { toLines } from "./lines.ts";
import { createEvents, type Events, KEPT } from "./list.ts";

/** Loaded separately: few users open one, and the list must appear at once. */
const EventDrawer = lazy(async () => (await import("./event-drawer.tsx")).EventDrawer);
const ROW_PX = 31;
const OLDER_AHEAD = 40;

/** What happened, by its own time; live while the list is not being read. */
export function EventsView() {
  const { query } = behind.value;
  const of = JSON.stringify(toFilter(query, range.value.query));
  const isPaused = useSignal(false);
  const list = useEvents(of);
  useRetry(list.fault.value, () => (list.loaded.value ? list.loadOlder() : list.load()));
  return (
    <div class="events-view">
      <div class="view-head">
        <h1>Events</h1>
        <p class="muted" role="status">
          {list.loaded.value &&
            `${plural(list.rows.value.length, "event")}${list.older.value === null ? "" : " and older"}`}
        </p>
        <button
          type="button"
          class="quiet"
          aria-pressed={isPaused.value}
          onClick={() => {
            isPaused.value = !isPaused.value;
          }}
        >
          {isPaused.value ? "Resume" : "Pause"}
        </button>
      </div>
      <Filters />
      {list.fault.value && <Notice fault={list.fault.value} />}
      {!list.loaded.value && !list.fault.value && <Skeleton lines={12} />}
      {list.loaded.value && (list.rows.value.length > 0 || list.older.value !== null) && (
        <List key={of} list={list} isPaused={isPaused.value} onResume={() => (isPaused.value = false)} />
      )}
      {list.loaded.value && list.rows.value.length === 0 && list.older.value === null && <None />}
      {query.event && <EventDrawer key={query.event} of={query.event} />}
    </div>
  );
}

/** Typing causes one request, not eight: a filter that changes again soon is not requested. */
function useEvents(of: string): Events {
  const settled = useSignal(of);
  useEffect(() => {
    const timer = setTimeout(() => {
      settled.value = of;
    }, 200);
    return () => clearTimeout(timer);
  }, [of]);
  const list = useMemo(() => createEvents(JSON.parse(settled.value)), [settled.value]);
  useEffect(() => () => list.dispose(), [list]);
  return list;
}

function List({ list, isPaused, onResume }: { list: Events; isPaused: boolean; onResume: () => void }) {
  const lines = useMemo(
    () => toLines(list.rows.value, gaps.value, today.value, zone.value),
    [list.rows.value, gaps.value, today.value, zone.value],
  );
  const { box, virtualizer } = useVirtual({
    count: lines.length,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => lines[i]?.key ?? i,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const isNearEnd = last >= lines.length - OLDER_AHEAD;
  useEffect(() => {
    if (isNearEnd) void list.loadOlder();
  }, [isNearEnd, lines.length, list]);
  const hold = useHold(list, isPaused, box);
  return (
    <section class="feed-frame" aria-label="Events, newest first">
      <NewPill
        count={list.waiting.value.length}
        most={KEPT}
        onShow={() => {
          onResume();
          hold.release();
        }}
      />
      <div class="virtual event-rows-box" ref={box}>
        <ol style={{ "--height": `${virtualizer.getTotalSize()}px` }}>
          {items.map((item) => (
            <EventLine
              key={item.key}
              line={lines[item.index]!}
              place={{ top: item.start, index: item.index, measure: virtualizer.measureElement }}
            />
          ))}
        </ol>
      </div>
      {list.older.value !== null && (
        <p class="muted event-more" role="status">
          {list.isLoading.value ? "Loading older events …" : "Scroll for older events."}
        </p>
      )}
    </section>
  );
}

/** The list does not move while it is paused, hovered, focused or scrolled away from its start. */
function useHold(list: Events, isPaused: boolean, box: { current: HTMLDivElement | null }) {
  const state = useMemo(() => ({ isPaused, isPointed: false, isFocused: false, isScrolled: false }), [list]);
  const apply = () => {
    list.isHeld.value = Object.values(state).includes(true);
  };
  state.isPaused = isPaused;
  useEffect(apply, [isPaused, list]);
  useEffect(() => {
    const scroller = box.current;
    // The button above the list belongs to it: nothing may move while the pointer is on its way.
    const frame = scroller?.parentElement;
    if (!scroller || !frame) return;
    const on = (
      target: HTMLElement,
      name: string,
      change: Partial<typeof state> | (() => Partial<typeof state>),
    ) => {
      const listener = () => {
        Object.assign(state, typeof change === "function" ? change() : change);
        apply();
      };
      target.addEventListener(name, listener, { passive: true });
      return () => target.removeEventListener(name, listener);
    };
    const stops = [
      on(frame, "pointerenter", { isPointed: true }),
      on(frame, "pointerleave", { isPointed: false }),
      on(frame, "focusin", { isFocused: true }),
      on(frame, "focusout", { isFocused: false }),
      on(scroller, "scroll", () => ({ isScrolled: scroller.scrollTop > 0 })),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [list]);
  return {
    /** Back to the start and live again: held events are shown. */
    release(): void {
      box.current?.scrollTo({ top: 0 });
      Object.assign(state, { isPaused: false, isPointed: false, isFocused: false, isScrolled: false });
      apply();
    },
  };
}

function None() {
  const { query } = behind.value;
  if (FILTER_NAMES.some((name) => query[name]))
    return (
      <Empty title="Nothing matches">
        <button
          type="button"
          class="quiet"
          onClick={() => setQuery(Object.fromEntries(FILTER_NAMES.map((name) => [name, ""])))}
        >
          Clear the filters
        </button>
      </Empty>
    );
  return (
    <Empty title="No events yet">
      <p>
        <Prose text={LIVE_STEPS} />
      </p>
    </Empty>
  );
}
