import { signal } from "@preact/signals";

/** For every "3 min ago" on the page; one timer, none while the tab is hidden. */
export const now = signal(Date.now());

/** For durations of seconds; few texts use it, since each is redrawn every second. */
export const seconds = signal(Date.now());

export function startClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = Date.now();
  };
  setInterval(tick, 15_000);
  setInterval(() => {
    if (!document.hidden) seconds.value = Date.now();
  }, 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    const due = [...put_off];
    put_off.clear();
    for (const run of due) run();
  });
}

const put_off = new Set<() => void>();

/** Runs at once, or once the tab is visible again: what is requested only for display costs nothing until then. */
export function whenSeen(run: () => void): void {
  if (globalThis.document?.hidden) put_off.add(run);
  else run();
}

/** Runs at once, then at most once per `gap_ms` however often it is called; the last call is never lost. */
export function throttled(gap_ms: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (timer !== undefined) return;
    const wait = Math.max(0, last + gap_ms - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      run();
    }, wait);
  };
}
