import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PlanDetail } from "../../schema/api-plans.ts";
import type { FeatureStatus } from "../../schema/plan.ts";
import { exactMoney, money } from "../../viewer/ui/format.ts";
import { accessFaults } from "./page-access.ts";
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
import { type PlannedFeature, planFolder, untilAnswer } from "./plan-world.ts";

const PAYLOAD = `<img src=x onerror="document.title='hacked'"></script>\u202Etxt.exe\u001b[31m`;
const [ONE, TWO] = ["aaaaaaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b", "bbbbbbbb-6f1c-4a55-9d0e-1c2d3e4f5a6b"];
const feature = (id: string, depends_on: string[], description = `Work ${id}`): PlannedFeature => ({
  id,
  description,
  depends_on,
});
const NINE = [
  feature("A", [], PAYLOAD),
  feature("B", ["A"]),
  feature("C", ["A"]),
  feature("D", ["B"]),
  feature("E", ["B", "C"]),
  feature("F", ["C"]),
  feature("G", ["D", "E"]),
  feature("H", ["F"]),
  feature("I", ["G", "H"]),
];
const id = (n: number) => `F${String(n).padStart(3, "0")}`;
/** Each depends on up to three earlier ones. */
const SIXTY = Array.from({ length: 60 }, (_, n) =>
  feature(id(n), [...new Set([n - 1, n - 7, n - 13].filter((k) => k >= 0 && n % 4 !== 0).map(id))]),
);

let world: World;
let daemon: Daemon;
let open: Open;
let shop: ReturnType<typeof planFolder>;
let states: Record<string, FeatureStatus>;
let keys: Record<string, string>;

/** The tool call that sets a status, from its start to its end, and a billed response of its session. */
async function set(session: string, feature_id: string, status: FeatureStatus): Promise<void> {
  const call = {
    session_id: session,
    cwd: shop.project,
    tool_name: "Bash",
    tool_use_id: `toolu_${feature_id}_${status}`,
    tool_input: { command: `set ${feature_id} ${status} in ${shop.path}` },
  };
  await world.fireHook("PreToolUse", call);
  states = { ...states, [feature_id]: status };
  shop.write(NINE, states);
  await world.fireHook("PostToolUse", { ...call, tool_response: { stdout: "ok" } });
  await untilPlan((plan) => plan.feature_list.find((f) => f.feature_id === feature_id)?.status === status);
}
const untilPlan = (isIt: (plan: PlanDetail) => boolean) =>
  untilAnswer<PlanDetail>(daemon, `/api/plans/${keys.shop}`, isIt);
const goto = async (name: string, query = "") => {
  await open.page.goto(`${daemon.url}/plans/${keys[name]}${query}`);
  await open.page.locator("h1").waitFor();
};

beforeAll(async () => {
  world = createWorld();
  shop = planFolder(world, "shop");
  world.env.HALL_PLAN_ROOTS = shop.project;
  states = {};
  shop.write(NINE);
  planFolder(world, "large").write(
    SIXTY,
    Object.fromEntries(SIXTY.slice(0, 30).map((f) => [f.id, "completed"])),
  );
  writeFileSync(planFolder(world, "empty").path, "");
  planFolder(world, "circle").write([feature("X", ["Y"]), feature("Y", ["X", "Z9"])]);
  mkdirSync(join(dirname(shop.path), "prompts"));
  daemon = await startDaemon(world);
  const plans = await untilAnswer<{ name: string; plan_key: string }[]>(
    daemon,
    "/api/plans",
    (all) => all.length === 4,
  );
  keys = Object.fromEntries(plans.map((p) => [p.name, p.plan_key]));
  for (const session of [ONE, TWO]) {
    await world.fireHook("SessionStart", { session_id: session, cwd: shop.project, source: "startup" });
    await world.fireHook("UserPromptSubmit", { session_id: session, cwd: shop.project, prompt: "go on" });
  }
  await set(ONE, "A", "in_progress");
  const now = Date.now();
  world.transcript(
    `${ONE}.jsonl`,
    [prompt(ONE, "p", now, "work on the shop"), response(ONE, "a", now), response(ONE, "b", now)].map(
      (l) => ({
        ...l,
        cwd: shop.project,
      }),
    ),
  );
  await untilPlan((plan) => plan.totals.requests === 2);
  await set(ONE, "A", "completed");
  await set(ONE, "B", "in_progress");
  await set(TWO, "C", "in_progress");
  await set(TWO, "C", "failed");
  open = await openPage(`${daemon.url}/plans`);
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

test("F048.A1 each plan is listed with progress and cost; opened it has status, attempts, time and cost by layer, which add up", async () => {
  const { page } = open;
  const row = page.locator(".plan-row", { hasText: "shop" }).first();
  await row.getByText("1 of 9 features completed, 1 in progress, 1 failed").waitFor();
  await page.getByRole("button", { name: "Completed" }).click();
  await page.getByText("No completed plans").waitFor();
  await page.getByRole("button", { name: "All" }).click();
  await row.click();
  await page.getByRole("heading", { name: "Features by layer, over time" }).waitFor();
  const plan = await untilPlan(() => true);
  expect(await page.locator(".layer-head").count()).toBe(
    Math.max(...plan.feature_list.map((f) => f.layer)) + 1,
  );
  expect(await page.locator(".feature-row").count()).toBe(9);
  for (const f of plan.feature_list) {
    const shown = page.locator(`[id="feature-${f.feature_id}"]`);
    expect(await shown.locator(".plan-track i").count()).toBe(f.attempts.length);
    if (f.totals.requests > 0) {
      const cost = await shown.locator("td").last();
      expect([await cost.textContent(), await cost.getAttribute("data-tip")]).toEqual([
        money(f.totals.cost_nano_usd),
        exactMoney(f.totals.cost_nano_usd),
      ]);
    }
  }
  const parts = [...plan.feature_list.map((f) => f.totals), plan.overhead];
  expect(parts.reduce((sum, t) => sum + (t.cost_nano_usd ?? 0), 0)).toBe(plan.totals.cost_nano_usd!);
  const total = page.locator("tfoot tr", { hasText: "Whole plan" }).locator("td").last();
  expect(await total.textContent()).toBe(money(plan.totals.cost_nano_usd));
  await page.locator("tfoot tr", { hasText: "Outside features" }).waitFor();
  // Both sessions by their title, each a link.
  expect(await page.locator(".plan-sessions a").count()).toBe(2);
  await page.locator('[id="feature-C"] button').click();
  await page
    .locator(".feature-details", { hasText: "failed" })
    .getByText("(by the tool call)")
    .first()
    .waitFor();
  expect(new URL(page.url()).searchParams.get("feature")).toBe("C");
  await page.locator(".feature-details").getByRole("button", { name: "A", exact: true }).click();
  await page.waitForFunction(() => new URL(location.href).searchParams.get("feature") === "A");
});

test("F048.A2 the graph is walked with the arrow keys, with nine features and with sixty; Enter opens one", async () => {
  const { page } = open;
  const focused = () =>
    page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.feature ?? "");
  for (const [name, last] of [
    ["shop", "I"],
    ["large", undefined],
  ] as const) {
    await goto(name);
    const nodes = page.locator(".node");
    await nodes.first().waitFor();
    // One stop for Tab, whatever the number of features.
    expect(await page.locator('.node[tabindex="0"]').count()).toBe(1);
    await page.locator('.node[tabindex="0"]').focus();
    const seen = [await focused()];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press("ArrowRight");
      const at = await focused();
      if (at === seen.at(-1)) break;
      seen.push(at);
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).not.toContain("");
    if (last) expect(seen.at(-1)).toBe(last);
    await page.keyboard.press("ArrowLeft");
    expect(await focused()).not.toBe(seen.at(-1));
    await page.keyboard.press("Enter");
    await page.locator(".feature-details").waitFor();
    expect(await page.locator(`.node[aria-pressed="true"]`).getAttribute("data-feature")).toBe(
      await focused(),
    );
    // No two boxes lie on one another.
    const boxes = await nodes.evaluateAll((all) =>
      all.map((n) => n.getBoundingClientRect()).map(({ x, y, right, bottom }) => ({ x, y, right, bottom })),
    );
    const overlap = boxes.some((a, i) =>
      boxes.slice(i + 1).some((b) => a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom),
    );
    expect(overlap).toBe(false);
  }
});

test("F048.A3 a feature that moves is shown without a reload, and a duration goes on", async () => {
  const { page } = open;
  await goto("shop");
  await page.locator('[id="feature-C"]').getByText("Failed").waitFor();
  await page.getByRole("status").getByText("Live").waitFor();
  await set(TWO, "C", "in_progress");
  const row = page.locator('[id="feature-C"]');
  await row.getByText("In progress").waitFor();
  await row.getByText("× 2").waitFor();
  await row.locator(".plan-track i").nth(1).waitFor({ state: "attached" });
  await page.locator('.node[data-feature="C"].is-in_progress').waitFor();
});

test("F048.A4 a plan without features, with a circle, or that is not there is explained, with what the linter finds", async () => {
  const { page } = open;
  await goto("empty");
  await page.getByText("No features yet", { exact: true }).waitFor();
  await goto("circle");
  await page.getByText("The dependencies form a cycle").waitFor();
  await page.locator(".findings").getByText("PL006").waitFor();
  await page.locator(".findings").getByText("Z9").waitFor();
  await page.goto(`${daemon.url}/plans/nothing-of-this-name`);
  await page.getByRole("alert").getByText("Plan nothing-of-this-name not found").waitFor();
  await page.getByRole("link", { name: "All plans" }).click();
  await page.locator(".plan-row").first().waitFor();
});

test("F048.A5 plans have no serious finding of axe in either theme, fit 320 pixels, print whole, and show text as text", async () => {
  const own = await openPage(`${daemon.url}/plans`);
  const { page } = own;
  const found: string[] = [];
  const paths = ["", `/${keys.shop}?feature=C`, `/${keys.large}`, `/${keys.circle}`, `/${keys.empty}`];
  for (const colorScheme of ["light", "dark"] as const)
    for (const path of paths) {
      await page.emulateMedia({ colorScheme, forcedColors: "none" });
      await page.setViewportSize({ width: 1280, height: 860 });
      await page.goto(`${daemon.url}/plans${path}`);
      await page.locator("h1").waitFor();
      await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
      found.push(...(await accessFaults(page, `${path} ${colorScheme}`)));
      expect(await page.locator("#page img, #page script, #page iframe").count()).toBe(0);
      expect(await page.title()).toEndWith("Hall Monitor");
    }
  expect(found).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.goto(`${daemon.url}/plans/${keys.large}`);
  await page.locator(".node").first().waitFor();
  // In forced colours the edges of boxes and bars stay.
  await page.emulateMedia({ forcedColors: "active" });
  const edge = await page
    .locator(".node")
    .first()
    .evaluate((n) => getComputedStyle(n).borderTopWidth);
  expect(edge).toBe("1px");
  await page.emulateMedia({ forcedColors: "none", media: "print" });
  const cut = await page.locator(".graph-scroll").evaluate((n) => n.scrollHeight - n.clientHeight);
  expect(cut).toBeLessThanOrEqual(1);
  expect(await page.locator(".rail").isVisible()).toBe(false);
  expect(own.faults).toEqual([]);
  await own.close();
});
