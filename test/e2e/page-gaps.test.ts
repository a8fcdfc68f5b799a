import { expect, test } from "bun:test";
import { createWorld, openPage, startDaemon } from "./page-rig.ts";

test("F046.A12 what came while there was no daemon is marked in Events, though Now was shown all the while", async () => {
  const world = createWorld();
  let daemon = await startDaemon(world);
  await world.fireHook("Notification", { session_id: "s1", message: "before" });
  const { page, close } = await openPage(daemon.url);
  const link = page.getByRole("status");
  await link.getByText("Live").waitFor();
  await daemon.stop();
  await link.getByText("Daemon offline").waitFor();
  await world.fireHook("Notification", { session_id: "s1", message: "meanwhile" });
  daemon = await startDaemon(world, daemon.port);
  await link.getByText("Live").waitFor();
  await page.locator(".rail").getByRole("link", { name: "Events" }).click();
  await page.locator(".row", { hasText: "meanwhile" }).waitFor();
  await page
    .locator(".event-gap")
    .getByText(/^[1-9]\d* events? while away, /)
    .waitFor();
  expect(await page.locator(".event-gap").count()).toBe(1);
  await close();
  await daemon.stop();
  world.remove();
});

test("F046.A13 what came while the machine slept is marked in Events, though Now was shown all the while", async () => {
  const world = createWorld();
  const daemon = await startDaemon(world);
  await world.fireHook("Notification", { session_id: "s1", message: "before" });
  const { page, close } = await openPage(daemon.url);
  await page.getByRole("status").getByText("Live").waitFor();
  // The page's clock jumps by ten minutes, as after the lid was closed.
  await page.evaluate(() => {
    const awake = Date.now.bind(Date);
    Date.now = () => awake() + 600_000;
  });
  await world.fireHook("Notification", { session_id: "s1", message: "while it slept" });
  await page.locator(".rail").getByRole("link", { name: "Events" }).click();
  await page.locator(".row", { hasText: "while it slept" }).waitFor();
  await page
    .locator(".event-gap")
    .getByText(/^[1-9]\d* events? while away, /)
    .waitFor();
  await close();
  await daemon.stop();
  world.remove();
});
