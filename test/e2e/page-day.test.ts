import { expect, test } from "bun:test";
import { dayBefore, dayOf } from "../../viewer/ui/format.ts";
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

const ZONE = "Europe/Berlin";
const id = (n: number) => `${String(n).repeat(8)}-6f1c-4a55-9d0e-1c2d3e4f5a6b`;

/** A prompt, a call that works, one that fails, and what they cost. */
function work(session: string, at: number, wish: string): object[] {
  const call = (name: string, command: string) => ({
    content: [{ type: "tool_use", id: `toolu_${session}_${name}`, name: "Bash", input: { command } }],
  });
  const result = (name: string, after: number, text: string, is_error: boolean) => ({
    ...prompt(session, name, at + after, ""),
    message: {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: `toolu_${session}_${name}`, content: text, is_error }],
    },
  });
  return [
    prompt(session, "1", at, wish),
    response(session, `${session}a`, at + 1000, call("good", "count the shelves")),
    result("good", 2000, "12", false),
    response(session, `${session}b`, at + 3000, call("bad", "paint the shelves")),
    result("bad", 4000, "no paint", true),
  ];
}

let world: World;
let daemon: Daemon;
let open: Open;
const today = dayOf(Date.now(), ZONE);
/** Long ago, and the Tuesday before today. */
const old = dayBefore(today, 70);
const tuesday = dayBefore(today, (new Date(`${today}T12:00:00Z`).getUTCDay() + 5) % 7 || 7);
const noon = (day: string) => Date.parse(`${day}T11:00:00Z`);

async function start(transcripts: Record<string, object[]>): Promise<void> {
  world = createWorld();
  for (const [name, lines] of Object.entries(transcripts)) world.transcript(`${name}.jsonl`, lines);
  daemon = await startDaemon(world);
  open = await openPage(daemon.url);
}
async function stop(): Promise<void> {
  await open.close();
  await daemon.stop();
  world.remove();
}

/** From `/`: the view, then the day. */
async function choose(day: string): Promise<void> {
  const { page } = open;
  await page.goto(daemon.url);
  await page.locator(".rail").getByRole("link", { name: "Events" }).click();
  const button = page.locator(`.event-days [data-day="${day}"]`);
  await button.waitFor();
  expect(await button.textContent()).toContain("$");
  await button.click();
  await page.waitForFunction((of) => location.search.includes(`from=${of}`), day);
}
const row = (verb: string, text: string) =>
  open.page.locator(".row", { hasText: text }).filter({ has: open.page.locator("b", { hasText: verb }) });

async function expectWork(wish: string): Promise<void> {
  await row("Prompt", wish).first().waitFor();
  await row("Done", "count the shelves").first().waitFor();
  await row("Failed", "no paint").first().waitFor();
  await row("Response", "$").first().waitFor();
}

test("F049.A16 prompts, calls, failures and cost of a day are two clicks from Now, on an old home, a busy one and today", async () => {
  await start({
    [id(1)]: work(id(1), noon(old), "Build the shelves"),
    [id(2)]: work(id(2), noon(dayBefore(old, 1)), "Measure the room"),
  });
  try {
    await choose(old);
    await expectWork("Build the shelves");
    await row("Prompt", "Measure the room").waitFor({ state: "detached" });
    expect(await row("Prompt", "Build the shelves").locator(".event-where").textContent()).toContain(
      "history",
    );
    await row("Prompt", "Build the shelves").locator(".event-open").click();
    await open.page.locator(".event-text", { hasText: "Build the shelves" }).waitFor();
    await open.page.getByText("read from history").waitFor();
  } finally {
    await stop();
  }
});

test("F049 on a busy home last Tuesday and today are two clicks away, without a prompt twice", async () => {
  const now = Date.now();
  // All of it is on one day, whatever the hour is.
  const at = dayOf(now - 5000, ZONE) === dayOf(now, ZONE) ? now - 5000 : now - 15_000;
  const busy = Array.from({ length: 6 }, (_, n) =>
    work(id(n + 3), noon(dayBefore(tuesday, n % 2)) + n * 60_000, `Task ${n}`),
  );
  await start(
    Object.fromEntries([
      ...busy.map((lines, n) => [id(n + 3), lines] as const),
      [id(9), work(id(9), at, "Paint it")],
    ]),
  );
  try {
    await choose(tuesday);
    await expectWork("Task 4");
    await row("Prompt", "Task 1").waitFor({ state: "detached" });
    await choose(dayOf(at, ZONE));
    await expectWork("Paint it");
    expect(await row("Prompt", "Paint it").count()).toBe(1);
  } finally {
    await stop();
  }
});
