import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Outline } from "../../../schema/api-outline.ts";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { opensAtEnd } from "../../first-requests.ts";
import { exact } from "../format.ts";
import { Notice } from "../notice.tsx";
import { behind, setQuery } from "../route.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { useRetry } from "../use-resource.ts";
import { activityOf } from "./activity.ts";
import { createItems } from "./items.ts";
import type { Zoom } from "./minimap.tsx";
import { blocksByIndex, firstAt, isFailed, nameOf, pick } from "./outline.ts";
import { ItemLine } from "./timeline-row.tsx";

const [LINE_PX, BLOCK_PX, IN_SIGHT] = [34, 76, 16];

type Props = {
  outline: Outline;
  session: SessionDetail;
  only: string;
  agent: string | undefined;
  zoom: Zoom;
};

/** The items that pass the chips, the agent and the zoom, by their index in the outline. */
type Picked = {
  indexes: number[];
  /** Number of items before the zoomed range. */
  low: number;
  /** -1 if it is not shown. */
  lineOf(name: string): number;
};

function usePicked({ outline, only, agent, zoom }: Props): Picked {
  const all = useMemo(() => pick(outline, only, agent), [outline, only, agent]);
  const low = zoom ? firstAt(outline, all, zoom[0]) : 0;
  const high = zoom ? firstAt(outline, all, zoom[1] + 1) : all.length;
  return useMemo(() => {
    const indexes = all.slice(low, high);
    return { indexes, low, lineOf: (name) => indexes.findIndex((i) => nameOf(outline, i) === name) };
  }, [outline, all, low, high]);
}

export function TimelineList(props: Props) {
  const { outline, session, only, agent } = props;
  const picked = usePicked(props);
  const { indexes, low } = picked;
  const items = useMemo(
    () =>
      createItems(session.session_key, {
        ...(only && { only }),
        ...(agent !== undefined && { agent_id: agent }),
      }),
    [],
  );
  const { box, virtualizer } = usePlaces(props, picked);
  const seen = virtualizer.getVirtualItems();
  useItemsOf(items, outline, low, seen.length > 0 ? [seen[0]!.index, seen.at(-1)!.index] : null);
  const blocks = useMemo(() => blocksByIndex(outline), [outline]);
  const names = useMemo(() => new Map(session.agent_list.map((a) => [a.agent_id, a])), [session.agent_list]);
  const { at } = behind.value.query;
  return (
    <>
      {items.fault.value && <Notice fault={items.fault.value} />}
      <Failures outline={outline} picked={picked} />
      <div
        class="virtual timeline-list"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label="Items of the timeline"
      >
        <ol style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {seen.map((row) => {
            const index = indexes[row.index]!;
            return (
              <ItemLine
                key={row.key}
                place={{ top: row.start, index: row.index, measure: virtualizer.measureElement }}
                item={items.at(low + row.index)}
                kind={outline.kinds[index]!}
                time={outline.times[index]!}
                name={nameOf(outline, index)}
                isAt={at === nameOf(outline, index)}
                block={blocks.get(index)}
                agent={names.get(outline.agent_ids[outline.agents[index]!] ?? "")}
                session={session}
              />
            );
          })}
        </ol>
      </div>
    </>
  );
}

/** Positions of the lines; the list starts at the item of the address, else a live session at its end. */
function usePlaces({ outline, session, only }: Props, { indexes, lineOf }: Picked) {
  const isLive = opensAtEnd(activityOf(session));
  // A different function makes the list recompute all positions.
  const getItemKey = useMemo(() => {
    const names = indexes.map((index) => nameOf(outline, index));
    return (line: number) => names[line] ?? line;
  }, [outline, indexes]);
  const estimateSize = (line: number) =>
    outline.kinds[indexes[line]!] === "t" && only === "" ? BLOCK_PX : LINE_PX;
  const { at } = behind.value.query;
  // Starts at its final position, so that nothing above is drawn or requested first.
  const initialOffset = useMemo(() => {
    const line = at ? lineOf(at) : isLive ? indexes.length : 0;
    let offset = 0;
    for (let i = 0; i < line - IN_SIGHT; i++) offset += estimateSize(i);
    return offset;
  }, []);
  const { box, virtualizer } = useVirtual({
    count: indexes.length,
    estimateSize,
    initialOffset,
    getItemKey,
    anchorTo: isLive ? "end" : "start",
    followOnAppend: isLive ? "auto" : false,
  });
  const opened = useRef<string | null>(null);
  useLayoutEffect(() => {
    const wanted = `${at}`;
    if (opened.current === wanted) return;
    const isFirst = opened.current === null;
    opened.current = wanted;
    const line = at ? lineOf(at) : -1;
    if (line >= 0) virtualizer.scrollToIndex(line, { align: "center" });
    else if (isFirst && isLive) virtualizer.scrollToIndex(indexes.length - 1, { align: "end" });
  });
  return { box, virtualizer };
}

/** Requests the items of the lines in sight, and again those that a newer outline may have changed. */
function useItemsOf(
  items: ReturnType<typeof createItems>,
  outline: Outline,
  low: number,
  seen: [first: number, last: number] | null,
): void {
  const [from, to] = [low + (seen?.[0] ?? 0), low + (seen?.[1] ?? 0)];
  const isDrawn = seen !== null;
  useLayoutEffect(() => {
    if (isDrawn) items.want(from, to);
  }, [isDrawn, from, to]);
  useRetry(items.fault.value, () => items.want(from, to));
  const before = useRef(outline);
  useEffect(() => {
    if (before.current !== outline) items.renew(from, to);
    before.current = outline;
  }, [outline]);
}

function Failures({ outline, picked: { indexes, lineOf } }: { outline: Outline; picked: Picked }) {
  const failures = useMemo(
    () => indexes.flatMap((index, line) => (isFailed(outline, index) ? [line] : [])),
    [outline, indexes],
  );
  const toFailure = (by: 1 | -1) => {
    const { at } = behind.peek().query;
    const here = at === undefined ? -1 : lineOf(at);
    const place = here >= 0 ? here : by > 0 ? -1 : Number.POSITIVE_INFINITY;
    const line = by > 0 ? failures.find((l) => l > place) : failures.findLast((l) => l < place);
    if (line !== undefined) setQuery({ at: nameOf(outline, indexes[line]!) });
  };
  useFailureKeys(toFailure);
  if (failures.length === 0) return null;
  return (
    <p class="failures">
      <span class="hidden">{exact(failures.length)} failed or denied</span>
      <button type="button" class="quiet" onClick={() => toFailure(-1)}>
        <span aria-hidden="true">↑ </span>
        Previous<span class="hidden"> failure</span> <kbd>p</kbd>
      </button>
      <button type="button" class="quiet" onClick={() => toFailure(1)}>
        <span aria-hidden="true">↓ </span>
        Next failure <kbd>n</kbd>
      </button>
    </p>
  );
}

/** `n` and `p`, unless the focus is in a text field. */
function useFailureKeys(go: (by: 1 | -1) => void): void {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, metaKey, ctrlKey, altKey, target } = event;
      if (metaKey || ctrlKey || altKey || (key !== "n" && key !== "p")) return;
      if (target instanceof HTMLElement && target.matches("input, textarea, select")) return;
      latest.current(key === "n" ? 1 : -1);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
