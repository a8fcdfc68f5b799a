import { afterAll, beforeAll, expect, test } from "bun:test";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { sessionId, startInventedWeek } from "../../scripts/picture-world.ts";
import { type Daemon, type Open, openPage, prompt, response, type World } from "./page-rig.ts";

let world: World;
let daemon: Daemon;
let open: Open;

beforeAll(async () => {
  ({ world, daemon } = await startInventedWeek());
  const fifth = { session_id: sessionId(4, 0), cwd: "/home/dev/reports" };
  await world.fireHook("UserPromptSubmit", { ...fifth, prompt: "a report by week and project" });
  for (const n of [6, 7]) {
    const session_id = `${String(n).repeat(8)}-0000-4000-8000-000000000000`;
    const title = `Why is build ${n} slow on the machines of the team`;
    const at = Date.now() - 60_000;
    world.transcript(`${session_id}.jsonl`, [
      prompt(session_id, `n${n}`, at, title),
      response(session_id, `n${n}`, at),
    ]);
    await world.fireHook("UserPromptSubmit", { session_id, prompt: title });
  }
  // A window that a client leaves out is no longer reported, so all three come together.
  const now = Date.now();
  const minutes = [300, 10_080, 10_080];
  const samples = ["5h", "weekly", "weekly_opus"].map((window, i) => ({
    source: "claude" as const,
    account: "default",
    limit_id: "claude",
    session_id: "",
    origin: "statusline" as const,
    sample_id: `fold ${window}`,
    time_unix_ms: now,
    window,
    window_minutes: minutes[i]!,
    used_percent: [79, 71, 22][i]!,
    resets_at_unix_ms: now + [110, 3960, 4320][i]! * 60_000,
  }));
  await spoolSamples(world.dataDir, samples, now);
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

/** Resolves when every part of the view has what it shows. */
async function untilWhole(): Promise<void> {
  const { page } = open;
  await page.locator(".data-line").waitFor();
  await page.waitForFunction(
    (least) => Object.entries(least).every(([part, n]) => document.querySelectorAll(part).length >= n),
    {
      ".strip [data-figure] .note > *": 5,
      ".agent": 7,
      ".limit": 5,
      ".top-list li": 8,
      ".event": 8,
      ".hours .legend li": 4,
    },
  );
}

test("F045.A14 at 1440 × 900 all of Now is seen at once: figures, agents, hours, limits, money, events, data", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  await untilWhole();
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(900);
  const below = await page.evaluate(() =>
    [...document.querySelectorAll(".strip, .now .card, .data-line")]
      .filter((part) => part.getBoundingClientRect().bottom > innerHeight)
      .map((part) => part.className),
  );
  expect(below).toEqual([]);
  // A note of a limit has one line.
  const heights = await page
    .locator(".limit-course")
    .evaluateAll((all) =>
      all.map((e) => e.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(e).lineHeight)),
    );
  expect(heights.map(Math.round)).toEqual(heights.map(() => 1));
});

test("F045.A15 no line of Now begins with the dot between two facts, and none is wider than the screen", async () => {
  const { page } = open;
  for (const width of [1440, 1024, 390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await untilWhole();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const first = await page.evaluate(() => {
      const found: string[] = [];
      const texts = document.createTreeWalker(document.querySelector("main")!, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        let block = node.parentElement!;
        while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement!;
        for (const { index } of node.textContent!.matchAll(/·/g)) {
          const dot = document.createRange();
          dot.setStart(node, index);
          dot.setEnd(node, index + 1);
          const at = dot.getBoundingClientRect();
          const before = document.createRange();
          before.setStart(block, 0);
          before.setEnd(node, index);
          const isAfter = [...before.getClientRects()].some(
            (r) => r.width > 0 && Math.abs(r.bottom - at.bottom) < 8 && r.left < at.left,
          );
          if (at.width > 0 && !isAfter) found.push(block.textContent!);
        }
      }
      return found;
    });
    expect([width, first]).toEqual([width, []]);
  }
});

test("F045.A16 a model is shown without the day of its release, and a row of money leads to its costs of that day", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  await untilWhole();
  const text = (await page.locator("main").textContent()) ?? "";
  expect(text).toContain("claude-opus-4-5");
  expect(text).not.toMatch(/claude-[\w-]*-20\d{6}/);
  const hrefs = await page
    .locator(".top-list a")
    .evaluateAll((all) => all.map((a) => a.getAttribute("href")!));
  expect(hrefs.length).toBeGreaterThan(6);
  expect(hrefs.filter((href) => !/^\/(costs\?.*\brange=today\b|sessions\/)/.test(href))).toEqual([]);
  await page.locator(".top-list").getByRole("link", { name: "Threads" }).click();
  await page.getByRole("heading", { name: "Cost by hour, by thread" }).waitFor();
  expect(open.faults).toEqual([]);
});
