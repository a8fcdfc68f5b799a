import { expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./daemon.ts";
import { openPage, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";
import { VIEWS, WORK, writeSessions } from "./session-world.ts";

const REST = [
  "/costs",
  "/costs?tab=requests&range=7d",
  "/events?history=false",
  "/plans",
  "/sessions?sort=cost",
  `/sessions/claude:${WORK}?tab=transcript`,
];

servePage(async (world) => {
  writeSessions(world, Date.now(), 2);
  const daemon = await startDaemon(world);
  // Two open sessions, one of which waits: a stream starts with both.
  const call = { tool_name: "Bash", tool_use_id: "toolu_9", tool_input: { command: "make all" } };
  await world.fireHook("UserPromptSubmit", { session_id: WORK, prompt: "build it" });
  await world.fireHook("PreToolUse", { session_id: WORK, ...call });
  await world.fireHook("UserPromptSubmit", { session_id: "other", prompt: "clean up" });
  await world.fireHook("PermissionRequest", { session_id: "other", ...call });
  return { daemon, open: await openPage("about:blank") };
});

/** Resolves when no request has been sent for a second, since the second request of an address is the fault. */
async function untilQuiet(requests: string[]): Promise<void> {
  let [sent, since] = [requests.length, performance.now()];
  await until("the page is quiet", () => {
    if (requests.length !== sent) [sent, since] = [requests.length, performance.now()];
    return performance.now() - since > 1000;
  });
}

for (const view of [...VIEWS, ...REST])
  test(`F031 ${view} requests each response at most once when the page is loaded`, async () => {
    const { page, requests } = open;
    // A page of its own, and not another view of the one that is open.
    await page.goto("about:blank");
    requests.length = 0;
    await page.goto(`${daemon.url}${view}`);
    await page.getByRole("status").getByText("Live").waitFor();
    await page.locator("main h1, main h2").first().waitFor({ state: "attached" });
    await untilQuiet(requests);
    // The status is requested again on a heartbeat once it is old, as it is on a slow machine.
    const all = requests.map((url) => url.slice(daemon.url.length)).filter((path) => path !== "/api/status");
    expect(all).toContain(view);
    expect(all.filter((path, i) => all.indexOf(path) < i)).toEqual([]);
  });

test("F031 the list of sessions is requested again with a change, if only of a title, and when one comes back to it", async () => {
  const { page, requests } = open;
  const work = page.locator(`.sessions-table a[href*="${WORK}"]`).first();
  const lists = () => requests.filter((url) => url.includes("/api/sessions?") && url.includes("offset="));
  await page.goto(`${daemon.url}/sessions`);
  await work.waitFor();
  await untilQuiet(requests);
  requests.length = 0;
  const line = { type: "custom-title", customTitle: "Shed", sessionId: WORK };
  const file = join(world.dir, "claude/projects/-work-shop", `${WORK}.jsonl`);
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  await page.locator(".sessions-table", { hasText: "Shed" }).waitFor();
  await work.click();
  await page.getByRole("heading", { level: 1, name: "Shed" }).waitFor();
  await world.fireHook("Notification", { session_id: "other", message: "still here" });
  await untilQuiet(requests);
  requests.length = 0;
  // Rows stay as they are under the pointer.
  await page.mouse.move(1, 1);
  await page.goBack();
  await work.waitFor();
  await until("the list is requested again", () => lists().length > 0);
});
