import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Answer } from "../../schema/api-types.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { money } from "../../viewer/ui/format.ts";
import { accessFaults } from "./page-access.ts";
import { openPage, prompt, response, startDaemon, usage } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";
import { LONG, PAYLOAD, writeLongSession } from "./session-world.ts";

const ONE = "11111111-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const REQUESTS = 1500;

const CALL = { content: [{ type: "tool_use", id: "toolu_w", name: "Grep", input: { pattern: "words" } }] };
const RESULT = { type: "tool_result", tool_use_id: "toolu_w", content: "4" };

servePage(async (world) => {
  // The last 7 days hold all of it, whatever the hour is.
  const at = Date.now() - 26 * 3_600_000;
  const on = { gitBranch: "feat/dear" };
  world.transcript(`${ONE}.jsonl`, [
    { ...prompt(ONE, "1", at, `count the words ${PAYLOAD}`), ...on },
    { ...response(ONE, "a", at + 1000, { usage: usage(10, 100_000, 0) }), ...on },
    { ...response(ONE, "b", at + 2000, { usage: usage(10, 100, 100_000) }), ...on },
    { ...response(ONE, "c", at + 3000, { usage: usage(100_110, 0, 0) }), ...on },
    { ...response(ONE, "w", at + 4000, { usage: usage(10, 100_000, 0), ...CALL }), ...on },
    {
      ...prompt(ONE, "r", at + 5000, ""),
      ...on,
      promptId: "prompt-1",
      message: { role: "user", content: [RESULT] },
    },
    { ...prompt(ONE, "2", at + 600_000, "and once more"), ...on },
    { ...response(ONE, "d", at + 601_000, { usage: usage(10, 100_000, 0) }), ...on },
  ]);
  writeLongSession(world, at - 60_000, REQUESTS);
  const daemon = await startDaemon(world);
  const open = await openPage(daemon.url);
  await open.page.getByRole("status").getByText("Live").first().waitFor();
  await open.page.waitForFunction(
    async (wanted) => (await (await fetch("/api/costs?period=7d")).json()).data.total.requests === wanted,
    REQUESTS + 5,
  );
  return { daemon, open };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const get = async <T>(path: string) => (await (await fetch(daemon.url + path)).json()) as T;
const figure = (name: string) => open.page.locator(`.cache-figures [data-figure="${name}"]`);

test("F050.A3 what the cache saved and lost, and why, is one click from the overview, with the figures of route and command", async () => {
  const { page } = open;
  await goto("/");
  await page.locator('[data-figure="From cache"]').getByRole("link", { name: /^lost/ }).click();
  await page.waitForURL(/\/costs\?.*tab=cache/);
  await goto("/costs?tab=cache");
  const { total, misses } = (await get<Answer<"GET /api/cache">>("/api/cache")).data;
  expect([total.misses > 1, total.saved_nano_usd > 0, total.lost_nano_usd > 0]).toEqual([true, true, true]);
  await figure("Saved").getByText(money(total.saved_nano_usd)).waitFor();
  await figure("Lost").getByText(money(total.lost_nano_usd)).waitFor();
  const command = Bun.spawn(
    [process.execPath, ...BUN_SEAL, join(import.meta.dir, "../../cli/main.ts"), "cache", "--json"],
    { env: world.env, stdout: "pipe", stderr: "ignore" },
  );
  const printed = JSON.parse(await new Response(command.stdout).text()) as {
    total?: unknown;
    data?: unknown;
  };
  expect(JSON.stringify(printed)).toContain(JSON.stringify(total.reasons));
  // By reason, by day and by session; what missed it with its reason, most expensive first.
  const reasons = page.locator("section", { has: page.locator("#reasons-title") });
  expect(await reasons.locator("tbody tr").count()).toBe(total.reasons.length);
  await reasons.getByRole("button", { name: "idle too long" }).click();
  await page.waitForURL(/miss_reason=idle/);
  const row = page.locator(".request-line[data-seq]").first();
  await row.getByText("missed: idle too long").waitFor();
  const idle = misses.filter((miss) => miss.reason === "idle");
  expect(await row.getAttribute("data-seq")).toBe(String(idle[0]?.seq));
  const sessions = page.locator("section", { has: page.locator("#cache-sessions-title") });
  await sessions.locator('a[href*="11111111"]').waitFor();
  await row.locator("a").click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Cache missed").waitFor();
  const text = (await drawer.textContent()) ?? "";
  expect(text).toContain(`${money(idle[0]?.lost_nano_usd ?? null)} lost`);
  expect(text).not.toContain(`claude:${ONE}`);
  expect(text).toContain("Recorded as ");
  const billed = drawer.getByRole("table").locator("tbody tr td:nth-child(2)");
  expect((await billed.allTextContents()).filter((quantity) => quantity === "0")).toEqual([]);
  const place = drawer.getByRole("button", { name: "Copy path and offset" });
  expect(await place.getAttribute("data-tip")).toMatch(/\.jsonl:\d+$/);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
});

test("F050.A4 a row of a split shows the requests behind it, a prompt opens where it was written, kinds add up to the total", async () => {
  const { page } = open;
  await goto("/costs?by=branch");
  const ranked = page.locator(".costs-ranked");
  await ranked.getByRole("button", { name: "feat/dear" }).click();
  await page.waitForURL(/of=branch&group=feat/);
  await page.locator("#requests-title").getByText("feat/dear").waitFor();
  await page.locator(".request-table[aria-rowcount='6']").waitFor();
  // The rows come after their count.
  await page.locator(".request-line[data-seq]").nth(4).waitFor();
  expect(await page.locator(".request-line[data-seq]").count()).toBe(5);
  // Without a name, too.
  await goto("/costs?by=skill");
  await ranked.getByRole("button", { name: "no skill" }).click();
  await page.waitForURL(/of=skill/);
  await page.locator(".request-line[data-seq]").first().waitFor();

  await goto("/costs?by=tool");
  await page.getByText("the rows overlap").waitFor();
  await ranked.getByRole("button", { name: "Grep" }).waitFor();

  await goto("/costs?by=kind");
  const { groups, total } = (
    await get<Answer<"GET /api/aggregations">>("/api/aggregations?metric=cost&group_by=kind&period=month")
  ).data;
  expect(groups.reduce((sum, g) => sum + (g.value ?? 0), 0)).toBe(total!);
  await ranked.getByRole("button", { name: "Cache write, 5 min" }).waitFor();
  expect(await ranked.locator("tbody tr").count()).toBe(groups.length);

  await goto("/costs?by=prompt");
  await ranked
    .locator("tbody tr", { hasText: "count the words" })
    .getByRole("link", { name: /^open/ })
    .click();
  await page.waitForURL(new RegExp(`/sessions/claude:${ONE}\\?at=tprompt-1`));
  await page.locator(".is-at").waitFor();
});

test("F050.A5 the view holds without data, with a refused filter, with thousands of requests, narrow, and in both themes", async () => {
  const { page } = open;
  await goto("/costs");
  const list = page.locator(".request-table .virtual");
  await list.waitFor();
  expect(await page.locator(".request-line[data-seq]").count()).toBeLessThan(60);
  await page.waitForFunction(
    (wanted) => {
      const box = document.querySelector(".request-table .virtual");
      box?.scrollTo(0, box.scrollHeight);
      return document.querySelector(".request-table")?.getAttribute("aria-rowcount") === `${wanted}`;
    },
    REQUESTS + 6,
    { polling: 100, timeout: 60_000 },
  );
  expect(await page.locator(".request-line[data-seq]").count()).toBeLessThan(60);
  expect(await page.locator(".request-line[data-seq] a").last().textContent()).toContain("Step 0");
  // A bar's day is named as on the rest of the page.
  expect(await page.locator(".bars-labels").textContent()).toMatch(/\d{1,2} [A-Z][a-z]{2}/);

  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of ["/costs?by=prompt", "/costs?tab=cache", `/costs?of=session&group=claude:${LONG}`]) {
      await page.setViewportSize({ width: 1280, height: 860 });
      await goto(path);
      await page.locator(".request-line[data-seq]").first().waitFor();
      await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
      found.push(...(await accessFaults(page, `${path} ${colorScheme}`, [390, 320])));
    }
  }
  expect(found).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(await page.locator("#page img").count()).toBe(0);
  expect(open.faults).toEqual([]);

  await goto("/costs?from=2026-01-01&to=2026-01-02");
  await page.getByText("No requests in this period").waitFor();
  await goto("/costs?tab=cache&from=2026-01-01&to=2026-01-02");
  await page.getByText("No requests in this period").waitFor();
  await goto("/costs?source=neither");
  await page.getByRole("alert").getByText("source").first().waitFor();
});
