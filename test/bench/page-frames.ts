import type { PagePart } from "./page-part.ts";
import { opened, type Seen, seenOf } from "./page-watch.ts";
import { appendResponses } from "./page-world.ts";

const BUNCH = 40;
const BUNCH_MS = 200;
const BUNCHES = 50;

/** 200 events a second, in bunches as busy agents write them. */
export const frames: PagePart = async ({ daemon, world }) => {
  const { open } = await opened();
  await open.page.goto(daemon.url);
  await open.page.getByRole("status").getByText("Live").waitFor();
  await open.page.waitForTimeout(3000);
  await open.page.evaluate(() => {
    const { gaps } = (globalThis as unknown as { seen: Seen }).seen;
    let last = performance.now();
    const frame = (at: number) => {
      gaps.push(at - last);
      last = at;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const from = Date.now();
  for (let i = 0; i < BUNCHES; i++) {
    appendResponses(world.config, BUNCH, from + i * BUNCH);
    await Bun.sleep(BUNCH_MS);
  }
  const { gaps, moved } = await seenOf(open);
  await open.close();
  return [
    { name: "longest frame at 200 events/s, 10 s", value: Math.max(...gaps), unit: "ms", limit: 100 },
    { name: "layout shift meanwhile", value: moved, unit: "CLS", limit: 0.05 },
  ];
};
