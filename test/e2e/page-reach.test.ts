import { afterAll, beforeAll, expect, test } from "bun:test";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { createWorld, type Daemon, type Open, openPage, startDaemon } from "./page-rig.ts";
import { planFolder, untilAnswer } from "./plan-world.ts";
import { VIEWS, WORK, writeSessions } from "./session-world.ts";

const HOUR = 3_600_000;
const MOST_STOPS = 600;
const REACHED = [...VIEWS, "/tools?range=30d&by=agent_type", "/plans"];

const world = createWorld();
let daemon: Daemon;
let open: Open;

beforeAll(async () => {
  const now = Date.now();
  writeSessions(world, now, 4);
  const sample = (window: string, minutes: number, used: number, at: number) => ({
    sample_id: `${window}${at}`,
    source: "codex" as const,
    origin: "rollout" as const,
    account: "default",
    limit_id: "codex",
    session_id: "",
    window,
    window_minutes: minutes,
    time_unix_ms: at,
    used_percent: used,
    resets_at_unix_ms: now + 2 * HOUR,
  });
  await spoolSamples(
    world.dataDir,
    [sample("5h", 300, 40, now - HOUR), sample("5h", 300, 55, now), sample("weekly", 10_080, 63, now)],
    now,
  );
  const plan = planFolder(world, "shop");
  world.env.HALL_PLAN_ROOTS = plan.project;
  plan.write([
    { id: "A", description: "First", depends_on: [] },
    { id: "B", description: "Second", depends_on: ["A"] },
  ]);
  daemon = await startDaemon(world);
  await untilAnswer<object[]>(daemon, "/api/plans", (all) => all.length === 1);
  const cwd = "/home/dev/shop";
  await world.fireHook("UserPromptSubmit", { session_id: WORK, cwd, prompt: "go on" });
  await world.fireHook("PermissionRequest", {
    session_id: WORK,
    cwd,
    tool_name: "Bash",
    tool_use_id: "toolu_1",
    tool_input: { command: "rm -rf invoices" },
  });
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

async function show(path: string): Promise<void> {
  const { page } = open;
  await page.goto(`${daemon.url}${path}`);
  await page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
  await page.evaluate(() =>
    Object.assign(window, { reached: new Set<Element>(), stops: new Set<Element>() }),
  );
}

/** Marks the values that the popover shows now; whether the focus was there before. */
const focused = () =>
  open.page.evaluate(async () => {
    // The popover comes with the next drawing.
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    const { reached, stops } = window as unknown as Record<"reached" | "stops", Set<Element>>;
    const at = document.activeElement ?? document.body;
    // What an agent wrote is shown with its controls made visible.
    const plain = (text = "") => text.replace(/[^\p{L}\p{N}]/gu, "");
    const shown = plain(document.querySelector("#tip:popover-open")?.textContent ?? "");
    const near = [
      ...(at.closest("li, tr, [role=row]") ?? at).querySelectorAll<HTMLElement>("[data-tip]"),
      at,
    ];
    for (const value of near as HTMLElement[])
      if (shown !== "" && value.dataset?.tip && shown.includes(plain(value.dataset.tip))) reached.add(value);
    const isOld = stops.has(at);
    stops.add(at);
    return { isOld, isBody: at === document.body, isGroup: at.closest("[data-roving]") !== null };
  });

/** Values that are seen and were never shown. */
const missed = () =>
  open.page.evaluate(() => {
    const { reached } = window as unknown as { reached: Set<HTMLElement> };
    // A row of a long list is made again when it comes back into sight.
    // The clock beside the zone advances meanwhile.
    const nameOf = (e: HTMLElement) =>
      `${e.tagName} ${e.className} ${e.dataset.tip?.replace(/\d\d:\d\d:\d\d/, "")}`;
    const names = new Set([...reached].map(nameOf));
    return [...document.querySelectorAll<HTMLElement>("[data-tip]")]
      .filter(
        (e) => e.dataset.tip && !names.has(nameOf(e)) && e.checkVisibility({ visibilityProperty: true }),
      )
      .map((e) => `${e.outerHTML.slice(0, 120)} in ${e.parentElement?.className}`);
  });

/** Tab from stop to stop until one of them was there before, and the arrows inside each group. */
async function walk(): Promise<number> {
  const { page } = open;
  await page.evaluate(() => {
    (window as unknown as { stops: Set<Element> }).stops.clear();
    (document.activeElement as HTMLElement | null)?.blur();
  });
  for (let tabs = 0; tabs < MOST_STOPS; tabs++) {
    await page.keyboard.press("Tab");
    const at = await focused();
    if (at.isOld || at.isBody) return tabs;
    for (let inner = at; inner.isGroup && !inner.isOld; ) {
      await page.keyboard.press("ArrowDown");
      inner = await focused();
    }
  }
  return MOST_STOPS;
}

test("F045.A33 every exact value of every view is shown to a walk by the keyboard, a group of them at one stop of Tab", async () => {
  for (const path of REACHED) {
    await show(path);
    // What knows the groups comes with the first key, so that the first walk may begin without it.
    let tabs = await walk();
    if ((await missed()).length > 0) tabs = await walk();
    expect([path, await missed()]).toEqual([path, []]);
    // A list of rows has a stop for each of them.
    if (["/", "/limits", "/tools?range=30d"].includes(path)) expect([path, tabs < 70]).toEqual([path, true]);
  }
  expect(open.faults).toEqual([]);
});

test("F045.A34 every exact value is shown to a finger, and a bar that leads somewhere shows its figures first", async () => {
  const { page } = open;
  const browser = await page.context().newCDPSession(page);
  await browser.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const tap = async (x: number, y: number) => {
    await browser.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
    await browser.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  // Rows of Events come and go as the list is scrolled to each of them; the keyboard's walk has them.
  for (const path of REACHED.filter((view) => view !== "/events")) {
    await show(path);
    // What a link leads to is not the question here.
    await page.evaluate(() => addEventListener("click", (e) => e.preventDefault(), { capture: true }));
    await page.evaluate(() => addEventListener("click", (e) => e.stopPropagation(), { capture: true }));
    const values = page.locator("[data-tip]:visible");
    for (let i = 0; i < (await values.count()); i++) {
      const value = values.nth(i);
      const place = await value.evaluate((e) => {
        e.scrollIntoView({ block: "center", inline: "nearest" });
        const { left, top, width, height } = e.getBoundingClientRect();
        // A cut text is touched where it is seen.
        return { x: left + Math.min(width / 2, 12), y: top + height / 2, isSeen: width > 0 && height > 0 };
      });
      // The time of now may change between the touch and the reading of it.
      for (let tries = 0, isShown = false; place.isSeen && !isShown && tries < 3; tries++) {
        await tap(place.x, place.y);
        await focused();
        isShown = await value.evaluate((e) => {
          const { reached } = window as unknown as { reached: Set<Element> };
          return reached.has(e);
        });
      }
    }
    expect([path, await missed()]).toEqual([path, []]);
  }
  await show("/costs?range=7d");
  const bar = page.locator(".bars-slot button").last();
  const { x, y } = await bar.evaluate((e) => {
    e.scrollIntoView({ block: "center" });
    const { left, top, width, height } = e.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  });
  await tap(x, y);
  await page.locator("#tip:popover-open").waitFor();
  expect(new URL(page.url()).searchParams.get("from")).toBe(null);
  await tap(x, y);
  await page.waitForFunction(() => location.search.includes("from="));
  await browser.send("Emulation.setTouchEmulationEnabled", { enabled: false });
});
