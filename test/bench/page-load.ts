import type { Open } from "../e2e/page-rig.ts";
import { median } from "./measure.ts";
import type { PagePart } from "./page-part.ts";
import { opened, type Seen, seenOf } from "./page-watch.ts";

const OPENED = 5;

export const firstLoad: PagePart = async ({ daemon: { url } }) => {
  const times: Record<"cold" | "warm", number[]> = { cold: [], warm: [] };
  let bytes = 0;
  let moved = 0;
  for (let i = 0; i < OPENED; i++) {
    const { open, browser } = await opened();
    bytes = 0;
    browser.on("Network.loadingFinished", (e) => {
      bytes += e.encodedDataLength;
    });
    for (const kind of ["cold", "warm"] as const) {
      await open.page.goto("about:blank");
      await open.page.goto(url);
      await open.page.waitForFunction(() => (globalThis as unknown as { seen: Seen }).seen.figures > 0);
      await open.page.waitForTimeout(1500);
      const seen = await seenOf(open);
      times[kind].push(seen.figures);
      moved = Math.max(moved, seen.moved);
      if (kind === "cold") Object.assign(open, { bytes });
    }
    bytes = (open as Open & { bytes: number }).bytes;
    await open.close();
  }
  return [
    { name: "first load with its data, compressed", value: bytes / 1000, unit: "kB", limit: 60 },
    { name: "first figures, new browser, median", value: median(times.cold), unit: "ms", limit: 500 },
    { name: "first figures, known browser, median", value: median(times.warm), unit: "ms", limit: 500 },
    { name: "layout shift of the first load", value: moved, unit: "CLS", limit: 0.05 },
  ];
};
