import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** `by`: the anchor, if not the described element. */
type Shown = { text: string; at: Element; by?: Element };
export const shown = signal<Shown | null>(null);
const EDGE = 8;

/** A value with its exact form in a popover: by pointer, keyboard and touch. */
export function Exact(props: { tip: string; children: ComponentChildren; class?: string }) {
  return (
    <button type="button" class={`exact ${props.class ?? ""}`} data-tip={props.tip}>
      {props.children}
    </button>
  );
}

const ownerOf = (event: Event) =>
  event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;

/** One popover for the whole page shows the `data-tip` of an element. */
export function startTips(): void {
  const show = (event: Event) => {
    const at = ownerOf(event);
    const text = at?.dataset.tip;
    if (at && text) shown.value = { at, text };
    else if (event.type === "pointerdown") hide();
  };
  const hide = () => {
    shown.value = null;
  };
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") show(event);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.pointerType !== "touch" && ownerOf(event) === shown.peek()?.at) hide();
  });
  document.addEventListener("focusin", show);
  // A touch shows a value before it moves the focus.
  document.addEventListener("focusout", ({ target }) => {
    if (target instanceof Node && shown.peek()?.at.contains(target)) hide();
  });
  document.addEventListener("pointerdown", show);
  document.addEventListener("click", openRow);
  // Keyboard focus scrolls into view, which must not hide the popover.
  const move = () => {
    const now = shown.peek();
    shown.value = now?.at.matches(":focus-visible") ? { ...now } : null;
  };
  document.addEventListener("scroll", move, { capture: true, passive: true });
  addEventListener("resize", move);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  // Loaded with the first key press.
  const load = () => void import("./reach.ts").then(({ startReach }) => startReach());
  document.addEventListener("keydown", load, { once: true });
}

/** A value is above the link that covers its row: touch shows its figures, a click with a mouse opens the row. */
function openRow(event: MouseEvent): void {
  const value = ownerOf(event);
  if ((event as PointerEvent).pointerType !== "mouse" || !value || value.closest("a, button")) return;
  const link = value.closest(".session-line, .request-line")?.querySelector("a");
  link?.dispatchEvent(new MouseEvent("click", event));
}

export function Tip() {
  const box = useRef<HTMLDivElement>(null);
  const now = shown.value;
  useEffect(() => {
    const tip = box.current;
    if (!tip || !now) {
      tip?.hidePopover();
      return;
    }
    tip.showPopover();
    const of = (now.by ?? now.at).getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const most = document.documentElement.clientWidth - width - EDGE;
    const left = Math.min(Math.max(EDGE, of.left + of.width / 2 - width / 2), most);
    tip.style.left = `${left}px`;
    tip.style.top = `${of.top - height - EDGE > 0 ? of.top - height - 6 : of.bottom + 6}px`;
    now.at.setAttribute("aria-describedby", "tip");
    return () => now.at.removeAttribute("aria-describedby");
  }, [now]);
  return (
    <div id="tip" role="tooltip" class="tip" popover="manual" ref={box}>
      {now?.text}
    </div>
  );
}
