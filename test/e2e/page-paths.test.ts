import { expect, test } from "bun:test";
import { createWorld, openPage, prompt, response, startDaemon, untilFocused } from "./page-rig.ts";

test("F031.A4 links, Back, a reload and old links keep view and filters, in one page, and the focus follows", async () => {
  const world = createWorld();
  const now = Date.now();
  world.transcript("s1.jsonl", [
    prompt("s1", "1", now - 5000, "make it faster"),
    response("s1", "a", now - 3000),
  ]);
  const daemon = await startDaemon(world);
  const open = await openPage(`${daemon.url}/sessions?source=claude`);
  const { page } = open;
  const at = () => page.evaluate(() => location.pathname + location.search + location.hash);
  const heading = page.getByRole("heading", { name: "make it faster" });

  await page.evaluate(() => Object.assign(window, { is_same_page: true }));
  await page.locator(".cell-session a").click();
  await heading.waitFor();
  expect(await at()).toBe("/sessions/claude:s1");
  await untilFocused(page, "#main");
  // What was filtered is still so when one comes back.
  await page.getByText("All sessions").click();
  await page.locator(".cell-session a").waitFor();
  expect(await at()).toBe("/sessions?source=claude");
  await page.goBack();
  await heading.waitFor();
  // The link for keyboards does not leave the session.
  await page.locator("a.skip").focus();
  await page.keyboard.press("Enter");
  expect(await at()).toBe("/sessions/claude:s1#main");
  await heading.waitFor();
  expect(await page.evaluate(() => "is_same_page" in window)).toBe(true);

  await page.reload();
  await heading.waitFor();
  await page.goto(`${daemon.url}/#/session/claude:s1`);
  await heading.waitFor();
  expect(await at()).toBe("/sessions/claude:s1");
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});
