import { expect, test } from "bun:test";
import { createWorld, openPage, startDaemon } from "./page-rig.ts";

test("F023 an empty recorder shows what to do next", async () => {
  const world = createWorld();
  const daemon = await startDaemon(world);
  const open = await openPage(daemon.url, { dark: true });
  await open.page.getByRole("heading", { name: "No data yet" }).waitFor();
  expect(await open.page.locator(".first-steps").textContent()).toContain("hall-monitor install");
  for (const [path, text] of [
    ["sessions", "No data yet"],
    ["costs", "No data yet"],
    ["tools", "No data yet"],
    ["limits", "No rate-limit samples yet"],
    ["plans", "No plans"],
    ["events", "No data yet"],
  ] as const) {
    await open.page.goto(`${daemon.url}/${path}`);
    await open.page.getByText(text).first().waitFor();
  }
  await open.page.getByRole("status").getByText("Live").first().waitFor();
  await world.fireHook("Notification", { session_id: "s1", message: "the first event" });
  await open.page.locator(".row", { hasText: "the first event" }).waitFor();
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});

test("F023 a daemon that stops is reported at once; when it is back the page goes on and misses nothing", async () => {
  const world = createWorld();
  let daemon = await startDaemon(world);
  await world.fireHook("Notification", { session_id: "s1", message: "before" });
  const open = await openPage(`${daemon.url}/events`);
  const row = (text: string) => open.page.locator(".row", { hasText: text });
  await row("before").waitFor();
  await open.page.evaluate(() => Object.assign(window, { is_same_page: true }));

  await daemon.stop();
  await open.page.getByRole("status").getByText("Daemon offline").waitFor();
  // A part of the page that sent a request just then reports it as well, in words of its own.
  await open.page.getByRole("alert").getByText("; this page reconnects automatically.").waitFor();
  expect(await row("before").count()).toBe(1);

  await world.fireHook("Notification", { session_id: "s1", message: "meanwhile" });
  daemon = await startDaemon(world, daemon.port);
  await row("meanwhile").waitFor();
  await open.page.getByRole("status").getByText("Live").waitFor();
  expect(await row("before").count()).toBe(1);
  expect(await row("meanwhile").count()).toBe(1);
  expect(await open.page.evaluate(() => "is_same_page" in window)).toBe(true);
  await open.close();
  await daemon.stop();
  world.remove();
});
