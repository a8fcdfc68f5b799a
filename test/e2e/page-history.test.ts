import { expect, test } from "bun:test";
import { openPage, response, startDaemon, untilCommitted } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const SESSIONS = 120;

servePage(async (world) => {
  const now = Date.now();
  for (let n = 0; n < SESSIONS; n++)
    world.transcript(`s${n}.jsonl`, [response(`s${n}`, `m${n}`, now - n * 1000)]);
  const daemon = await startDaemon(world);
  await untilCommitted(daemon, SESSIONS);
  return { daemon, open: await openPage(`${daemon.url}/sessions`) };
});

test("F043.A12 older sessions come as one scrolls, latest first, each once, with few elements", async () => {
  const links: string[] = [];
  await open.page.locator(".cell-session a").first().waitFor();
  for (let top = 0; links.length < SESSIONS && top < 200; top++) {
    const shown = await open.page
      .locator(".cell-session a")
      .evaluateAll((all) => all.map((row) => row.getAttribute("href") ?? ""));
    for (const link of shown) if (!links.includes(link)) links.push(link);
    expect(shown.length).toBeLessThan(60);
    await open.page.locator(".virtual").evaluate((box) => box.scrollBy(0, 200));
    await open.page.waitForFunction(() => document.querySelectorAll("[aria-busy]").length === 0);
  }
  expect(links).toEqual(Array.from({ length: SESSIONS }, (_, n) => `/sessions/claude:s${n}`));
});

test("F043 while history is read a bar shows how far, and goes away when it is done", async () => {
  const halfway = { done: false, files_total: 120, files_done: 40, bytes_total: 1000, bytes_done: 250 };
  await open.page.route("**/api/status", async (route) => {
    const answer = await (await route.fetch()).json();
    Object.assign(answer.data.backfill, halfway);
    await route.fulfill({ json: answer });
  });
  await open.page.goto(`${daemon.url}/events`);
  const bar = open.page.getByRole("progressbar");
  await bar.waitFor();
  expect(await bar.evaluate((progress: HTMLProgressElement) => progress.value)).toBe(0.25);
  await open.page.getByText("40 of 120 files · 25 %").waitFor();
  await open.page.locator(".row").first().waitFor();
  await open.page.unroute("**/api/status");
  await bar.waitFor({ state: "detached" });
  await world.fireHook("Notification", { session_id: "s1", message: "after the history" });
  await open.page.locator(".row", { hasText: "after the history" }).waitFor();
});
