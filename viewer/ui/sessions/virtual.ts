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
 * Only the rows in sight are elements; `box` goes to what scrolls. `getItemKey` stays the same function while its
 * results do: another one makes the list work out every place again.
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
