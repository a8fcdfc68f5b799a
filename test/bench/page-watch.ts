import type { CDPSession } from "playwright-core";
import { type Open, openPage } from "../e2e/page-rig.ts";

/** What of a page is seen first, when, and what moved meanwhile. Runs in the page. */
function watchPage(): void {
  const seen = { figures: 0, moved: 0, slow: [] as number[], gaps: [] as number[] };
  Object.assign(globalThis, { seen });
  const update = () => {
    if (seen.figures === 0 && document.querySelector(".strip [data-figure]:nth-child(2) .value"))
      requestAnimationFrame(() => setTimeout(() => (seen.figures ||= performance.now())));
  };
  new MutationObserver(update).observe(document, { childList: true, subtree: true });
  type Shift = PerformanceEntry & { hadRecentInput: boolean; value: number };
  new PerformanceObserver((list) => {
    for (const e of list.getEntries() as Shift[]) if (!e.hadRecentInput) seen.moved += e.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries())
      if (e.name === "keydown" || e.name === "click") seen.slow.push(e.duration);
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
}
export type Seen = { figures: number; moved: number; slow: number[]; gaps: number[] };
export const seenOf = (open: Open) =>
  open.page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

export async function opened(): Promise<{ open: Open; browser: CDPSession }> {
  const open = await openPage("about:blank", { width: 1440 });
  await open.page.addInitScript(watchPage);
  const browser = await open.page.context().newCDPSession(open.page);
  await browser.send("Network.enable");
  return { open, browser };
}
