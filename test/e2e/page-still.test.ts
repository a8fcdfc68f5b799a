import { expect, test } from "bun:test";
import { createWorld, openPage, prompt, response, startDaemon } from "./page-rig.ts";

test("F045.A6 rows keep still while the pointer or the focus is among them, and change where they are", async () => {
  const world = createWorld();
  const now = Date.now();
  const sessions = ["s1", "s2", "s3"];
  for (const id of sessions)
    world.transcript(`${id}.jsonl`, [
      prompt(id, id, now - 5000, `work of ${id}`),
      response(id, `r${id}`, now - 3000),
    ]);
  const daemon = await startDaemon(world);
  for (const id of sessions)
    await world.fireHook("UserPromptSubmit", { session_id: id, prompt: `work of ${id}` });
  const open = await openPage(daemon.url);
  const { page } = open;
  const order = () =>
    page.locator(".agent").evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset.key));
  const row = (id: string) => page.locator(`.agent[data-key="claude:${id}"]`);
  await page.getByRole("status").getByText("Live").waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".agent.is-working").length === 3);
  await page.locator(".agent").first().hover();
  const before = await order();
  const last = before.at(-1)!.replace("claude:", "");
  await world.fireHook("PermissionRequest", {
    session_id: last,
    tool_name: "Bash",
    tool_input: { command: "make" },
  });
  await row(last).getByText("Waiting").waitFor();
  expect(await order()).toEqual(before);
  await page.mouse.move(2, 2);
  await page.waitForFunction(
    (key) => document.querySelector<HTMLElement>(".agent")?.dataset.key === key,
    `claude:${last}`,
  );

  // The same for keyboard users.
  await row(last).locator("a").focus();
  const held = await order();
  const other = held[1]!.replace("claude:", "");
  await world.fireHook("Stop", { session_id: other });
  await row(other).getByText("Done").waitFor();
  expect(await order()).toEqual(held);
  await page.locator("#main").focus();
  await page.waitForFunction(
    (key) => [...document.querySelectorAll<HTMLElement>(".agent")].at(-1)?.dataset.key === key,
    `claude:${other}`,
  );
  expect(open.faults).toEqual([]);
  await open.close();
  await daemon.stop();
  world.remove();
});
