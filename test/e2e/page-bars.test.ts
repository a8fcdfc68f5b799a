import { expect, test } from "bun:test";
import { openPage, prompt, response, startDaemon, untilFocused } from "./page-rig.ts";
import { daemon, open, servePage } from "./served-page.ts";

const DAY = 86_400_000;
const AGENTS = 9;
const id = (n: number) => `${String(n).repeat(8)}-6f1c-4a55-9d0e-1c2d3e4f5a6b`;

servePage(async (world) => {
  const now = Date.now();
  for (let n = 1; n <= AGENTS; n++) {
    const from = now - 60_000;
    world.transcript(`${id(n)}.jsonl`, [
      prompt(id(n), `n${n}`, from, `Task ${n}`),
      response(id(n), `n${n}`, from + 1000),
    ]);
  }
  const old = now - 3 * DAY;
  world.transcript("old.jsonl", [
    { ...prompt(id(0), "o", old, "Older work"), gitBranch: "dear-branch" },
    {
      ...response(id(0), "o", old + 1000, { model: "claude-sonnet-4-5-20250929" }),
      gitBranch: "dear-branch",
    },
  ]);
  const daemon = await startDaemon(world);
  return { daemon, open: await openPage(daemon.url) };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const query = (name: string) =>
  open.page.evaluate((of) => new URLSearchParams(location.search).get(of), name);

test("F049.A17 a name of the chart's legend filters by it, and a bar narrows to its day, by the keyboard, too", async () => {
  const { page } = open;
  await goto("/costs?range=7d");
  await page
    .locator(".legend")
    .getByRole("button", { name: /claude-sonnet-4-5/ })
    .click();
  await page.waitForFunction(() => location.search.includes("model=claude-sonnet-4-5"));
  const bars = page.locator(".bars-slot button");
  await goto("/costs?range=7d");
  await bars.first().waitFor();
  expect(await bars.count()).toBe(7);
  await bars.nth(3).focus();
  await untilFocused(page, ".bars-slot button");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Cost by hour/ }).waitFor();
  expect(await query("from")).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(await query("to")).toBe(await query("from"));
  expect(await query("range")).toBeNull();
});

test("F049.A18 the dearest session and branch of the month are one click from Now", async () => {
  const { page } = open;
  for (const [label, by, dearest] of [
    ["by session", "session", "Older work"],
    ["by branch", "branch", "dear-branch"],
  ] as const) {
    await goto("/");
    await page.locator(".money .head-links").getByRole("link", { name: label, exact: true }).click();
    await page.getByRole("table").getByText(dearest, { exact: false }).first().waitFor();
    expect([await query("by"), await query("range")]).toEqual([by, "30d"]);
  }
});

test("F045.A38 agents that were unfolded on Now can be folded again", async () => {
  const { page } = open;
  await goto("/");
  const rows = (n: number) =>
    page.waitForFunction((count) => document.querySelectorAll(".agent-rows > .agent").length === count, n);
  await rows(7);
  await page.getByRole("button", { name: "2 more", exact: true }).click();
  await rows(AGENTS);
  await page.getByRole("button", { name: "fewer", exact: true }).click();
  await rows(7);
});
