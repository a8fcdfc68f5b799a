import { expect, test } from "bun:test";
import { untilHolds } from "./daemon.ts";
import { accessFaults } from "./page-access.ts";
import { openPage, openSearch, startDaemon, untilFocused } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";
import { HOSTILE, LONG, PAYLOAD, WORK, writeLongSession, writeSessions } from "./session-world.ts";

const DAY = 86_400_000;

let now = 0;

servePage(async (world) => {
  now = Date.now();
  writeSessions(world, now);
  writeLongSession(world, now, 600);
  const daemon = await startDaemon(world);
  const isRead = async () => (await (await fetch(`${daemon.url}/api/status`)).json()).data.backfill.done;
  while (!(await isRead())) await Bun.sleep(100);
  // Words are read behind the figures.
  const unread = async () =>
    (await (await fetch(`${daemon.url}/api/search?q=zebra`)).json()).data.unread_files;
  while ((await unread()) > 0) await Bun.sleep(100);
  await world.fireHook("UserPromptSubmit", { session_id: LONG, prompt: "go on with it" });
  return { daemon, open: await openPage(`${daemon.url}/sessions`) };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const at = () => open.page.evaluate(() => location.pathname + location.search);
const line = (text: string) => open.page.locator(".session-line", { hasText: text });
const session = `/sessions/claude:${WORK}`;

test("F043.A5 what happened on a day is two clicks away, and a filter remains after a session was opened", async () => {
  const { page } = open;
  await goto("/sessions");
  await line("zebra checkout").waitFor();
  await page.locator(".day-line").first().waitFor();
  const berlin = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Berlin" });
  const day = berlin.format(now - 3 * DAY);
  await page.getByRole("button", { name: "Custom days" }).click();
  await page.getByLabel("First day").fill(day);
  await page.getByLabel("Last day").fill(day);
  await page.getByText("1 session", { exact: true }).first().waitFor();
  expect(await at()).toBe(`/sessions?from=${day}&to=${day}`);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Work of day 3" }).click();
  await page.getByRole("heading", { level: 1, name: "Work of day 3" }).waitFor();
  await page.getByText("All sessions").click();
  await line("Work of day 3").waitFor();
  expect(await at()).toBe(`/sessions?from=${day}&to=${day}`);
  // Capital letters make no difference, and what is filtered can be undone.
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.getByLabel("Filter by title, project or id").fill("ZEBRA");
  await line("zebra checkout").waitFor();
  await page.getByText("1 session", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.getByRole("button", { name: "Cost", exact: true }).click();
  await page.waitForFunction(
    () =>
      document.querySelector(".session-line:not(.session-heads) a")?.textContent ===
      "Step 0: go on with the long work",
  );
  expect(await at()).toBe("/sessions?sort=cost");
  await page.getByRole("button", { name: /^Cost/ }).click();
  await untilHolds(async () => expect(await at()).toBe("/sessions?sort=-cost"));
});

test("F043.A6 what happened in a session, which calls failed and what its agents cost are seen without a click", async () => {
  const { page } = open;
  await goto(session);
  await page.locator(".item", { hasText: "zebra checkout" }).waitFor();
  const sums = page.getByRole("complementary", { name: "Sums" });
  const rows = await sums.locator("table").first().locator("tbody tr").allInnerTexts();
  // Nine requests of the main thread and its agent: what the agent cost is beside what all cost.
  expect(rows.map((row) => row.split(/\s+/).slice(-2))).toEqual([
    ["$0.0460", "$0.0688"],
    ["$0.0228", "$0.0228"],
  ]);
  expect(await sums.locator("tr", { hasText: "Edit" }).textContent()).toContain("100 %");
  const block = page.locator(".item.kind-t", { hasText: "zebra checkout" }).locator(".block-facts");
  expect(await block.textContent()).toMatch(/\$0\.0\d+.*1 failed/s);
  await page.keyboard.press("n");
  await page.locator(".item.is-at.is-failed", { hasText: "the basket is empty" }).waitFor();
  await page.keyboard.press("n");
  await page.locator(".item.is-at.is-failed", { hasText: "String not found" }).waitFor();
  await untilHolds(async () => expect(await at()).toContain("at=ctoolu_d"));
  await page.keyboard.press("p");
  await page.locator(".item.is-at", { hasText: "the basket is empty" }).waitFor();
  // The link to an item leads to it after a reload, too; the link for keyboards does not leave the session.
  await page.reload();
  await page.locator(".item.is-at", { hasText: "the basket is empty" }).waitFor();
  await page.locator("a.skip").focus();
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => location.pathname)).toBe(session);
  await page.getByRole("button", { name: /^Failed or denied 2/ }).click();
  await page.waitForFunction(() => document.querySelectorAll(".item").length === 2);
});

test("F043.A7 texts of a conversation is found from everywhere, and Enter leads to the place", async () => {
  const { page } = open;
  for (const [from, key] of [
    ["/costs", "/"],
    ["/", "ControlOrMeta+k"],
  ] as const) {
    await goto(from);
    await page.locator("main h1, main h2").first().waitFor({ state: "attached" });
    await openSearch(page, key);
    await page.keyboard.type("quokka disc");
    const hit = page.locator(".hit").first();
    await hit.locator("mark", { hasText: "quokka" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".text-line.is-at", { hasText: "The quokka discount was applied twice." }).waitFor();
    expect(await at()).toMatch(new RegExp(`^${session}\\?tab=transcript&at=\\d+$`));
  }
  await openSearch(page);
  await page.keyboard.type("zebra");
  await page.locator(".hit", { hasText: "# Title" }).first().waitFor();
  expect(await page.locator(".hit").first().textContent()).toContain("# Title");
  await page.keyboard.press("Escape");
  await page.locator(".search-overlay > input").waitFor({ state: "detached" });
  await untilFocused(page, ":not(body)");
});

test("F043.A8 a transcript has every text with its role, folds what is long, and opens it", async () => {
  const { page } = open;
  await goto(`${session}?tab=transcript`);
  await page.locator(".text-line", { hasText: "Prompt" }).first().waitFor();
  await page.locator(".text-line", { hasText: "Tool result, failed" }).first().waitFor();
  const long = page.locator(".text-line", { hasText: "xxxxx" });
  expect((await long.textContent())?.length).toBeLessThan(700);
  await long.getByRole("button", { name: "Show all 3,005 characters" }).click();
  await page.waitForFunction(() => (document.querySelector(".virtual")?.textContent?.length ?? 0) > 3000);
  await page.getByRole("button", { name: "Thinking" }).click();
  await page.locator(".text-line", { hasText: "walrus" }).waitFor();
  await untilHolds(async () => expect(await page.locator(".text-line").count()).toBe(1));
});

test("F043.A9 a live session opens at its end, one that is over at its start, with few elements", async () => {
  const { page } = open;
  await goto(`/sessions/claude:${LONG}`);
  await page.locator(".item", { hasText: "go on with it" }).waitFor();
  expect(await page.locator("*").count()).toBeLessThan(3000);
  expect(await page.locator(".item", { hasText: "Step 0:" }).count()).toBe(0);
  await goto(session);
  await page.locator(".item", { hasText: "zebra checkout" }).waitFor();
  // Rows that lie far apart come by their place, not one page after the other.
  await goto(`/sessions/claude:${LONG}?at=ctoolu_L299`);
  await page.locator(".item.is-at", { hasText: "step 299" }).waitFor();
});

test("F043.A10 hostile text stays text in every part, and no part is wider than a phone or fails axe", async () => {
  const { page } = open;
  const paths = ["/sessions", session, `${session}?tab=transcript`, `${session}?tab=requests`];
  const hostile = `/sessions/claude:${HOSTILE}`;
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const)
    for (const path of [...paths, hostile, `${hostile}?tab=transcript`, `${hostile}?tab=requests`]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1440, height: 900 });
      await goto(path);
      await page.locator(".virtual [data-index]").first().waitFor();
      await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
      expect([path, await page.locator("#page img, #page script, #page iframe, #page b b").count()]).toEqual([
        path,
        0,
      ]);
      expect(await page.title()).not.toBe("hacked");
      found.push(...(await accessFaults(page, `${path} ${colorScheme}`)));
    }
  await page.emulateMedia({ colorScheme: "light" });
  // The other views name the project and its sessions, too.
  await page.setViewportSize({ width: 390, height: 800 });
  for (const path of ["/", "/costs?by=project", "/tools?range=30d", "/events"]) {
    await goto(path);
    await page.locator("main :is(.row, .ranked, .tools-table, .agent)").first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll("main .skeleton").length === 0);
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if (wide! > room!) found.push(`${path} is ${wide} wide`);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(found).toEqual([]);
  await goto(hostile);
  await openSearch(page);
  await page.keyboard.type("onerror");
  await page.locator(".hit mark", { hasText: "onerror" }).first().waitFor();
  expect(await page.locator("#page img, dialog img").count()).toBe(0);
  await page
    .locator("bdi", { hasText: PAYLOAD.slice(0, 20) })
    .first()
    .waitFor();
  await page.keyboard.press("Escape");
});

test("F043.A11 the list keeps its order under the pointer and is walked by the keyboard", async () => {
  const { page } = open;
  await goto("/sessions");
  await line("zebra checkout").hover();
  const titles = () => page.locator(".session-line a").allInnerTexts();
  const before = await titles();
  await world.fireHook("UserPromptSubmit", { session_id: "day-5", prompt: "a new life" });
  await page.locator(".held").waitFor();
  expect(await titles()).toEqual(before);
  await page.mouse.move(5, 5);
  await page.waitForFunction(
    (was) => document.querySelector(".session-line:not(.session-heads) a")?.textContent !== was,
    before[0],
  );
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".session h1").waitFor();
  await untilFocused(page, "#main");
  expect(open.faults).toEqual([]);
});
