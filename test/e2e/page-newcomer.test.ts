import { expect, test } from "bun:test";
import { startInventedWeek } from "../../scripts/picture-world.ts";
import { createWorld, type Daemon, openPage, prompt, response, startDaemon, type World } from "./page-rig.ts";

const DAY = 86_400_000;

/** Each view as it is opened by its address, and a text that it must show then. */
type Views = Record<string, RegExp>;

async function opensAll(world: World, daemon: Daemon, views: Views): Promise<void> {
  const { page, faults, close } = await openPage("about:blank", { width: 1440 });
  try {
    for (const [path, text] of Object.entries(views)) {
      await page.goto(`${daemon.url}${path}`);
      await page.getByRole("status").getByText("Live").first().waitFor();
      await page.locator("main").getByText(text).first().waitFor();
      await page.waitForFunction(() => document.querySelectorAll("main .skeleton").length === 0);
      expect([path, await page.locator("main [role=alert]").count(), faults]).toEqual([path, 0, []]);
      const numbers = await page.locator("main").textContent();
      expect([path, /NaN|undefined|\[object|Infinity|Invalid Date/.exec(numbers ?? "")]).toEqual([
        path,
        null,
      ]);
    }
  } finally {
    await close();
    await daemon.stop();
    world.remove();
  }
}

test("F045 on an empty home each view opens without an error and shows what to do first", async () => {
  const world = createWorld();
  await opensAll(world, await startDaemon(world), {
    "/": /No data yet/,
    "/sessions": /No data yet/,
    "/costs": /No data yet/,
    "/costs?tab=cache": /No data yet/,
    "/limits": /No rate-limit samples yet/,
    "/events": /No data yet/,
    "/tools": /No data yet/,
    "/plans": /No plans/,
    "/health": /No rejected lines/,
  });
});

test("F045 on a home with old transcripts alone each view opens without an error and shows the last day that has data", async () => {
  const world = createWorld();
  const then = Date.now() - 40 * DAY;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const days = `from=${day(then - DAY)}&to=${day(Date.now())}`;
  const content = [{ type: "tool_use", id: "toolu_o", name: "Bash", input: { command: "make" } }];
  world.transcript("old.jsonl", [
    prompt("old", "1", then, "an old walrus"),
    response("old", "a", then + 1000, { content, stop_reason: "tool_use" }),
  ]);
  await opensAll(world, await startDaemon(world), {
    "/": /\$0\.0075/,
    "/sessions": /an old walrus/,
    "/costs": /No requests in this period/,
    [`/costs?${days}`]: /\$0\.0075/,
    [`/costs?tab=cache&${days}`]: /Saved/,
    "/limits": /No rate-limit samples yet/,
    "/events": /./,
    "/tools": /No tool calls in this period/,
    [`/tools?${days}`]: /Bash/,
    "/plans": /No plans/,
    "/health": /Every request has a price/,
    "/sessions/claude:old": /an old walrus/,
    "/sessions/claude:old?tab=transcript": /an old walrus/,
  });
});

test("F045 on a busy day each view opens without an error and shows what happens", async () => {
  const { world, daemon } = await startInventedWeek();
  await opensAll(world, daemon, {
    "/": /rm -rf invoices/,
    "/sessions": /Delete the old invoices/,
    "/costs": /claude-opus-4-5/,
    "/costs?tab=cache": /Saved/,
    "/limits": /Window over time/,
    "/events": /Permission requested/,
    "/tools": /Bash/,
    "/plans": /No plans/,
    "/health": /events arrive/,
  });
});
