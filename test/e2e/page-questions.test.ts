import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dayBefore, dayOf } from "../../viewer/ui/format.ts";
import { openPage, openSearch, prompt, response, startDaemon, usage } from "./page-rig.ts";
import { daemon, open, servePage } from "./served-page.ts";

const [ONE, TWO] = ["11111111-6f1c-4a55-9d0e-1c2d3e4f5a6b", "22222222-6f1c-4a55-9d0e-1c2d3e4f5a6b"];
const ZONE = "Europe/Berlin";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** As the client sent it when a background agent ended. */
const NOTICE = JSON.parse(
  readFileSync(
    join(import.meta.dir, "../fixtures/claude-332/hooks/332-tui1-031-UserPromptSubmit.json"),
    "utf8",
  ),
) as { prompt?: string; payload?: { prompt?: string } };
const note =
  '<task-notification>\n<task-id>a35e</task-id>\n<status>completed</status>\n<summary>Agent "Count in background" finished</summary>\n</task-notification>';

let noon = 0;
let tuesday = "";

servePage(async (world) => {
  // Requests of today lie after midnight, whatever the hour is.
  const now = Date.now();
  const isToday = (at: number) => dayOf(at, ZONE) === dayOf(now, ZONE);
  noon = [10 * MINUTE, MINUTE, 6000, 0].map((before) => now - before).find(isToday) ?? now;
  const today = dayOf(now, ZONE);
  const back = (new Date(`${today}T12:00:00Z`).getUTCDay() + 5) % 7 || 7;
  tuesday = dayBefore(today, back);
  const then = Date.parse(`${tuesday}T12:00:00Z`);
  world.transcript(`${ONE}.jsonl`, [
    { ...prompt(ONE, "1", noon, "count the words of the novel"), gitBranch: "feat/dear" },
    { ...response(ONE, "a", noon + 1000, { usage: usage(10, 100_000, 0) }), gitBranch: "feat/dear" },
    { ...response(ONE, "b", noon + 2000, { usage: usage(10, 100, 100_000) }), gitBranch: "feat/dear" },
    { ...response(ONE, "c", noon + 3000, { usage: usage(100_110, 0, 0) }), gitBranch: "feat/dear" },
    prompt(ONE, "2", noon + 4000, note),
  ]);
  world.transcript(`${TWO}.jsonl`, [
    { ...prompt(TWO, "3", then, "what happened on a Tuesday"), gitBranch: "main" },
    { ...response(TWO, "d", then + 1000, { model: "claude-haiku-4-5-20251001" }), gitBranch: "main" },
  ]);
  mkdirSync(world.dataDir, { recursive: true, mode: 0o700 });
  const config = { capture: { mode: "full" }, budgets: [{ scope: "day", limit_usd: 100, at: [90] }] };
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify(config), { mode: 0o600 });
  const daemon = await startDaemon(world);
  const hook = { session_id: ONE, cwd: "/home/dev/shop" };
  await world.fireHook("UserPromptSubmit", { ...hook, prompt: "count the words of the novel" });
  await world.fireHook("UserPromptSubmit", { ...hook, prompt: note });
  const open = await openPage(daemon.url);
  await open.page.getByRole("status").getByText("Live").first().waitFor();
  return { daemon, open };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const figure = (name: string) => open.page.locator(`[data-figure="${name}"]`);

test("F049.A1 what the cache saved and lost today is seen at once, with the reason of a miss", async () => {
  await goto("/");
  const cache = figure("From cache");
  await cache.getByText(/^lost \$/).waitFor();
  const { total } = (
    (await (await fetch(`${daemon.url}/api/cache`)).json()) as {
      data: { total: { saved_nano_usd: number; lost_nano_usd: number; misses: number } };
    }
  ).data;
  expect([total.misses, total.saved_nano_usd > 0, total.lost_nano_usd > 0]).toEqual([1, true, true]);
  expect(await cache.textContent()).toMatch(/saved \$0\.\d+.*lost \$0\.\d+ \(1 miss\)/);
});

test("F049.A2 the share of the day's budget is seen before the first alert", async () => {
  await goto("/");
  await figure("Today").getByText("1 % of budget").waitFor();
});

test("F049.A3 a live agent shows how full its context is", async () => {
  await goto("/");
  const gauge = open.page.locator(`.agent[data-key="claude:${ONE}"] .gauge`);
  // 100,110 tokens of 200,000.
  await gauge.getByText("50 %").waitFor();
});

test("F049.A4 what the client puts in a prompt's place is a system note in events, transcript and titles", async () => {
  const { page } = open;
  expect(JSON.stringify(NOTICE)).toContain("<task-notification>");
  await goto("/events");
  const row = page.locator(".row", { hasText: "System note" });
  await row.first().waitFor();
  expect(await row.first().textContent()).toContain('Agent "Count in background" finished');
  await goto(`/sessions/claude:${ONE}?tab=transcript`);
  await page.locator(".text-line", { hasText: "System note" }).first().waitFor();
  for (const path of [
    "/",
    "/sessions",
    `/sessions/claude:${ONE}`,
    `/sessions/claude:${ONE}?tab=transcript`,
  ]) {
    await goto(path);
    await page.waitForFunction(() => document.querySelectorAll("main .skeleton").length === 0);
    expect([path, (await page.locator("#page").textContent())?.includes("task-notification")]).toEqual([
      path,
      false,
    ]);
  }
});

test("F049.A5 the most expensive branch of a month is found by two choices", async () => {
  const { page } = open;
  await goto("/costs");
  await page.getByRole("button", { name: "30 days" }).click();
  await page.getByLabel("Split by").selectOption("branch");
  const first = page.locator(".ranked tbody tr").first();
  await first.getByText("feat/dear").waitFor();
  expect(await page.locator(".ranked tbody tr").count()).toBe(2);
});

test("F049.A6 the model that is chosen narrows the bars, too", async () => {
  const { page } = open;
  await goto("/costs?range=30d&by=project");
  const total = page.locator(".view-head .value");
  await total.waitFor();
  const all = await total.textContent();
  await goto("/costs?range=30d&by=project&model=claude-haiku-4-5-20251001");
  // 1000 × $1 and 100 × $5 per million.
  await page.locator(".view-head .value", { hasText: "$0.0015" }).waitFor();
  expect(all).not.toBe("$0.0015");
  const refused = await fetch(`${daemon.url}/api/aggregations?group_by=skill&model=x`);
  expect(refused.status).toBe(400);
});

test("F049.A7 what happened on a past Tuesday is found with the view and the day", async () => {
  const { page } = open;
  await goto("/");
  await page.locator(".rail").getByRole("link", { name: "Events" }).click();
  await page.getByRole("button", { name: "Custom days" }).click();
  await page.getByLabel("First day").fill(tuesday);
  await page.getByLabel("Last day").fill(tuesday);
  const row = page.locator(".row", { hasText: "claude-haiku-4-5" });
  await row.first().waitFor();
  await page.waitForFunction(
    () => ![...document.querySelectorAll(".row")].some((r) => r.textContent?.includes("novel")),
  );
  expect(new URL(page.url()).search).toBe(`?from=${tuesday}&to=${tuesday}`);
  // An older address of the same day.
  await goto(`/events?on=${tuesday}`);
  await row.first().waitFor();
  expect(await page.getByLabel("First day").inputValue()).toBe(tuesday);
});

test("F049.A8 what was written is found from any view by its words", async () => {
  const { page } = open;
  await goto("/limits");
  await page.getByRole("status").getByText("Live").first().waitFor();
  await openSearch(page);
  await page.keyboard.type("words novel");
  await page.locator(".hit", { hasText: "novel" }).first().waitFor();
  await page.locator(".hit a, a.hit").first().click();
  await page.waitForFunction((id) => location.pathname.includes(id), ONE);
  expect(Date.now() - noon).toBeLessThan(DAY);
});
