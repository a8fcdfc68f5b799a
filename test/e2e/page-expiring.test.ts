import { expect, test } from "bun:test";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { createWorld, openPage, startDaemon } from "./page-rig.ts";

const DAY_MS = 86_400_000;

test("F045 the page warns of transcripts that are about to be deleted, with their number and time", async () => {
  const world = createWorld();
  for (const [name, age] of [
    ["a", 28],
    ["b", 40],
    ["c", 3],
  ] as const) {
    world.transcript(`${name}.jsonl`, [{ type: "summary", summary: name }]);
    const at = new Date(Date.now() - age * DAY_MS);
    utimesSync(join(world.dir, "claude/projects/-work-shop", `${name}.jsonl`), at, at);
  }
  const daemon = await startDaemon(world);
  const open = await openPage(daemon.url);
  await open.page.getByRole("button", { name: "1 alert" }).click();
  const note = open.page.locator("[data-alert=expiring]");
  await note.getByText("Claude Code is about to delete 2 transcripts").waitFor();
  const text = await note.textContent();
  expect(text).toContain(
    "The oldest is 40 days old and will be deleted at its next start: it keeps 30 days.",
  );
  expect(await note.locator("code").textContent()).toBe("cleanupPeriodDays");
  // What is kept, and until when, is on the page of the recorder's health.
  await note.getByRole("link").click();
  await open.page.getByRole("heading", { name: "Health" }).waitFor();
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});
