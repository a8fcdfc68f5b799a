import { expect, test } from "bun:test";
import { openPage, prompt, response, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const MINUTE = 60_000;
const MARKED = "dddddddd-6f1c-4a55-9d0e-1c2d3e4f5a6b";
/** Above what is kept of one text. */
const LONG_TEXT = 400_000;

servePage(async (world) => {
  const from = Date.now() - 30 * MINUTE;
  const head = { sessionId: MARKED, cwd: "/home/dev/shop", version: "2.1.329" };
  world.transcript(`${MARKED}.jsonl`, [
    prompt(MARKED, "1", from, "Sort the receipts"),
    ...Array.from({ length: 12 }, (_, i) => response(MARKED, `m${i}`, from + (i + 1) * MINUTE)),
    {
      ...head,
      type: "system",
      subtype: "compact_boundary",
      content: "Conversation compacted",
      uuid: "cb",
      timestamp: new Date(from + 14 * MINUTE).toISOString(),
      compactMetadata: { trigger: "auto", preTokens: 150_000 },
    },
    prompt(MARKED, "2", from + 15 * MINUTE, "Then read the long one"),
    response(MARKED, "long", from + 16 * MINUTE, {
      content: [{ type: "text", text: `start ${"x".repeat(LONG_TEXT)} end` }],
    }),
  ]);
  const daemon = await startDaemon(world);
  const status = async () => (await (await fetch(`${daemon.url}/api/status`)).json()).data;
  while (!(await status()).backfill.done) await Bun.sleep(100);
  const unread = async () => (await (await fetch(`${daemon.url}/api/search?q=receipts`)).json()).data;
  while ((await unread()).unread_files > 0) await Bun.sleep(100);
  return { daemon, open: await openPage(daemon.url) };
});

const permission = (tool_use_id: string) => ({
  session_id: MARKED,
  tool_name: "Bash",
  tool_use_id,
  tool_input: { command: "rm receipts" },
});

test("F045.A13 an agent that waits is announced once by the browser, if the user turned it on and the page is hidden", async () => {
  const own = await openPage("about:blank");
  const { page } = own;
  await page.context().grantPermissions(["notifications"], { origin: daemon.url });
  // What the browser is given to show is not visible in a headless one, so its constructor keeps it.
  await page.addInitScript(() => {
    const shown: string[] = [];
    const Real = Notification;
    Object.assign(globalThis, {
      shown,
      Notification: class extends Real {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options);
          shown.push(`${title}: ${options?.body}`);
        }
      },
    });
  });
  const shown = () => page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
  const hide = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    }, isHidden);
  const counted = (text: string) =>
    page.waitForFunction((wanted) => document.title.startsWith(wanted) === (wanted !== ""), text);
  await page.goto(daemon.url);
  await page.getByRole("status").getByText("Live").waitFor();
  await hide(true);
  // Off at first.
  await world.fireHook("PermissionRequest", permission("toolu_1"));
  await counted("1 waiting");
  expect(await shown()).toEqual([]);
  await hide(false);
  await page.locator(".alert-chip").click();
  await page.getByLabel("Browser notification when an agent waits").check();
  await world.fireHook("Stop", { session_id: MARKED });
  await page.waitForFunction(() => !document.title.includes("waiting"));
  await hide(true);
  await world.fireHook("UserPromptSubmit", { session_id: MARKED, prompt: "once more" });
  await world.fireHook("PermissionRequest", permission("toolu_2"));
  await counted("1 waiting");
  await page.waitForFunction(() => (globalThis as unknown as { shown: string[] }).shown.length > 0);
  const [first, ...more] = await shown();
  expect(first).toContain("waits for you");
  expect(first).toContain("rm receipts");
  expect(more).toEqual([]);
  await world.fireHook("Stop", { session_id: MARKED });
  await page.waitForFunction(() => !document.title.includes("waiting"));
  await own.close();
});

test("F043.A13 the map of a session marks waits and compactions, and dragging over it shows only that time", async () => {
  const { page } = open;
  await page.goto(`${daemon.url}/sessions/claude:${MARKED}`);
  const map = page.locator(".minimap svg").first();
  await map.waitFor();
  expect(await map.getAttribute("aria-label")).toMatch(/1 compaction/);
  expect(await map.getAttribute("aria-label")).toMatch(/[1-9]\d* waits?/);
  expect(await page.locator(".minimap .compaction").getAttribute("d")).toMatch(/^M[\d.]+ 0V/);
  expect(await page.locator('.minimap [fill="url(#waiting-hatch)"]').getAttribute("d")).not.toBe("");
  const chips = async () => page.locator(".minimap-ends").textContent();
  const before = await chips();
  const box = (await map.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2, { steps: 5 });
  await page.locator(".minimap .brush").waitFor();
  await page.mouse.up();
  await page.locator(".minimap-ends.is-zoomed").waitFor();
  expect(await chips()).not.toBe(before);
  await page.locator(".minimap-ends button.quiet").click();
  await page.locator(".minimap-ends:not(.is-zoomed)").waitFor();
});

test("F043.A14 a text that is kept in part shows how much of it is there", async () => {
  const { page } = open;
  await page.goto(`${daemon.url}/sessions/claude:${MARKED}?tab=transcript`);
  await page.locator(".cut-mark").first().waitFor();
  expect(await page.locator(".cut-mark").first().textContent()).toMatch(/[\d,]+ of 4\d\d,\d\d\d characters/);
});
