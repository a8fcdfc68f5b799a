import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

type Options = Pick<
  VirtualizerOptions<HTMLDivElement, HTMLElement>,
  "count" | "estimateSize" | "getItemKey"
> &
  Partial<
    Pick<VirtualizerOptions<HTMLDivElement, HTMLElement>, "anchorTo" | "followOnAppend" | "initialOffset">
  >;

/**
 * Only visible rows are elements; `box` is the ref of the scroller. `getItemKey` must stay the same function while its
 * results do: a different one makes the list recompute every position.
 */
export function useVirtual(given: Options) {
  const box = useRef<HTMLDivElement>(null);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLElement> = {
    overscan: 8,
    ...given,
    getScrollElement: () => box.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(0),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  return { box, virtualizer };
}
