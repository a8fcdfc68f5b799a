import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { accessFaults } from "./page-access.ts";
import { createWorld, type Daemon, type Open, openPage, openSearch, startDaemon } from "./page-rig.ts";
import { VIEWS, WORK, writeSessions } from "./session-world.ts";

/** What opens over a view or within it, and how. */
const OPENED: [name: string, path: string, open: (page: Page) => Promise<void>, shown: string][] = [
  [
    "search",
    "/",
    async (page) => {
      await openSearch(page);
      await page.keyboard.type("basket");
    },
    ".search-overlay[open] .hit",
  ],
  ["help", "/", (page) => page.keyboard.press("?"), "#help:popover-open"],
  ["alerts", "/", (page) => page.locator(".alert-chip").click(), "#alerts:popover-open"],
  ["sub-agents", "/", (page) => page.locator(".agent-extra .link").first().click(), ".sub-agents li"],
  ["days", "/costs", (page) => page.locator(".shown-days").click(), "#custom-days:popover-open"],
  ["bars", "/costs?range=7d", (page) => page.locator(".as-table").click(), ".bars .figures-table"],
  ["figures", "/", (page) => page.locator(".strip .exact").first().focus(), "#tip:popover-open"],
  ["request", "/costs?range=7d", (page) => page.locator(".request").first().click(), ".drawer[open] table"],
  [
    "calls",
    "/tools?range=30d",
    (page) => page.locator(".tools-table tbody a").first().click(),
    ".drawer[open] .call",
  ],
  [
    "event",
    "/events",
    (page) => page.locator(".event-rows-box .row button, .event-rows-box .row a").first().click(),
    ".drawer[open]",
  ],
];

const world = createWorld();
let daemon: Daemon;
let open: Open;

beforeAll(async () => {
  const now = Date.now();
  writeSessions(world, now, 3);
  const of = { source: "codex", account: "default", limit_id: "codex", session_id: "" } as const;
  const week = { window: "weekly", window_minutes: 10_080, resets_at_unix_ms: now + 86_400_000 };
  await spoolSamples(
    world.dataDir,
    [63, 40].map((used_percent, hours) => ({
      sample_id: `s${hours}`,
      origin: "rollout" as const,
      time_unix_ms: now - hours * 3_600_000,
      used_percent,
      ...of,
      ...week,
    })),
    now,
  );
  daemon = await startDaemon(world);
  await world.fireHook("UserPromptSubmit", { session_id: WORK, prompt: "go on" });
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

async function show(path: string): Promise<void> {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${daemon.url}${path}`);
  await page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
}

test("F045.A35 what opens over a view has no serious finding of axe in either theme, and fits 320 pixels", async () => {
  const { page } = open;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [name, path, act, shown] of OPENED) {
      await show(path);
      await act(page);
      await page.locator(shown).first().waitFor();
      expect(await accessFaults(page, `${name} ${colorScheme}`)).toEqual([]);
      const beside = await page.evaluate(async () => {
        // What follows the width of the window does so with the next drawing.
        for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
        return [...document.querySelectorAll("dialog[open], :popover-open")]
          .flatMap((box) => [box, ...box.querySelectorAll("*")])
          .filter((e) => {
            const { left, right, width } = e.getBoundingClientRect();
            const isCut = e.closest(".table-box, .table-wide, .clip, .virtual, pre, .hidden");
            return width > 0 && !isCut && (left < -1 || right > document.documentElement.clientWidth + 1);
          })
          .map((e) => e.outerHTML.slice(0, 100));
      });
      expect([name, beside]).toEqual([name, []]);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
});

test("F045.A36 on paper each view names itself, its time and its zone, and nothing is cut, fixed or dark", async () => {
  const { page } = open;
  for (const path of VIEWS) {
    await page.emulateMedia({ media: "screen" });
    await show(path);
    await page.emulateMedia({ media: "print" });
    await page.locator(".print-head").waitFor();
    expect([path, await page.locator(".print-head").textContent()]).toEqual([
      path,
      expect.stringContaining("Europe/Berlin"),
    ]);
    const faults = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("body *")].flatMap((e) => {
        if (!e.checkVisibility() || e.closest(".hidden")) return [];
        const { position, overflowY, overflowX } = getComputedStyle(e);
        const name = e.outerHTML.slice(0, 90);
        return [
          ...(position === "fixed" ? [`fixed: ${name}`] : []),
          ...(overflowY !== "visible" && overflowX !== "clip" && e.scrollHeight > e.clientHeight + 4
            ? [`cut: ${e.scrollHeight} in ${e.clientHeight} ${name}`]
            : []),
        ];
      }),
    );
    expect([path, faults]).toEqual([path, []]);
  }
  await page.emulateMedia({ media: "screen" });
});

test("F045.A37 with forced colours every bar, gauge and choice is seen, and with reduced motion nothing moves", async () => {
  const { page } = open;
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  for (const path of VIEWS) {
    await show(path);
    const faults = await page.evaluate(() => {
      const found: string[] = [];
      const styleOf = (e: Element) => {
        const {
          backgroundColor,
          borderTopStyle,
          borderTopColor,
          borderTopWidth,
          outlineStyle,
          color,
          textDecorationLine,
          borderBottomWidth,
        } = getComputedStyle(e);
        return [
          backgroundColor,
          borderTopStyle,
          borderTopColor,
          borderTopWidth,
          outlineStyle,
          color,
          textDecorationLine,
          borderBottomWidth,
        ].join();
      };
      for (const chosen of document.querySelectorAll(
        '[aria-pressed="true"], [aria-selected="true"], .rail [aria-current]',
      )) {
        const name = chosen.getAttribute("aria-pressed")
          ? "aria-pressed"
          : chosen.getAttribute("aria-selected")
            ? "aria-selected"
            : "aria-current";
        const group = chosen.closest("fieldset, [role=tablist], .chips, nav") ?? chosen.parentElement!;
        const other = [...group.querySelectorAll(chosen.tagName)].find(
          (e) => !["true", "page"].includes(e.getAttribute(name) ?? "") && e.checkVisibility(),
        );
        if (other && chosen.checkVisibility() && styleOf(other) === styleOf(chosen))
          found.push(`not seen as chosen: ${chosen.outerHTML.slice(0, 90)}`);
      }
      for (const mark of document.querySelectorAll(
        ".gauge i, .limit-bar i, .bars-slot i, .share i, .legend i",
      )) {
        const { forcedColorAdjust, borderTopStyle } = getComputedStyle(mark) as CSSStyleDeclaration & {
          forcedColorAdjust: string;
        };
        if (mark.checkVisibility() && forcedColorAdjust !== "none" && borderTopStyle === "none")
          found.push(`no colour: ${mark.parentElement?.outerHTML.slice(0, 90)}`);
      }
      for (const e of document.querySelectorAll("body *")) {
        const { transitionDuration, animationName, animationDuration } = getComputedStyle(e);
        const moves = transitionDuration.split(", ").some((s) => Number.parseFloat(s) > 0.01);
        if (moves || (animationName !== "none" && Number.parseFloat(animationDuration) > 0.01))
          found.push(`moves: ${e.outerHTML.slice(0, 90)}`);
      }
      return found;
    });
    expect([path, faults]).toEqual([path, []]);
  }
  await page.emulateMedia({ forcedColors: "none", reducedMotion: "no-preference" });
  expect(open.faults).toEqual([]);
});
