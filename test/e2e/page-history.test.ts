import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  createWorld,
  type Daemon,
  type Open,
  openPage,
  response,
  startDaemon,
  untilCommitted,
  type World,
} from "./page-rig.ts";

setDefaultTimeout(30_000);

const SESSIONS = 120;
let world: World;
let daemon: Daemon;
let open: Open;

beforeAll(async () => {
  world = createWorld();
  const now = Date.now();
  for (let n = 0; n < SESSIONS; n++)
    world.transcript(`s${n}.jsonl`, [response(`s${n}`, `m${n}`, now - n * 1000)]);
  daemon = await startDaemon(world);
  await untilCommitted(daemon, SESSIONS);
  open = await openPage(`${daemon.url}/sessions`);
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

test("older sessions come by the page, latest first, each once", async () => {
  const rows = open.page.locator(".session-row");
  const more = open.page.getByRole("button", { name: "Load more" });
  for (const shown of [50, 100]) {
    await open.page.waitForFunction((n) => document.querySelectorAll(".session-row").length === n, shown);
    await more.click();
  }
  await open.page.waitForFunction((n) => document.querySelectorAll(".session-row").length === n, SESSIONS);
  expect(await more.count()).toBe(0);
  const links = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("href")));
  expect(links).toEqual(Array.from({ length: SESSIONS }, (_, n) => `/sessions/claude:s${n}`));
});

test("while history is read a bar tells how far, and goes away when it is done", async () => {
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
