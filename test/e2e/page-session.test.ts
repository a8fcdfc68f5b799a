import { expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openPage, openSearch, prompt, response, startDaemon, usage } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";
import { WORK, writeSessions } from "./session-world.ts";

const FIRST = "aaaaaaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const MISSED = "44444444-6f1c-4a55-9d0e-1c2d3e4f5a6b";

servePage(async (world) => {
  writeSessions(world, Date.now(), 2);
  const from = Date.now() - 600_000;
  world.transcript(`${MISSED}.jsonl`, [
    prompt(MISSED, "m", from, "count the words"),
    response(MISSED, "m1", from + 1000, { usage: usage(10, 100_000, 0) }),
    response(MISSED, "m2", from + 2000, { usage: usage(10, 100, 100_000) }),
    response(MISSED, "m3", from + 3000, { usage: usage(100_110, 0, 0) }),
  ]);
  const daemon = await startDaemon(world);
  const isRead = async () => (await (await fetch(`${daemon.url}/api/status`)).json()).data.backfill.done;
  while (!(await isRead())) await Bun.sleep(100);
  return { daemon, open: await openPage(daemon.url) };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const session = `/sessions/claude:${WORK}`;

test("F043.A15 a session is called by its prompt as soon as a hook reports it, and by its own title once that is stored", async () => {
  const { page } = open;
  // As the client's own hooks report it, without the id that later versions give a prompt.
  await world.fireHook("SessionStart", { session_id: FIRST, source: "startup" });
  await goto("/sessions");
  await page.getByRole("link", { name: /aaaaaaaa$/ }).waitFor();
  await goto(`/sessions/claude:${FIRST}`);
  await page.getByRole("heading", { level: 1, name: /aaaaaaaa$/ }).waitFor();
  await world.fireHook("UserPromptSubmit", { session_id: FIRST, prompt: "/clear" });
  await world.fireHook("UserPromptSubmit", { session_id: FIRST, prompt: "paint the shed green\nand more" });
  await page.getByRole("heading", { level: 1, name: "paint the shed green" }).waitFor();
  for (const path of ["/", "/sessions"]) {
    await goto(path);
    await page
      .getByRole("link", { name: /paint the shed green/ })
      .first()
      .waitFor();
  }
  await goto("/sessions");
  await page.getByLabel("Filter by title, project or id").fill("shed GREEN");
  await page.getByText("1 session", { exact: true }).first().waitFor();
  await goto(`/sessions/claude:${FIRST}`);
  await page.getByRole("heading", { level: 1, name: "paint the shed green" }).waitFor();
  // A line that is no event of any kind.
  const file = join(world.dir, "claude/projects/-work-shop", `${FIRST}.jsonl`);
  appendFileSync(
    file,
    `${JSON.stringify({ type: "custom-title", customTitle: "Shed", sessionId: FIRST })}\n`,
  );
  await page.getByRole("heading", { level: 1, name: "Shed", exact: true }).waitFor();
  await page.waitForFunction(() => document.title.includes("Shed ·"));
  // A later client sends its title with the prompt.
  await world.fireHook("UserPromptSubmit", {
    session_id: FIRST,
    prompt: "go on",
    prompt_id: "p2",
    session_title: "green-shed",
  });
  await page.getByRole("heading", { level: 1, name: "green-shed", exact: true }).waitFor();
});

test("F043.A16 the head has what a session is, how long it took, how full it is and what goes on with it", async () => {
  const { page } = open;
  await goto(session);
  await page.waitForFunction(
    () =>
      document.title === "Find out why the zebra checkout fails · Hall Monitor" ||
      document.title.endsWith("· Find out why the zebra checkout fails · Hall Monitor"),
  );
  const head = page.locator(".session-head");
  const figure = async (name: string) =>
    (await head.locator(`dl > div:has(dt:text-is("${name}")) dd`).textContent()) ?? "";
  expect(await figure("Duration")).toMatch(/^1 min 1\d s$/);
  // 1,000 tokens of 200,000.
  expect(await figure("Context")).toBe("0 % · 1.00k of 200k");
  expect(await figure("Model")).toBe("claude-opus-4-5");
  expect(await head.textContent()).toContain("2.1.329");
  expect(await head.getByRole("button", { name: "Copy the resume command" }).getAttribute("data-tip")).toBe(
    `cd /home/dev/shop && claude --resume ${WORK}`,
  );
  await head.getByRole("button", { name: "Copy the export command" }).waitFor();
  for (const tab of ["", "?tab=transcript", "?tab=requests"]) {
    await goto(`${session}${tab}`);
    await page.getByRole("complementary", { name: "Sums" }).getByText("Export:").waitFor();
    const printed = (await page.locator("main").textContent())?.split(
      `hall-monitor session ${WORK} --transcript`,
    );
    expect([tab, printed?.length]).toEqual([tab, 2]);
  }
  await page.locator(".rail").getByRole("link", { name: "Sessions" }).click();
  await page.waitForFunction(() => document.title.endsWith("Sessions · Hall Monitor"));
});

test("F043.A17 a sub-agent has its type and its task wherever it is named", async () => {
  const { page } = open;
  await goto(session);
  await page.locator(".item-agent", { hasText: "Explore" }).first().waitFor();
  await page.locator(".item.kind-a", { hasText: "look at the logs" }).waitFor();
  await page.locator(".minimap-names li", { hasText: "Explore" }).waitFor();
  const sums = page.getByRole("complementary", { name: "Sums" });
  await sums.locator("tr", { hasText: "Explore" }).getByText("look at the logs").waitFor();
  await page.getByLabel("Agent", { exact: true }).selectOption({ label: "Explore · look at the logs" });
  await page.waitForFunction(() => location.search.includes("agent=aaa1"));
  await goto(`${session}?tab=transcript`);
  await page.locator(".text-line .item-agent", { hasText: "Explore" }).first().waitFor();
  expect(await page.locator("main").textContent()).not.toContain("aaa1");
});

test("F043.A18 a transcript shows what a tool was given as one would type it, and all of it on request", async () => {
  const { page } = open;
  await goto(`${session}?tab=transcript`);
  const call = page.locator(".text-line.role-tool_input", { hasText: "make test" });
  await call.waitFor();
  expect(await call.locator(".text-body").textContent()).toBe("make test");
  expect(await call.getByRole("button", { name: "Whole input" }).count()).toBe(0);
  const task = page.locator(".text-line.role-tool_input", { hasText: "look at the logs" });
  expect(await task.locator(".text-body").textContent()).toBe("look at the logs");
  await task.getByRole("button", { name: "Whole input" }).click();
  await task.getByText('"subagent_type":"Explore"').waitFor();
  await page
    .locator(".text-line.role-tool_input .text-body", { hasText: /^\/src\/basket\.ts$/ })
    .first()
    .waitFor();
});

test("F043.A19 a short session's axis has seconds, each chip has its count, and a phone shows the timeline", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  await goto(session);
  await page.locator(".minimap-axis").waitFor();
  const ticks = await page.locator(".minimap-axis span").allTextContents();
  expect(ticks.filter((tick) => !/^\d\d:\d\d:\d\d$/.test(tick))).toEqual([]);
  expect(new Set(ticks).size).toBe(ticks.length);
  const chips = await page.locator(".chips button").allTextContents();
  expect(chips.filter((chip) => !/ \d+$/.test(chip))).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await goto(session);
  await page.locator(".item").first().waitFor();
  const seen = await page.evaluate(() => {
    const box = document.querySelector(".timeline-list")!.getBoundingClientRect();
    return [...document.querySelectorAll(".item")].filter((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top >= box.top - 1 && bottom <= box.bottom + 1;
    }).length;
  });
  expect(seen).toBeGreaterThan(5);
  await page.setViewportSize({ width: 1280, height: 860 });
});

test("F043.A20 the filters of the list are one row on a desk, and a card on a phone has words for its figures", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  for (const path of ["/sessions", "/sessions?failed=true&project=shop"]) {
    await goto(path);
    await page.locator(".session-line:not(.session-heads)").first().waitFor();
    const rows = await page.evaluate(
      () =>
        new Set(
          [...document.querySelectorAll(".session-filters > *:not(datalist)")].map((field) => {
            const { top, height } = field.getBoundingClientRect();
            return Math.round((top + height / 2) / 12);
          }),
        ).size,
    );
    expect([path, rows]).toEqual([path, 1]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await goto("/sessions");
  const line = page.locator(".session-line", { hasText: "zebra checkout" });
  await line.getByText("failed").waitFor();
  expect(await line.locator(".cell-failed").allInnerTexts()).toEqual(["✕ 2 failed"]);
  await page.setViewportSize({ width: 1280, height: 860 });
});

test("F043.A21 a session that is not there and a filter that is refused are reported with a fix", async () => {
  const { page } = open;
  await goto("/sessions/claude:nothing");
  const notice = page.locator("main .notice").first();
  await notice.getByText("not found", { exact: false }).first().waitFor();
  await page.getByText("All sessions").click();
  await page.locator(".session-line:not(.session-heads)").first().waitFor();
  await goto("/sessions?from=yesterday-ish");
  await notice.waitFor();
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await page.locator(".session-line:not(.session-heads)").first().waitFor();
});

test("F043.A22 which requests of a session missed the cache, and why, is one click away", async () => {
  const { page } = open;
  await goto(`/sessions/claude:${MISSED}`);
  const causes = page.getByRole("table", { name: "Causes of cache misses" });
  await causes.getByRole("row", { name: "Every cause 1" }).waitFor();
  await causes.getByRole("row", { name: "prefix changed 1" }).getByRole("button").click();
  await page.locator(".session-requests .chip", { hasText: "prefix changed" }).waitFor();
  await causes.getByRole("button", { name: "Every cause" }).click();
  const rows = page.locator(".session-requests .request-line:not(.request-heads)");
  await rows.first().waitFor();
  expect(await rows.count()).toBe(1);
  expect((await rows.first().locator(".cell-marks").textContent())?.toLowerCase()).toContain("miss");
  await page.getByRole("button", { name: "Only cache misses" }).click();
  await page.waitForFunction(
    () => document.querySelectorAll(".request-line:not(.request-heads)").length === 3,
  );
});

test("F043 the chips of the transcript count what each of them shows, whichever is chosen", async () => {
  const { page } = open;
  await goto(`${session}?tab=transcript`);
  const chips = page.locator(".transcript .chips");
  await chips.getByRole("button", { name: "Prompts 2", exact: true }).waitFor();
  await chips.getByRole("button", { name: "Thinking 1", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll(".text-line").length === 1);
  await chips.getByRole("button", { name: "Prompts 2", exact: true }).waitFor();
});

test("F043 a view that opens beside new events requests each response once, and again with the next event", async () => {
  const { page, requests } = open;
  const call = (tool_use_id: string, command: string) =>
    world.fireHook("PreToolUse", {
      session_id: WORK,
      tool_name: "Bash",
      tool_use_id,
      tool_input: { command },
    });
  const tab = (name: string) => page.locator("main").getByRole("link", { name }).first().click();
  const sent = (part: string) => requests.filter((url) => url.includes(part) && url.includes("?"));
  await goto(session);
  await page.locator(".item").first().waitFor();
  await call("late-1", "echo first");
  await page.locator(".item", { hasText: "echo first" }).first().waitFor();
  requests.length = 0;
  await tab("Transcript");
  await page.locator(".text-line").first().waitFor();
  await page.locator(".transcript .chips").getByRole("button", { name: "Prompts 2", exact: true }).waitFor();
  await tab("Requests");
  await page.locator(".request-line:not(.request-heads)").first().waitFor();
  await tab("Timeline");
  await page.locator(".item", { hasText: "echo first" }).first().waitFor();
  expect([sent("/transcript"), sent("/api/requests")].map(({ length }) => length)).toEqual([1, 1]);
  await tab("Transcript");
  await page.locator(".text-line").first().waitFor();
  requests.length = 0;
  const refreshed = page.waitForRequest((request) => request.url().includes("/transcript?"));
  await call("late-2", "echo second");
  await refreshed;
});

test("F043.A18 a search shows what a tool was given as text, not as JSON", async () => {
  const { page } = open;
  await goto("/");
  await page.locator("main h1, main h2").first().waitFor({ state: "attached" });
  await openSearch(page);
  await page.keyboard.type("make test");
  const hit = page.locator(".hit", { hasText: "→ Tool call" }).first();
  await hit.locator("mark", { hasText: "make" }).waitFor();
  expect(await hit.locator(".hit-text").textContent()).toBe("make test");
});
