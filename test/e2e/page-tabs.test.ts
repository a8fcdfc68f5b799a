import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "./daemon.ts";
import {
  createWorld,
  type Daemon,
  type Open,
  openPage,
  prompt,
  response,
  startDaemon,
  type World,
} from "./page-rig.ts";

let world: World;
let daemon: Daemon;
beforeAll(async () => {
  world = createWorld();
  world.env.HALL_SSE_MAX = "3";
  daemon = await startDaemon(world);
});
afterAll(async () => {
  await daemon.stop();
  world.remove();
});

const streams = async () => {
  const answer = (await (await fetch(`${daemon.url}/api/status`)).json()) as {
    data: { counters: { sse_clients: number } };
  };
  return answer.data.counters.sse_clients;
};
const fire = (message: string) => world.fireHook("Notification", { session_id: "s1", message });
const sees = (page: Page, text: string) => page.locator(".row", { hasText: text }).waitFor();
const isLive = (page: Page) => page.getByRole("status").getByText("Live").waitFor();

async function another(open: Open, before?: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await open.page.context().newPage();
  page.on("console", (m) => void (m.type() === "error" && open.faults.push(m.text())));
  page.on("pageerror", (error) => void open.faults.push(String(error)));
  await before?.(page);
  await page.goto(`${daemon.url}/events`);
  return page;
}

test("F023.A5 eight tabs of one browser load, are live and answer, on one stream", async () => {
  const open = await openPage(`${daemon.url}/events`);
  const pages = [open.page];
  while (pages.length < 8) pages.push(await another(open));
  for (const page of pages) await isLive(page);
  await until("there is one stream", async () => (await streams()) === 1);
  await fire("to all of them");
  for (const page of pages) await sees(page, "to all of them");
  // The tab that opened the stream closes, and the others stay live.
  await pages.shift()!.close();
  await pages.shift()!.close();
  await fire("to the rest");
  for (const page of pages) {
    await sees(page, "to the rest");
    expect(await page.evaluate(async () => (await fetch("/api/sessions")).status)).toBe(200);
  }
  await until("there is one stream", async () => (await streams()) === 1);
  expect(open.faults).toEqual([]);
  await open.close();
  await until("the stream is let go", async () => (await streams()) === 0);
});

/** As Chromium does when another tab is in front; headless it shows them all. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

test("F023.A6 without shared workers a hidden tab lets its stream go, and misses nothing when it is seen again", async () => {
  const open = await openPage("about:blank");
  const page = await another(open, (p) =>
    p.addInitScript(() => Reflect.deleteProperty(globalThis, "SharedWorker")),
  );
  await isLive(page);
  await until("there is one stream", async () => (await streams()) === 1);
  await setHidden(page, true);
  await until("the stream is let go", async () => (await streams()) === 0);
  for (const n of [1, 2, 3]) await fire(`unseen ${n}`);
  await setHidden(page, false);
  for (const n of [1, 2, 3]) await sees(page, `unseen ${n}`);
  expect(await page.locator(".row", { hasText: "unseen" }).count()).toBe(3);
  expect(open.faults).toEqual([]);
  await open.close();
});

test("F023.A6 without shared workers a stream that fails to load is reported, polled for and loaded again", async () => {
  const open = await openPage("about:blank");
  let isBlocked = true;
  const page = await another(open, async (p) => {
    await p.addInitScript(() => Reflect.deleteProperty(globalThis, "SharedWorker"));
    // Only the part of the page that opens the stream is refused.
    await p.route(/\/part-[^/]*\.js$/, async (route) => {
      const part = await (await fetch(route.request().url())).text();
      if (isBlocked && part.includes("new EventSource")) await route.abort();
      else await route.continue();
    });
  });
  await page.getByRole("alert").getByText("The live stream failed to load").waitFor();
  await page.getByRole("status").getByText("Not live").waitFor();
  await fire("polled");
  await sees(page, "polled");
  isBlocked = false;
  await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await page.getByRole("alert").getByText("The live stream failed to load").waitFor({ state: "detached" });
  await fire("live again");
  await sees(page, "live again");
  await open.close();
});

test("F023.A7 EC005 when no stream is free the page gives the reason and the fix, stays current, and goes live by itself", async () => {
  await until("no stream is open", async () => (await streams()) === 0);
  const taken = await Promise.all([1, 2, 3].map(() => fetch(`${daemon.url}/events`)));
  const open = await openPage(`${daemon.url}/events`);
  const alert = open.page.getByRole("alert");
  await alert.getByText("Too many open event streams").waitFor();
  await alert.getByText("HALL_SSE_MAX").waitFor();
  await open.page.getByRole("status").getByText("Not live").waitFor();
  await fire("without a stream");
  await open.page.locator(".row", { hasText: "without a stream" }).waitFor();
  for (const response of taken) await response.body?.cancel();
  await open.page.getByRole("status").getByText("Live", { exact: true }).waitFor();
  await alert.getByText("HALL_SSE_MAX").waitFor({ state: "detached" });
  await open.close();
});

test("F023.A9 a hidden tab requests nothing that is only displayed, still reports who waits, and catches up when seen", async () => {
  const now = Date.now();
  const lines = [prompt("s9", "1", now - 5000, "make it quieter"), response("s9", "a", now - 4000)];
  world.transcript("s9.jsonl", lines);
  const { page, requests, faults, close } = await openPage("about:blank");
  await page.goto(daemon.url);
  await isLive(page);
  await page.locator(".agents").getByText("make it quieter").waitFor();
  await setHidden(page, true);
  requests.length = 0;
  world.transcript("s9.jsonl", [...lines, response("s9", "b", now - 1000)]);
  await until("the second response is stored", async () => {
    const answer = await (await fetch(`${daemon.url}/api/sessions/claude:s9`)).json();
    return (answer as { data: { totals: { requests: number } } }).data.totals.requests === 2;
  });
  await world.fireHook("PermissionRequest", { session_id: "s9", tool_name: "Bash", tool_input: {} });
  await page.waitForFunction(() => document.title.startsWith("1 waiting"));
  const isDisplay = (url: string) => /api\/(sessions|aggregations|cache|dashboard|metrics)/.test(url);
  expect(requests.filter(isDisplay)).toEqual([]);
  await setHidden(page, false);
  for (const path of ["/api/sessions", "/api/aggregations", "/api/metrics"])
    await until(`${path} is asked again`, () => requests.some((url) => url.includes(path)));
  expect(faults).toEqual([]);
  await close();
});
