import { afterAll, beforeAll, expect, test } from "bun:test";
import { createWorld, type Daemon, type Open, openPage, prompt, response, startDaemon } from "./page-rig.ts";

const MINUTE = 60_000;
const ARABIC = "aaaaaaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const LONG = "bbbbbbbb-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const TITLES = {
  [ARABIC]: "إصلاح اختبار الدفع المتقطع في الوحدة الثالثة",
  [LONG]: `Refactor-${"the-configuration-loader-".repeat(6)}once`,
};
const QUESTION = "هل أحذف الفواتير القديمة؟ Should I also remove the backups of 2018 and of the year before?";
const VIEWS = ["/", "/sessions", "/costs?by=session", "/limits", "/tools", "/events", "/health"];
const WIDTHS = [1440, 1024, 390];

const world = createWorld();
let daemon: Daemon;
let open: Open;

/** A session in which a command fails `calls` times, one of five prompts each, each response dearer than the last. */
function session(id: keyof typeof TITLES, calls: number): object[] {
  const from = Date.now() - 30 * MINUTE;
  const of = { cwd: `/home/dev/${TITLES[id].slice(0, 60)}`, gitBranch: TITLES[id].slice(0, 40) };
  const lines = [prompt(id, id, from, TITLES[id])];
  for (let i = 0; i < calls; i++) {
    const tool = `toolu_${id.slice(0, 4)}${i}`;
    const content = [
      { type: "tool_use", id: tool, name: "Bash", input: { command: `npm test ${TITLES[id]}` } },
    ];
    const usage = { input_tokens: 1000 * (i + 1), output_tokens: 100 };
    lines.push(response(id, `${id.slice(0, 4)}${i}`, from + i * 10_000, { content, usage }));
    const result = { type: "tool_result", tool_use_id: tool, is_error: true, content: "Exit code 1" };
    const answered = prompt(id, `${id}${i}`, from + i * 10_000 + 1000, "");
    lines.push({ ...answered, promptId: `prompt-${id}`, message: { role: "user", content: [result] } });
  }
  lines.push({ type: "custom-title", customTitle: TITLES[id], sessionId: id });
  return lines.map((line) => ({ ...line, ...of }));
}

beforeAll(async () => {
  world.transcript(`${ARABIC}.jsonl`, session(ARABIC, 4));
  world.transcript(`${LONG}.jsonl`, session(LONG, 8));
  daemon = await startDaemon(world);
  await world.fireHook("PermissionRequest", {
    session_id: ARABIC,
    tool_name: "AskUserQuestion",
    tool_use_id: "toolu_q",
    tool_input: { questions: [{ question: QUESTION, header: "Scope", options: [] }] },
  });
  await world.fireHook("PermissionRequest", {
    session_id: LONG,
    tool_name: "ExitPlanMode",
    tool_use_id: "toolu_p",
    tool_input: { plan: "1. it" },
  });
  await world.fireHook("StopFailure", {
    session_id: "cccccccc-6f1c-4a55-9d0e-1c2d3e4f5a6b",
    error: "rate_limit",
  });
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

async function show(path: string, width: number): Promise<void> {
  const { page } = open;
  await page.setViewportSize({ width, height: 900 });
  await page.goto(`${daemon.url}${path}`);
  await page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
}

/** Text that is cut without an ellipsis, or that runs out of its box, and what is beside the window. */
const cutTexts = () =>
  open.page.evaluate(() => {
    const edge = document.documentElement.clientWidth;
    const found: string[] = [];
    /** In a part that is cut or scrolled by itself. */
    const isWithin = (box: Element): boolean => {
      const outer = box.parentElement;
      if (!outer || outer === document.body) return false;
      return getComputedStyle(outer).overflowX !== "visible" || isWithin(outer);
    };
    for (const box of document.querySelectorAll<HTMLElement>("body *")) {
      const isText = [...box.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent?.trim());
      if (!isText || box.checkVisibility({ opacityProperty: true }) === false) continue;
      if (box.closest(".hidden, .skip, .rail, .bars-labels, .request-heads, [popover]:not(:popover-open)"))
        continue;
      const { display, textOverflow } = getComputedStyle(box);
      const name = `${box.tagName.toLowerCase()}.${box.className}: ${box.textContent?.slice(0, 40)}`;
      if (display !== "inline" && box.scrollWidth > box.clientWidth + 1 && textOverflow !== "ellipsis")
        found.push(`${box.scrollWidth} in ${box.clientWidth} ${name}`);
      const { left, right } = box.getBoundingClientRect();
      if ((left < -1 || right > edge + 1) && !isWithin(box)) found.push(`beside the window ${name}`);
    }
    return found;
  });

test("F045.A22 no text is cut without a sign or wider than its place, at any width, in either direction of writing", async () => {
  for (const width of WIDTHS)
    for (const path of [...VIEWS, `/sessions/claude:${LONG}`, `/sessions/claude:${LONG}?tab=requests`]) {
      await show(path, width);
      expect([width, path, await cutTexts()]).toEqual([width, path, []]);
    }
});

test("F045.A23 what opens over the page is whole within the window, also beside a scrollbar", async () => {
  const { page } = open;
  const whole = async (selector: string) => {
    const box = page.locator(selector);
    await box.waitFor();
    const { left, right, edge } = await box.evaluate((e) => {
      const { left, right } = e.getBoundingClientRect();
      return { left, right, edge: document.documentElement.clientWidth };
    });
    expect([selector, left >= 0, right <= edge]).toEqual([selector, true, true]);
    await page.keyboard.press("Escape");
    await box.waitFor({ state: "hidden" });
  };
  for (const width of [1440, 390, 320]) {
    await show("/", width);
    await page.locator(".alert-chip").click();
    await whole(".panel:popover-open");
    await page.keyboard.press("?");
    await whole("#help");
    await page.keyboard.press("/");
    await whole(".search-overlay[open]");
    await show("/costs?range=today", width);
    await page.locator(".request").first().click();
    await whole(".drawer[open]");
    await show("/tools?range=today", width);
    await page.locator(".tools-table tbody a").first().click();
    await whole(".drawer[open]");
  }
});

test("F045.A24 a column keeps its left edge whatever the direction of a name, and a cut name is cut at its own end", async () => {
  for (const [path, names] of [
    ["/", ".agent-title"],
    ["/sessions", ".cell-session a > bdi"],
  ] as const) {
    await show(path, 1440);
    const all = open.page.locator(names);
    await open.page.waitForFunction((of) => document.querySelectorAll(of).length >= 2, names);
    // Where the drawn text begins, not its box.
    const edges = await all.evaluateAll((boxes) =>
      boxes.map((box) => {
        const text = document.createRange();
        text.selectNodeContents(box);
        return Math.round(Math.max(text.getBoundingClientRect().left, box.getBoundingClientRect().left));
      }),
    );
    expect([path, new Set(edges).size]).toEqual([path, 1]);
  }
  await show("/", 1440);
  const question = open.page.locator(`[data-key="claude:${ARABIC}"] .agent-does bdi.clip`);
  expect(await question.textContent()).toBe(QUESTION);
  expect(await question.evaluate((e) => getComputedStyle(e).textOverflow)).toBe("ellipsis");
});

test("F045.A25 the longest bar of a ranking fills its column, the others are as long as their part of it", async () => {
  await show("/costs?by=session&range=7d", 1440);
  await open.page.locator(".costs-ranked .share i").nth(1).waitFor();
  const [first, second] = await open.page.locator(".costs-ranked .share").evaluateAll((cells) =>
    cells.map((cell) => {
      const bar = cell.querySelector("i")!.getBoundingClientRect().width;
      return { bar, rest: cell.getBoundingClientRect().width - bar };
    }),
  );
  // 36 and 10 thousand tokens in, 800 and 400 out.
  expect(first!.rest).toBeLessThan(80);
  expect(second!.bar / first!.bar).toBeCloseTo((10 * 5 + 0.4 * 25) / (36 * 5 + 0.8 * 25), 1);
});

test("F045.A26 each label of an axis is beside its line, and is no longer than its figure needs", async () => {
  await show("/costs?range=7d", 1440);
  await open.page.locator(".bars-axis span").first().waitFor();
  const { top, height, middles, texts } = await open.page.evaluate(() => {
    const { top, height } = document.querySelector(".bars-plot")!.getBoundingClientRect();
    const labels = [...document.querySelectorAll(".bars-axis span")];
    const middles = labels.map((e) => {
      const { top, height } = e.getBoundingClientRect();
      return top + height / 2;
    });
    return { top, height, middles, texts: labels.map((e) => e.textContent) };
  });
  for (const [i, middle] of middles.entries())
    expect(Math.abs(middle - top - (i * height) / 2)).toBeLessThan(2);
  expect(texts).toEqual(["$0.50", "$0.25", "$0"]);
});

test("F045.A27 an event shows what is asked or failed, not the name of the tool behind it", async () => {
  await show("/events", 1440);
  const { page } = open;
  await page.locator(".row", { hasText: QUESTION }).waitFor();
  await page.locator(".row.tone-bad", { hasText: "rate limit" }).waitFor();
  await page.locator(".row.tone-wait", { hasText: "of its plan" }).waitFor();
  const list = (await page.locator(".event-rows-box").textContent()) ?? "";
  expect(list).not.toContain("AskUserQuestion");
  expect(list).not.toContain("ExitPlanMode");
  expect(open.faults).toEqual([]);
});
