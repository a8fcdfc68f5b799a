import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  createWorld,
  type Daemon,
  type Open,
  openPage,
  prompt,
  response,
  startDaemon,
  type World,
} from "./page-rig.ts";

const SECOND = 1000;
const [LOOPS, OLD] = ["aaaaaaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b", "bbbbbbbb-6f1c-4a55-9d0e-1c2d3e4f5a6b"];
/** What a command might hold: markup and a handler. */
const COMMAND = `npm test -- "<img src=x onerror=alert(1)>"`;
let world: World;
let daemon: Daemon;

/** A prompt, and four answers that each run a command which fails: each costs $0.0075. */
function loop(session: string, at: number, command: string): object[] {
  const answers = [0, 1, 2, 3].flatMap((i) => {
    const [id, tool] = [`${session.slice(0, 4)}${i}`, `toolu_${session.slice(0, 4)}${i}`];
    const content = [{ type: "tool_use", id: tool, name: "Bash", input: { command } }];
    const result = { type: "tool_result", tool_use_id: tool, is_error: true, content: "Exit code 1" };
    const answered = at + i * 10 * SECOND;
    const line = prompt(session, `${id}r`, answered + SECOND, "");
    const of = { promptId: `prompt-${session}`, message: { role: "user", content: [result] } };
    return [response(session, id, answered, { content }), { ...line, ...of }];
  });
  return [
    { ...prompt(session, session, at - SECOND, "make it green"), promptId: `prompt-${session}` },
    ...answers,
  ];
}

beforeAll(async () => {
  world = createWorld();
  const now = Date.now();
  world.transcript(`${LOOPS}.jsonl`, loop(LOOPS, now - 100 * SECOND, COMMAND));
  // Of the week before the one that is shown.
  world.transcript(`${OLD}.jsonl`, loop(OLD, now - 10 * 86_400_000, "make all"));
  daemon = await startDaemon(world);
});
afterAll(async () => {
  await daemon?.stop();
  world?.remove();
});

async function close({ faults, close }: Open): Promise<void> {
  await close();
  expect(faults).toEqual([]);
}

test("F047.A3 the page lists findings with their proof, what to do, and a way to the requests", async () => {
  const open = await openPage(`${daemon.url}/costs`);
  const { page } = open;
  const waste = page.locator("section[data-waste]");
  await waste.waitFor();
  const finding = waste.locator("li[data-kind=repeated_failures]");
  const text = (await finding.textContent()) ?? "";
  expect(text).toContain(COMMAND);
  expect(text).toContain("$0.0225");
  expect(text).toContain("Repeated failing calls · shop · 3 requests · $0.00 in the preceding period");
  expect(text).toContain("Stop the loop at the second failure");
  expect(await waste.textContent()).toContain("make all");
  await finding.getByRole("link", { name: "first request" }).click();
  await page.waitForURL(/\/request/);
  await page.locator("dialog, .drawer").first().waitFor();
  await page.goBack();
  await finding.locator(`a[href*="${LOOPS}"]`).first().click();
  await page.waitForURL(new RegExp(LOOPS));
  await close(open);
});

test("F047.A3 on a narrow screen nothing is wider than it, and days without waste have a sentence", async () => {
  const narrow = await openPage(`${daemon.url}/costs`, { width: 390, dark: true });
  await narrow.page.locator("section[data-waste]").waitFor();
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  expect(await narrow.page.evaluate(overflow)).toBeLessThanOrEqual(0);
  await narrow.page.goto(`${daemon.url}/costs?from=2026-01-01&to=2026-01-02`);
  await narrow.page.getByText("No waste found in this period.").waitFor();
  await close(narrow);
});
