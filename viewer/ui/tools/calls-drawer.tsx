import { useEffect, useRef } from "preact/hooks";
import { setQuery } from "../route.ts";
import { Calls } from "./calls.tsx";

/** The calls of one tool over the table, so that they are seen wherever the row is that was chosen. */
export function CallsDrawer() {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true });
    };
  }, []);
  const leave = (event: Event) => {
    event.preventDefault();
    setQuery({ tool: "", failed: "" });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, as `onCancel` reports
    <dialog
      ref={box}
      class="drawer calls-drawer"
      aria-labelledby="calls-title"
      onCancel={leave}
      onClick={(e) => {
        if (e.target === box.current) leave(e);
      }}
    >
      <Calls onClose={leave} />
    </dialog>
  );
}
