import { useEffect, useMemo } from "preact/hooks";
import { reasonWords } from "../cache-reasons.ts";
import { throttled } from "../clock.ts";
import { afterArrivals } from "../feed.ts";
import { plural } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { behind, setQuery } from "../route.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { afterUsage, useRetry } from "../use-resource.ts";
import { createRequestPages, type RequestPages, type RequestsQuery } from "./request-pages.ts";
import { RequestHeads, RequestLine, type Within } from "./request-row.tsx";

const EVERY_MS = 10_000;
const ROW_PX = 34;
/** The next page is loaded this many rows before the end. */
const AHEAD = 20;

type Props = { query: RequestsQuery; within: Within; label: string };

/**
 * Billed requests, newest first; each opens a breakdown of its cost. They can be filtered by cache misses, as in the
 * address: `missed=1`, `miss_reason=idle`.
 */
export function RequestList({ query, within, label }: Props) {
  const { missed = "", miss_reason = "" } = behind.value.query;
  const chosen = {
    ...query,
    ...(missed !== "" && { missed: "true" as const }),
    ...(miss_reason !== "" && { miss_reason }),
  };
  return (
    <>
      <Chosen isFixed={query.missed !== undefined} missed={missed !== ""} reason={miss_reason} />
      <List key={JSON.stringify(chosen)} query={chosen} within={within} label={label} />
    </>
  );
}

/** `isFixed`: the list only contains cache misses. */
function Chosen({ isFixed, missed, reason }: { isFixed: boolean; missed: boolean; reason: string }) {
  if (isFixed && reason === "") return null;
  return (
    <div class="filters">
      {!isFixed && (
        <button
          type="button"
          class="quiet"
          aria-pressed={missed}
          onClick={() => setQuery({ missed: missed ? "" : "1", miss_reason: "" })}
        >
          Only cache misses
        </button>
      )}
      {reason !== "" && (
        <button type="button" class="chip" onClick={() => setQuery({ miss_reason: "" })}>
          reason <bdi>{reasonWords(reason)}</bdi> <span aria-hidden="true">×</span>
          <span class="hidden">remove this filter</span>
        </button>
      )}
    </div>
  );
}

function usePages(query: RequestsQuery): RequestPages {
  const pages = useMemo(() => createRequestPages(query), []);
  useEffect(() => {
    void pages.load();
    const refresh = throttled(EVERY_MS, () => void pages.refresh());
    const stop = afterArrivals(afterUsage, refresh);
    return () => {
      stop();
      pages.stop();
    };
  }, []);
  return pages;
}

function List({ query, within, label }: Props) {
  const pages = usePages(query);
  const { rows, cursor, newer, fault } = pages.state.value;
  useRetry(fault, () => (rows === null ? pages.load() : pages.refresh()));
  const count = rows?.length ?? 0;
  const { box, virtualizer } = useVirtual({
    count,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => rows?.[i]?.seq ?? i,
  });
  const seen = virtualizer.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows !== null && cursor !== null && fault === null && last >= count - AHEAD) void pages.load();
  }, [last, count, cursor, fault]);
  const height = virtualizer.getTotalSize();
  return (
    <>
      {fault && (
        <>
          <Notice fault={fault} />
          <button type="button" class="quiet" onClick={() => void pages.load()}>
            Try again
          </button>
        </>
      )}
      {rows === null && fault === null && <Skeleton lines={6} />}
      {count === 0 && rows !== null && <p class="muted none">{nothing(query)}</p>}
      {newer.length > 0 && (
        <button type="button" class="more" onClick={() => pages.showNewer()}>
          Show {plural(newer.length, "newer request")}
        </button>
      )}
      <div
        class="request-table"
        role="table"
        aria-label={label}
        aria-rowcount={count + 1}
        hidden={count === 0}
      >
        <RequestHeads within={within} />
        <div class="virtual" ref={box} role="rowgroup" tabIndex={0} style={{ "--height": `${height}px` }}>
          <div style={{ "--height": `${height}px` }} role="presentation">
            {seen.map((item) => {
              const row = rows?.[item.index];
              const place = { top: item.start, index: item.index, measure: virtualizer.measureElement };
              return row && <RequestLine key={item.key} row={row} within={within} place={place} />;
            })}
          </div>
        </div>
      </div>
    </>
  );
}

function nothing({ missed, miss_reason }: RequestsQuery): string {
  if (miss_reason) return "No cache misses with this cause.";
  return missed ? "No cache misses." : "No requests.";
}
