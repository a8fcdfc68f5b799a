import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { money } from "../../viewer/ui/format.ts";
import { createWorld, type Daemon, type Open, openPage, startDaemon, type World } from "./page-rig.ts";
import {
  fireAll,
  lastTuesday,
  TUESDAY,
  WAITS,
  WORKS,
  writeRollout,
  writeTranscripts,
} from "./table-world.ts";

let world: World;
let daemon: Daemon;
let open: Open;
let started = 0;

beforeAll(async () => {
  world = createWorld();
  started = Date.now();
  writeTranscripts(world, started);
  writeRollout(world, started);
  mkdirSync(world.dataDir, { recursive: true, mode: 0o700 });
  const budgets = [{ scope: "day", limit_usd: 10, at: [90] }];
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify({ budgets, capture: { mode: "full" } }), {
    mode: 0o600,
  });
  daemon = await startDaemon(world);
  await fireAll(world);
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open?.close();
  await daemon?.stop();
  world?.remove();
});

const [asked, answered]: [string[], string[]] = [[], []];
type Click = (what: Locator) => Promise<void>;

/** A row of the table: the question, the clicks that its answer may need, and how the answer is found. */
function question(what: string, clicks: number, find: (click: Click) => Promise<unknown>): void {
  asked.push(what);
  test(`F049 ${what}`, async () => {
    const { page, faults } = open;
    await page.goto(daemon.url);
    await page.getByRole("status").getByText("Live").first().waitFor();
    let used = 0;
    await find(async (place) => {
      used++;
      await place.click();
    });
    expect(used).toBe(clicks);
    expect(faults).toEqual([]);
    answered.push(what);
  });
}

const at = (selector: string, of: { hasText?: string } = {}) => open.page.locator(selector, of);
const agent = (id: string) => at(`.agent[data-key="claude:${id}"]`);
const figure = (name: string) => at(`[data-figure="${name}"]`);
const link = (name: string, within = ".money") => at(within).getByRole("link", { name, exact: true });
const view = (name: string) => at(".rail").getByRole("link", { name });
const part = (name: string) => open.page.getByRole("region", { name });
const text = async (place: Locator) => (await place.textContent()) ?? "";

question("what does each agent do now, since when", 0, async () => {
  await agent(WORKS).getByText("make all").waitFor();
  expect(await text(agent(WORKS))).toMatch(/▶ Working \d+ (?:s|min).*make all.*Bash, running \d+/s);
  expect(await text(agent(WAITS))).toMatch(/! Waiting \d+ (?:s|min)/);
});

question("which one waits for me, for what, since when", 0, async () => {
  await agent(WAITS).getByText("rm -rf invoices").waitFor();
  expect(await text(agent(WAITS))).toMatch(/Waiting \d+ (?:s|min).*asks to run rm -rf invoices/s);
  expect(await at(".agent").first().getAttribute("data-key")).toBe(`claude:${WAITS}`);
  await open.page.waitForFunction(() => document.title.startsWith("1 waiting"));
  expect(await at("link[rel=icon]").getAttribute("href")).toBe("/favicon-waiting.svg");
});

question("what did today cost, against the same hour before, against my budget", 0, async () => {
  // 10 and 100,010 fresh at $5, 100,000 written at $6.25, 4 × 100 out at $25, and 2 × 1000 fresh at $5 per million.
  const today = figure("Today");
  await today.getByText("$1.15", { exact: true }).waitFor();
  await today.getByText("11 % of budget").waitFor();
  expect(await text(today)).toMatch(/up from \$0\.0075|▲/);
});

for (const [by, name] of [
  ["project", "hall"],
  ["agent_type", "Threads"],
  ["model", "models"],
  ["prompt", "prompts"],
  ["tool", "tools"],
] as const)
  question(`why, by ${by}`, 1, async (click) => {
    await click(link(name));
    await at(".costs-ranked tbody tr").first().waitFor();
    const rows = (await at(".costs-ranked tbody tr").allTextContents()).join("\n");
    const wanted = {
      project: "opus-4-5",
      agent_type: "Explore",
      model: "opus-4-5",
      prompt: "walrus",
      tool: "Bash",
    }[by];
    expect(rows).toContain(wanted);
    expect(rows).toMatch(/\$\d/);
  });

question("why, by kind of token", 1, async (click) => {
  await click(at(".money .top-list").last().getByRole("link").first());
  await at(".costs-ranked").getByText("Cache write, 5 min").waitFor();
  await at(".costs-ranked").getByText(money(625_000_000)).first().waitFor();
});

question("why this number: request, items, price row, file and byte", 2, async (click) => {
  await click(link("hall"));
  await at(".request").first().waitFor();
  await click(at(".request").first());
  const drawer = open.page.getByRole("dialog");
  await drawer.getByText("Fresh input").waitFor();
  expect(await text(drawer)).toMatch(/\.jsonl.*byte [\d,]+/s);
  expect(await drawer.getByRole("link", { name: /^https:/ }).count()).toBe(1);
});

question("how much of each limit is left, and when does it run out", 0, async () => {
  const claude = at('[data-limit="claude default 5h"]');
  await claude.getByText("42 %").waitFor();
  expect(await text(claude)).toMatch(/resets in 2 h (?:29|30) min.*statusline/s);
  const codex = at('[data-limit="codex default 5h"]');
  await codex.getByText("79 %").waitFor();
  expect(await text(codex)).toMatch(/runs out (\d+ \w+ )?\d\d:\d\d/);
});

question("what used the limit", 1, async (click) => {
  await click(figure("Tightest limit").getByRole("link").first());
  await part("What used it").locator("tbody tr").first().waitFor();
  const shares = await part("What used it").locator("tbody td:nth-child(2)").allTextContents();
  expect(shares.reduce((sum, share) => sum + Number.parseFloat(share), 0)).toBeCloseTo(79, 0);
});

question(
  "what happened in that session; which calls failed; what did the sub-agents cost",
  1,
  async (click) => {
    await click(agent(WORKS).getByRole("link").first());
    await at(".item").getByText("the basket is empty").first().waitFor();
    const aside = open.page.getByRole("complementary", { name: "Sums" });
    const child = aside.locator("tr", { hasText: "Explore" });
    await child.getByText("$0.0075").first().waitFor();
    await aside.locator("tr", { hasText: "Bash" }).first().waitFor();
  },
);

question("where did I do it, in which words", 1, async (click) => {
  await click(open.page.getByRole("button", { name: "Search" }));
  await open.page.keyboard.type("walrus");
  const hit = at(".hit", { hasText: "port the walrus price book" }).first();
  await hit.waitFor();
  expect(await hit.getAttribute("href")).toContain(WORKS);
});

question("what did the cache save or lose, and why was it missed", 1, async (click) => {
  await click(figure("From cache").getByRole("link", { name: /^lost/ }));
  await at("#reasons-title").waitFor();
  expect(await at("section:has(#reasons-title) tbody tr").count()).toBe(1);
  expect(await text(at('.cache-figures [data-figure="Lost"]'))).toMatch(/\$0\.[1-9]/);
});

question("what is wrong with my data", 1, async (click) => {
  await click(view("Health"));
  await part("Rejects").getByText("invalid json").first().waitFor();
  expect(await text(part("Rejects").locator(".reject").first())).toContain(`${TUESDAY}.jsonl`);
  await part("Hooks").getByText("events arrive", { exact: true }).waitFor();
  await part("Files").locator("[data-source=claude] td.behind").getByText("nothing").waitFor();
  await part("Prices")
    .getByText(/checked/)
    .waitFor();
});

for (const [by, name] of [
  ["session", "walrus price book"],
  ["project", "hall"],
  ["branch", "feat/dear"],
] as const)
  question(`the dearest ${by} of the month`, 1, async (click) => {
    await click(link(`by ${by}`));
    await at(".costs-ranked tbody tr").first().getByText(name).first().waitFor();
  });

question("what happened last Tuesday", 2, async (click) => {
  const { page } = open;
  await click(view("Events"));
  await click(page.getByRole("button", { name: "Custom days" }));
  for (const end of ["First day", "Last day"]) await page.getByLabel(end).fill(lastTuesday(started));
  await at(".row", { hasText: "claude-haiku-4-5" }).first().waitFor();
  await page.waitForFunction(
    () => ![...document.querySelectorAll(".row")].some((r) => r.textContent?.includes("walrus")),
  );
});

question("does recording slow my agent", 1, async (click) => {
  await click(view("Health"));
  await part("Hooks").getByText("p99", { exact: true }).waitFor();
  expect(await text(part("Hooks"))).toMatch(/[\d.]+ ms p50[\d.]+ ms p99/);
});

test("F049.A15 each question of the table is answered within its clicks from the overview, on data of real hook processes", () => {
  expect(answered).toEqual(asked);
  expect(asked.length).toBe(21);
});
