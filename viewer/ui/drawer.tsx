import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

type DrawerProps = {
  /** Id of its heading. */
  title: string;
  class?: string;
  onLeave(): void;
  /** Where the focus returns to, if not to the previous element. */
  returnTo?(): HTMLElement | null;
  children: ComponentChildren;
};

/** Over a view, at its side. Escape and a click outside close it. */
export function Drawer({ title, class: name = "", onLeave, returnTo, children }: DrawerProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      const again = before instanceof HTMLElement && before !== document.body ? before : undefined;
      (returnTo?.() ?? again)?.focus({ preventScroll: true });
    };
  }, []);
  const leave = (event: Event) => {
    event.preventDefault();
    onLeave();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, as `onCancel` reports
    <dialog
      ref={box}
      class={`drawer ${name}`.trim()}
      aria-labelledby={title}
      onCancel={leave}
      onClick={(e) => {
        if (e.target === box.current) leave(e);
      }}
    >
      {children}
    </dialog>
  );
}
