import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { untilHolds } from "./daemon.ts";
import { accessFaults } from "./page-access.ts";
import { createWorld, openPage, prompt, response, startDaemon, untilFocused } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const [SECOND, HOUR] = [1000, 3_600_000];
/** What a field might hold: markup, a handler, a bidirectional override and a terminal's escape. */
const PAYLOAD = `<img src=x onerror="document.title='hacked'">\u202Etxt.exe\u001b[31m`;
const [WAITS, WORKS] = ["aaaaaaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b", "bbbbbbbb-6f1c-4a55-9d0e-1c2d3e4f5a6b"];
const VIEWS = ["/", "/sessions", "/costs", "/limits", "/events", "/tools", "/plans", "/health"];

let started = 0;

const call = { tool_name: "Bash", tool_use_id: "toolu_1", tool_input: { command: "make all" } };

servePage(async (world) => {
  started = Date.now();
  mkdirSync(world.dataDir, { recursive: true, mode: 0o700 });
  // Two requests of $0.0075 are three quarters of a budget of two cents.
  const budgets = [{ scope: "day", limit_usd: 0.02, at: [50] }];
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify({ budgets }), { mode: 0o600 });
  world.transcript(`${WAITS}.jsonl`, [
    prompt(WAITS, "1", started - 5000, PAYLOAD),
    { ...response(WAITS, "a", started - 3000), gitBranch: PAYLOAD },
  ]);
  world.transcript(`${WORKS}.jsonl`, [
    { ...prompt(WORKS, "2", started - 4000, "port the price book"), cwd: "/home/dev/hall" },
    { ...response(WORKS, "b", started - 2000), cwd: "/home/dev/hall", parentUuid: "p-2" },
    { ...response("old", "c", started - 24 * HOUR - 5000), cwd: "/home/dev/hall" },
  ]);
  const reading = (used: number, at: number) => ({
    sample_id: `s${used}`,
    source: "claude" as const,
    account: "default",
    limit_id: "claude",
    session_id: "",
    origin: "statusline" as const,
    time_unix_ms: at,
    window: "5h",
    window_minutes: 300,
    used_percent: used,
    resets_at_unix_ms: started + 2 * HOUR,
  });
  const readings = Array.from({ length: 30 }, (_, i) =>
    reading(20 + 2 * i, started - (29 - i) * 120 * SECOND),
  );
  await spoolSamples(world.dataDir, readings, started);
  const daemon = await startDaemon(world);
  const works = { session_id: WORKS, cwd: "/home/dev/hall" };
  await world.fireHook("UserPromptSubmit", { ...works, prompt: "port the price book" });
  await world.fireHook("PreToolUse", { ...works, ...call });
  await world.fireHook("UserPromptSubmit", { session_id: WAITS, prompt: PAYLOAD });
  await world.fireHook("PermissionRequest", {
    session_id: WAITS,
    tool_name: "Bash",
    tool_input: { command: `rm -rf invoices ${PAYLOAD}` },
  });
  const open = await openPage(daemon.url);
  await open.page.getByRole("status").getByText("Live").waitFor();
  return { daemon, open };
});

const agent = (id: string) => open.page.locator(`.agent[data-key="claude:${id}"]`);
const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);

test("F045.A1 what each agent does and since when is seen at once; who waits, and for what, also in title and icon", async () => {
  const { page } = open;
  await agent(WAITS).getByText("Waiting").waitFor();
  await untilHolds(async () => {
    expect(await agent(WAITS).textContent()).toContain("asks to run rm -rf invoices");
    expect(await agent(WAITS).locator(".agent-state").textContent()).toMatch(/! Waiting \d+ (s|min)/);
    expect(await agent(WORKS).textContent()).toMatch(/▶ Working \d+ .*make all\s· Bash, running \d+/);
    // Who waits comes first.
    expect(await page.locator(".agent").first().getAttribute("data-key")).toBe(`claude:${WAITS}`);
  });
  await page.waitForFunction(() => /^1 waiting · \$[\d.]+ · Hall Monitor$/.test(document.title));
  expect(await page.locator("link[rel=icon]").getAttribute("href")).toBe("/favicon-waiting.svg");
  expect(await page.locator(".rail [aria-current=page] .count").textContent()).toBe("1 waiting");
});

test("F045.A11 the overview requests nothing but its status and the stream, as the rest came with it", async () => {
  // An event that comes just then is a reason to ask.
  await untilHolds(async () => {
    const own = await openPage(daemon.url);
    await own.page.locator('[data-figure="Today"]').getByText("75 % of budget").waitFor();
    await own.page.locator(".events .event").first().waitFor();
    await own.page.locator(".money .top-list li").first().waitFor();
    const seen = await own.page.evaluate(() =>
      performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname),
    );
    const page = await (
      await own.page.request.get(daemon.url, { headers: { "Sec-Fetch-Dest": "document" } })
    ).text();
    await own.close();
    expect(seen.filter((path) => path.startsWith("/api/") && path !== "/api/status")).toEqual([]);
    // Each file that the view needs is named in its page.
    const files = seen.filter((path) => path.endsWith(".js"));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((path) => !page.includes(path))).toEqual([]);
  });
});

test("F045.A2 what today cost is seen beside the day before at the same hour and the budget", async () => {
  const today = open.page.locator('[data-figure="Today"]');
  // 1000 × $5 and 100 × $25 per million, twice; the day before once.
  await today.getByText("$0.0150").waitFor();
  await today.getByText("▲ 100 %").waitFor();
  expect(await today.textContent()).toContain("at this time");
  await today.getByText("75 % of budget").waitFor();
});

test("F045.A3 a click on a project, model or kind filters; two clicks lead to a request's items, price, file and byte", async () => {
  const { page } = open;
  await goto("/");
  await page.locator(".money .top-list", { hasText: "Projects" }).getByRole("link", { name: "hall" }).click();
  await page.getByRole("heading", { name: "Costs" }).waitFor();
  await page.getByRole("button", { name: "project hall" }).waitFor();
  await page.locator(".request").first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Fresh input").waitFor();
  const text = (await drawer.textContent()) ?? "";
  for (const part of [
    "$0.0075",
    "1.00k",
    "$0.0050",
    "Output",
    "$0.0025",
    "claude-opus-4-5",
    `${WORKS}.jsonl`,
  ])
    expect(text).toContain(part);
  expect(text).toMatch(/byte [\d,]+/);
  expect(await drawer.getByRole("link", { name: /^https:/ }).count()).toBe(1);
  const byte = Number(/byte ([\d,]+)/.exec(text)![1]!.replaceAll(",", ""));
  const file = readFileSync(join(world.dir, "claude/projects/-work-shop", `${WORKS}.jsonl`)).subarray(byte);
  expect(JSON.parse(file.toString("utf8").split("\n")[0]!).message.id).toBe("msg_b");
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  expect(new URL(page.url()).pathname).toBe("/costs");
  await untilFocused(page, ".request");
});

test("F045.A4 of each limit is seen what is left and when it runs out; one click shows its course, samples and past", async () => {
  const { page } = open;
  await goto("/");
  const bar = page.locator('[data-limit="claude default 5h"]');
  await bar.getByText("78 %").waitFor();
  expect(await bar.textContent()).toMatch(/runs out (\d+ \w+ )?\d\d:\d\d – (\d+ \w+ )?\d\d:\d\d/);
  await page.locator('[data-figure="Tightest limit"]').getByRole("link", { name: "Claude 5 h" }).click();
  await page.locator(".burn-up canvas").waitFor();
  // The drawing follows the theme: what was drawn for the other one is replaced.
  const drawing = await page.locator(".burn-up canvas").elementHandle();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction((old) => !old?.isConnected, drawing);
  await page.emulateMedia({ colorScheme: "light" });
  await page.locator(".burn-up canvas").waitFor();
  const samples = page.locator("section", { hasText: "Samples of the last 24 hours (30)" });
  await samples.getByText("statusline").first().waitFor();
  await page.getByRole("heading", { name: "Past windows" }).waitFor();
  // What used it adds up to what was read, the part that no request explains with its reason.
  const used = page.locator("section", { hasText: "What used it" });
  await used.getByText("Elsewhere: another machine").waitFor();
  const shares = await used.locator("tbody td:nth-child(2)").allTextContents();
  expect(shares.reduce((sum, text) => sum + Number.parseFloat(text), 0)).toBeCloseTo(78, 0);
});

test("F044 F045.A4 the split of a limit is in the address, each of its rows leads to what is behind it, and the curve has its values", async () => {
  const { page } = open;
  await goto("/limits");
  const used = page.locator("section", { hasText: "What used it" });
  await used.getByRole("columnheader", { name: "Session" }).waitFor();
  await used.getByLabel("Split by").selectOption("prompt");
  await page.waitForFunction(() => location.search === "?split=prompt");
  await page.reload();
  await used.getByRole("link", { name: "port the price book" }).click();
  await page.waitForFunction((key) => location.pathname === `/sessions/${key}`, `claude:${WORKS}`);
  await page.goBack();
  await used.getByLabel("Split by").selectOption("model");
  await used.getByRole("link", { name: "opus-4-5" }).click();
  await page.waitForFunction(() => location.pathname === "/costs");
  expect(new URL(page.url()).searchParams.get("model")).toStartWith("claude-opus-4-5");
  await page.locator(".request").first().waitFor();
  await page.goBack();
  await page.locator(".burn-up canvas").waitFor();
  await page.locator(".burn-up .u-over").hover();
  await page
    .locator(".burn-up-at")
    .getByText(/even pace \d/)
    .waitFor();
});

test("F045.A5 a day without requests shows the last day with some, and a recorder without data what to do next", async () => {
  const quiet = createWorld();
  quiet.transcript("s1.jsonl", [response("s1", "q", Date.parse("2026-03-04T10:30:00Z"))]);
  const old = await startDaemon(quiet);
  const seen = await openPage(old.url);
  await seen.page.getByText("Wednesday 4 March").waitFor();
  await seen.page.locator('[data-figure="Wed 4 Mar"]').getByText("$0.0075").waitFor();
  await seen.page.locator(".hours .legend").getByText("claude-opus-4-5").waitFor();
  expect(seen.faults).toEqual([]);
  await seen.close();
  await old.stop();
  quiet.remove();

  const empty = createWorld();
  const bare = await startDaemon(empty);
  const first = await openPage(bare.url);
  await first.page.getByRole("heading", { name: "No data yet" }).waitFor();
  await first.page.getByText("hall-monitor install").waitFor();
  for (const view of ["/costs", "/costs?tab=cache", "/tools", "/sessions", "/events"]) {
    await first.page.goto(`${bare.url}${view}`);
    await first.page.getByRole("heading", { name: "No data yet" }).waitFor();
    await first.page.getByText("hall-monitor doctor").waitFor();
  }
  expect(first.faults).toEqual([]);
  await first.close();
  await bare.stop();
  empty.remove();
});

test("F045.A7 no view has a serious finding of axe in either theme, or is wider than 320 pixels", async () => {
  const { page } = open;
  const request = ((await (await fetch(`${daemon.url}/api/requests`)).json()) as { data: { seq: number }[] })
    .data[0]!;
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of [...VIEWS, `/sessions/claude:${WAITS}`, `/requests/${request.seq}`]) {
      await page.setViewportSize({ width: 1280, height: 860 });
      await goto(path);
      await page.locator("main h1, main h2").first().waitFor({ state: "attached" });
      await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
      found.push(...(await accessFaults(page, `${path} ${colorScheme}`)));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(found).toEqual([]);
});

test("F045.A8 text of agents is text in every view, and the page asks nothing of elsewhere", async () => {
  const { page } = open;
  for (const path of [...VIEWS, `/sessions/claude:${WAITS}`]) {
    await goto(path);
    await page.waitForFunction(() => document.querySelectorAll(".skeleton").length === 0);
    expect([path, await page.locator("#page img, #page script, #page iframe").count()]).toEqual([path, 0]);
    expect(await page.title()).toEndWith("Hall Monitor");
  }
  await goto("/");
  // An override of direction ends where the text ends.
  await agent(WAITS).locator("bdi", { hasText: "<img src=x" }).first().waitFor();
  const elsewhere = open.requests.filter(
    (url) => !url.startsWith(`${daemon.url}/`) && !url.startsWith("data:"),
  );
  expect(elsewhere).toEqual([]);
  expect(open.faults).toEqual([]);
});

test("F045.A9 every view is reached and left by the keyboard, and the focus is never lost", async () => {
  const { page } = open;
  await goto("/");
  const keys = {
    s: "Sessions",
    c: "Costs",
    l: "Limits",
    e: "Events",
    t: "Tools",
    p: "Plans",
    h: "Health",
    n: "Now",
  };
  for (const [key, name] of Object.entries(keys)) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.waitForFunction(
      (wanted) => document.querySelector(".rail [aria-current]")?.textContent?.includes(wanted),
      name,
    );
    await untilFocused(page, "#main");
  }
  await page.locator(".agent").first().waitFor();
  await page.keyboard.press("j");
  await untilFocused(page, ".agent-what");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/sessions/"));
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
  await page.keyboard.press("Escape");
  await page.locator("#main").focus();
  await page.keyboard.press("?");
  await page.getByText("Next and previous row").waitFor();
  await page.keyboard.press("Escape");
});
