import { expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { assistant, jsonl } from "../world.ts";
import { openPage, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";
import { WORK, writeSessions } from "./session-world.ts";

servePage(async (world) => {
  writeSessions(world, Date.now(), 2);
  return { daemon: await startDaemon(world), open: await openPage("about:blank") };
});

test("F045 today's cost follows each request, in the figure and in the title", async () => {
  const { page } = open;
  await page.goto(`${daemon.url}/`);
  await page.getByRole("status").getByText("Live").waitFor();
  await page.waitForFunction(() => document.title.startsWith("$"));
  // A status that is requested on a heartbeat must not be what brings the figure up to date.
  await page.route("**/api/status", (route) => route.abort());
  const file = join(world.dir, "claude/projects/-work-shop", `${WORK}.jsonl`);
  for (const n of [1, 2]) {
    const before = await page.title();
    const line = assistant({
      sessionId: WORK,
      requestId: `req_01Spend${n}`,
      timestamp: new Date().toISOString(),
      message: { id: `msg_01Spend${n}` },
      usage: { input_tokens: 1_000_000, output_tokens: 10 },
    });
    appendFileSync(file, jsonl(line));
    await page.waitForFunction((old) => document.title.startsWith("$") && document.title !== old, before);
    const [cost = ""] = (await page.title()).split(" · ");
    await page.locator("main").getByText(cost, { exact: true }).first().waitFor();
  }
  expect(await page.title()).toContain("$");
});
