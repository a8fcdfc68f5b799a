import { median, quantile } from "./measure.ts";
import type { PagePart } from "./page-part.ts";
import { opened, seenOf } from "./page-watch.ts";
import { LARGE } from "./page-world.ts";

const OPENED = 5;

export const largeSession: PagePart = async ({ daemon: { url } }) => {
  const times: number[] = [];
  let nodes = 0;
  for (let i = 0; i < OPENED; i++) {
    const { open } = await opened();
    await open.page.goto(url);
    await open.page.locator(".strip").waitFor();
    await open.page.goto(`${url}/sessions/claude:${LARGE}`);
    await open.page.locator("[data-row], .timeline-row").first().waitFor();
    times.push(await open.page.evaluate(() => performance.now()));
    nodes = await open.page.evaluate(() => document.querySelectorAll("*").length);
    await open.close();
  }
  return [
    { name: "a session of 5,000 requests is open, median", value: median(times), unit: "ms", limit: 500 },
    { name: "its elements", value: nodes, unit: "nodes", limit: 3000 },
  ];
};

/** From view to view by keyboard: how long until the next paint, and until nothing is waited for. */
export const walk: PagePart = async ({ daemon: { url } }) => {
  const { open } = await opened();
  const { page } = open;
  await page.goto(url);
  await page.getByRole("status").getByText("Live").waitFor();
  const ready: number[] = [];
  for (let round = 0; round < 4; round++)
    for (const key of "scletphn") {
      await page.keyboard.press("g");
      const before = await page.evaluate(() => performance.now());
      await page.keyboard.press(key);
      await page.waitForFunction(
        () =>
          document.querySelector("main h1, main h2") &&
          document.querySelectorAll(".skeleton, .is-loading").length === 0,
        undefined,
        { polling: 10 },
      );
      ready.push((await page.evaluate(() => performance.now())) - before);
    }
  const { slow } = await seenOf(open);
  await open.close();
  // What took less than a frame is not reported by the browser.
  const reactions = [...slow, ...Array.from({ length: Math.max(0, 64 - slow.length) }, () => 0)];
  return [
    { name: "a key to the next paint, p95", value: quantile(reactions, 0.95), unit: "ms", limit: 100 },
    { name: "a key to a whole view, p95", value: quantile(ready, 0.95), unit: "ms", limit: 250 },
  ];
};
