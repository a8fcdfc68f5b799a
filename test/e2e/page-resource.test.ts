import { expect, test } from "bun:test";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { until } from "./daemon.ts";
import { createWorld, openPage, prompt, response, startDaemon } from "./page-rig.ts";

test("F031.A5 what is shown is asked once at a time, and not sent again while it holds", async () => {
  const world = createWorld();
  const daemon = await startDaemon(world);
  const open = await openPage("about:blank");
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const statuses: number[] = [];
  const pathOf = (url: string) => new URL(url).pathname + new URL(url).search;
  const change = (url: string, by: number) => {
    const path = pathOf(url);
    running.set(path, (running.get(path) ?? 0) + by);
    most.set(path, Math.max(most.get(path) ?? 0, running.get(path) ?? 0));
  };
  open.page.on("request", (r) => change(r.url(), 1));
  open.page.on("requestfailed", (r) => change(r.url(), -1));
  open.page.on("requestfinished", (r) => change(r.url(), -1));
  open.page.on("response", (r) => {
    if (pathOf(r.url()) === "/api/alerts") statuses.push(r.status());
  });
  await open.page.goto(`${daemon.url}/?source=claude`);
  await open.page.getByRole("status").getByText("Live").waitFor();
  // What is requested again while limits are reported.
  const reported = (used: number) =>
    spoolSamples(
      world.dataDir,
      [
        {
          sample_id: `s${used}`,
          source: "claude",
          account: "default",
          limit_id: "claude",
          session_id: "",
          origin: "statusline",
          time_unix_ms: Date.now(),
          window: "5h",
          window_minutes: 300,
          used_percent: used,
          resets_at_unix_ms: Date.now() + 3_600_000,
        },
      ],
      Date.now(),
    );
  for (const n of [1, 2, 3, 4]) {
    await reported(n);
    await open.page.locator(".limit-value", { hasText: `${n} %` }).waitFor();
  }
  await until("it is asked again", () => statuses.length >= 3);
  // The page came with its first responses, or on a slow machine without this one; nothing of it has changed since.
  expect(statuses[0]).toBeOneOf([200, 304]);
  expect([...new Set(statuses.slice(1))]).toEqual([304]);
  for (const path of ["/api/alerts", "/api/limits"]) expect([path, most.get(path)]).toEqual([path, 1]);
  // A 304 is no fault to the page, though the browser's console may call it one.
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});

test("F031.A6 a question of a view that is left is broken off, and what was known is there at once on the way back", async () => {
  const world = createWorld();
  const now = Date.now();
  world.transcript("s1.jsonl", [
    prompt("s1", "1", now - 5000, "make it faster"),
    response("s1", "a", now - 3000),
  ]);
  const daemon = await startDaemon(world);
  const open = await openPage(`${daemon.url}/sessions`);
  const { page } = open;
  const heading = page.getByRole("heading", { name: "make it faster" });
  await page.locator(".cell-session a").click();
  await heading.waitFor();
  await page.getByText("All sessions").click();
  await page.locator(".cell-session a").waitFor();

  // From now on the daemon is slow with this one; what it answers is its own.
  const held = Promise.withResolvers<void>();
  await page.route("**/api/sessions/claude:s1", async (route) => {
    await held.promise;
    await route.continue().catch(() => {});
  });
  await page.route("**/api/sessions/claude%3As1", async (route) => {
    await held.promise;
    await route.continue().catch(() => {});
  });
  const failed: string[] = [];
  page.on("requestfailed", (r) => failed.push(new URL(r.url()).pathname));
  await page.locator(".cell-session a").click();
  await heading.waitFor();
  await page.getByText("All sessions").click();
  await until("it is broken off", () =>
    failed.some((path) => decodeURIComponent(path) === "/api/sessions/claude:s1"),
  );
  held.resolve();
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});
