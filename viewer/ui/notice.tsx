import type { ComponentChildren } from "preact";
import type { Fault } from "./request.ts";

/** `code` in backticks is shown as such. */
export function Prose({ text }: { text: string }) {
  return <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

export function Notice({ fault }: { fault: Omit<Fault, "status"> }) {
  return (
    <div class="notice" role="alert">
      <strong>
        <Prose text={fault.title} />
      </strong>
      {fault.detail && <p>{fault.detail}</p>}
      {fault.hint && (
        <p class="hint">
          <Prose text={fault.hint} />
        </p>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Grey lines with the height of the content, so that nothing jumps. */
export function Skeleton({ lines }: { lines: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}
