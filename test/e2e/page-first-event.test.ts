import { afterAll, beforeAll, expect, test } from "bun:test";
import { createWorld, type Daemon, type Open, openPage, startDaemon, type World } from "./page-rig.ts";

const SESSION = "11111111-6f1c-4a55-9d0e-1c2d3e4f5a6b";
let world: World;
let daemon: Daemon;
const open: Open[] = [];

beforeAll(async () => {
  world = createWorld();
  daemon = await startDaemon(world);
  for (const view of ["", "events", "sessions", "costs"]) open.push(await openPage(`${daemon.url}/${view}`));
});
afterAll(async () => {
  for (const { close } of open) await close();
  await daemon.stop();
  world.remove();
});

test("F046.A11 the first hook of an empty home is seen on each view without a reload", async () => {
  const [now, events, sessions, clicked] = open.map(({ page }) => page);
  for (const { page } of open) {
    await page.locator(".first-steps").waitFor();
    await page.evaluate(() => Object.assign(window, { is_same_page: true }));
  }
  const of = { session_id: SESSION, prompt_id: "p1", prompt: "Paint the shelves" };
  await world.fireHook("UserPromptSubmit", of);
  await now!.locator(`.agent[data-key="claude:${SESSION}"]`, { hasText: "Paint the shelves" }).waitFor();
  await events!.locator(".row", { hasText: "Paint the shelves" }).waitFor();
  await sessions!.locator("main").getByText("Paint the shelves").first().waitFor();
  await clicked!.locator(".rail").getByRole("link", { name: "Events" }).click();
  await clicked!.locator(".row", { hasText: "Paint the shelves" }).waitFor();
  await clicked!.locator(".rail").getByRole("link", { name: "Health" }).click();
  await clicked!.getByRole("heading", { name: "Health", level: 1 }).waitFor();
  await clicked!.locator(".rail").getByRole("link", { name: "Now" }).click();
  await clicked!.locator(`.agent[data-key="claude:${SESSION}"]`).waitFor();
  for (const { page, faults } of open) {
    expect(await page.evaluate(() => "is_same_page" in window)).toBe(true);
    expect(faults).toEqual([]);
  }
});
