import { expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessFaults } from "./page-access.ts";
import { createWorld, openPage, prompt, response, startDaemon, untilFocused } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

/** Markup, a handler, a bidirectional override and a terminal's escape, in every field that a client fills. */
const PAYLOAD = `<img src=x onerror="document.title='hacked'">\u202Etxt.exe\u001b[31m`;
const SESSION = "eeeeeeee-6f1c-4a55-9d0e-1c2d3e4f5a6b";
/** As Claude Code words a failure that it found itself: longer than a telephone is wide. */
const FAILURE = `<tool_use_error>Error: no such branch ${"of this repository ".repeat(20)}</tool_use_error>`;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const VIEWS = ["/health", "/events", "/tools?range=30d"];

let started = 0;
let transcript = "";

const toolUse = (id: string, name: string, input: object) => ({ type: "tool_use", id, name, input });
const answered = (id: string, at: number, content: string, is_error: boolean) => ({
  ...prompt(SESSION, `r-${id}`, at, ""),
  promptId: "prompt-1",
  message: { role: "user", content: [{ type: "tool_result", tool_use_id: id, content, is_error }] },
});

servePage(async (world) => {
  started = Date.now();
  const projects = join(world.dir, "claude/projects/-work-shop");
  transcript = join(projects, `${SESSION}.jsonl`);
  const week = started - 7 * DAY;
  const call = (id: string, name: string, input: object, at: number, result: string, failed: boolean) => [
    {
      ...response(SESSION, `u-${id}`, at, { content: [toolUse(id, name, input)], stop_reason: "tool_use" }),
      parentUuid: "p-1",
    },
    answered(id, at + 1500, result, failed),
  ];
  const lines = [
    prompt(SESSION, "1", week, "last week's work"),
    ...call("toolu_a", "Bash", { command: "make all" }, week + MINUTE, "ok", false),
    ...call("toolu_b", "Bash", { command: `rm ${PAYLOAD}` }, week + 2 * MINUTE, `exit 2 ${PAYLOAD}`, true),
    ...call("toolu_c", "mcp__git__log", { query: "x" }, started - 5 * MINUTE, FAILURE, true),
    response(SESSION, "m", started - 4 * MINUTE, { model: "mystery-9" }),
  ];
  mkdirSync(projects, { recursive: true });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`);
  text.splice(2, 0, '{"type":"assistant","broken\n');
  writeFileSync(transcript, text.join(""));
  mkdirSync(world.dataDir, { recursive: true, mode: 0o700 });
  const config = { capture: { mode: "full" }, kolour: "red" };
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify(config), { mode: 0o600 });
  world.env.HALL_CAPTUR = "full";
  const daemon = await startDaemon(world);
  await world.fireHook("PreToolUse", {
    session_id: SESSION,
    tool_name: PAYLOAD,
    tool_use_id: "toolu_p",
    tool_input: { command: PAYLOAD },
  });
  const failed = {
    session_id: SESSION,
    tool_name: "mcp__git__log",
    tool_use_id: "toolu_c",
    tool_input: { query: "x" },
  };
  await world.fireHook("PreToolUse", failed);
  await world.fireHook("PostToolUseFailure", { ...failed, error: FAILURE });
  await world.fireHook("Notification", { session_id: SESSION, message: `a notice ${PAYLOAD}` });
  const open = await openPage(`${daemon.url}/health`);
  await open.page.getByRole("status").getByText("Live").first().waitFor();
  return { daemon, open };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const part = (name: string) => open.page.getByRole("region", { name });
const row = (text: string, page = open.page) => page.locator(".row", { hasText: text });

test("F046.A1 each rejected line is listed with its file, line and reason, one click from every view", async () => {
  const { page } = open;
  await goto("/");
  await page.locator(".data-line").getByRole("link", { name: "1 line rejected" }).waitFor();
  await page.locator(".rail").getByRole("link", { name: "Health" }).click();
  const rejects = part("Rejects");
  await rejects.getByText("line 3").waitFor();
  expect(await rejects.locator(".reject").count()).toBe(1);
  expect(await rejects.locator(".reject").textContent()).toContain(`${SESSION}.jsonl`);
  expect(await rejects.locator(".reject").textContent()).toContain("invalid json");
  expect(readFileSync(transcript, "utf8").split("\n")[2]).toStartWith('{"type":"assistant","broken');
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await rejects.getByRole("button", { name: /^Copy the path and line 3/ }).click();
  await rejects.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${transcript}:3`);
  await rejects.getByRole("button", { name: /invalid json/ }).click();
  await page.waitForFunction(() => location.search === "?reason=claude+invalid_json");
});

test("F046.A2 what a run of the hook takes is measured on this machine and shown as p50 and p99", async () => {
  await goto("/health");
  const hooks = part("Hooks");
  await hooks.getByText("p99", { exact: true }).waitFor();
  expect(await hooks.textContent()).toMatch(/[\d.]+ ms p50[\d.]+ ms p99Duration of one hook run/);
  expect(await hooks.textContent()).toContain("No hook events lost");
  await hooks.getByText(/Hook to database\d/).waitFor();
});

test("F046.A3 each setting is shown with its value and origin, and no secret is", async () => {
  await goto("/health");
  const settings = part("Settings");
  const line = (name: string) => settings.locator("tr", { hasText: name });
  await line("HALL_SCAN_INTERVAL_MS").waitFor();
  expect(await line("HALL_SCAN_INTERVAL_MS").textContent()).toMatch(/200environment/);
  expect(await line("HALL_CAPTURE").textContent()).toMatch(/fullconfig\.json/);
  await settings.getByRole("button", { name: /All \d+ settings/ }).click();
  expect(await line("HALL_HOT_DAYS").textContent()).toMatch(/7default/);
});

test("F046.A3 a key that is unknown is a fault, a variable that looks like a setting a warning", async () => {
  await goto("/health");
  const settings = part("Settings");
  const fault = settings.locator("p.bad", { hasText: "kolour" });
  const warning = settings.locator("p.warn", { hasText: "HALL_CAPTUR" });
  await Promise.all([fault.waitFor(), warning.waitFor()]);
  expect((await fault.textContent())?.slice(0, 2)).toBe("✕ ");
  expect((await warning.textContent())?.slice(0, 2)).toBe("! ");
});

test("F046.A4 a model without a price has a row for config.json that can be pasted", async () => {
  await goto("/health");
  const prices = part("Prices");
  await prices.getByText("mystery-9").waitFor();
  await prices.getByRole("button", { name: "set a price" }).click();
  expect(await prices.locator(".snippet").textContent()).toBe(
    '"prices": [{"model":"mystery-9","usd_per_mtok":{"input":…,"output":…}}]',
  );
  expect(await prices.getByRole("button", { name: /^Copy/ }).count()).toBe(0);
  await prices.getByLabel(/^Fresh input/).fill("3");
  await prices.getByLabel(/^Output/).fill("15");
  await prices.getByLabel(/^Cache write, 1 h/).fill("6");
  await prices.locator(".snippet", { hasText: /"cache_creation_1h":\s*6/ }).waitFor();
  await prices.getByRole("button", { name: /^Copy/ }).waitFor();
  const snippet = (await prices.locator(".snippet").textContent())!;
  // What was offered is what config.json takes: the model then has a price.
  const config = JSON.parse(`{${snippet},"capture":{"mode":"full"}}`);
  expect(config.prices).toEqual([
    { model: "mystery-9", usd_per_mtok: { input: 3, output: 15, cache_creation_1h: 6 } },
  ]);
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify(config), { mode: 0o600 });
  const check = Bun.spawn(
    [process.execPath, join(import.meta.dir, "../../cli/main.ts"), "config", "--check"],
    {
      env: world.env,
      stdout: "ignore",
      stderr: "ignore",
    },
  );
  expect(await check.exited).toBe(0);
});

test("F046.A1 each source has its files, rejects and what is still to be read, which a line without an end is", async () => {
  await goto("/health");
  const cells = (name: string) => part("Files").locator(`[data-source=claude] td.${name}`);
  await cells("behind").getByText("nothing").waitFor();
  expect(await part("Files").locator("[data-source=claude] td").first().textContent()).toBe("1");
  expect(await cells("rejected").textContent()).toBe("1");
  const late = (id: string) =>
    `${JSON.stringify(response(SESSION, id, Date.now(), { stop_reason: null }))}\n`;
  appendFileSync(transcript, `${late("late")}${late("later").slice(0, 100)}`);
  await cells("behind").getByText("100 B").waitFor();
  appendFileSync(transcript, late("later").slice(100));
  await cells("behind").getByText("nothing").waitFor();
});

test("F046.A4 requests without final usage are counted, and the age of the prices is shown", async () => {
  await goto("/health");
  await part("Figures").getByText("2 requests without final usage: the output is a lower bound").waitFor();
  expect(await part("Prices").locator("h2").textContent()).toMatch(
    /checked \d+ \w+, (just now|yesterday|\d+ .+ ago)/,
  );
  await part("Storage").getByText("a day is sealed after 7 days").waitFor();
  await part("Storage").getByText("indefinitely (HALL_PRUNE_DAYS is off)").waitFor();
});

test("F046.A5 events come by their own time: what was imported now and happened a week ago has its own day", async () => {
  await goto("/events");
  await row("a notice").waitFor();
  const days = open.page.locator(".event-day");
  await days.first().waitFor();
  const times = (await (await fetch(`${daemon.url}/api/metrics?limit=1000`)).json()) as {
    data: { time_unix_ms: number }[];
  };
  const sorted = times.data.map((e) => e.time_unix_ms);
  expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
});

test("F046.A6 the tool filter ignores case, and a star matches any characters", async () => {
  const { page } = open;
  await goto("/events");
  await row("a notice").waitFor();
  await page.getByLabel("Tool name").fill("MCP__*");
  await page.waitForFunction(() => new URL(location.href).searchParams.get("tool") === "MCP__*");
  await row("mcp__git__log").first().waitFor();
  await row("a notice").waitFor({ state: "detached" });
});

test("F046.A7 while the list is read nothing moves, and what is new is counted", async () => {
  const { page } = open;
  await goto("/events");
  await row("a notice").waitFor();
  await page.locator(".event-rows-box").hover();
  const before = await page.locator(".row").first().textContent();
  await world.fireHook("Notification", { session_id: SESSION, message: "while it is read" });
  const pill = page.getByRole("button", { name: /^↑ \d+ new/ });
  await pill.waitFor();
  expect(await page.locator(".row").first().textContent()).toBe(before);
  await pill.click();
  await row("while it is read").waitFor();
  await pill.waitFor({ state: "detached" });
});

test("F046.A8 an event opens with its data, and the address holds the filter and the open event", async () => {
  const { page } = open;
  await goto("/events");
  await page.getByRole("button", { name: "Failed only" }).click();
  await row("no such branch").waitFor();
  // Typing and choosing are one question: the rows before it stay until its answer is there.
  await page.waitForFunction(() => document.querySelector(".row:not(.tone-bad)") === null);
  await page.locator(".row .event-open", { hasText: "no such branch" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("tool_failed", { exact: true }).waitFor();
  const seq = new URL(page.url()).searchParams.get("event")!;
  const shown = JSON.parse((await drawer.locator("pre").textContent())!);
  expect([String(shown.seq), shown.tool_use_id]).toEqual([seq, "toolu_c"]);
  // Plain names, the session by its title, and a copy of what is shown.
  const pairs = drawer.locator(".pairs");
  await pairs.getByText("last week's work").waitFor();
  expect(await pairs.locator("dt").allTextContents()).toEqual([
    "When",
    "Type",
    "Source",
    "Session",
    "Folder",
    "Tool",
    "Call ID",
  ]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await drawer.getByRole("button", { name: "Copy" }).click();
  await drawer.getByText("Copied").waitFor();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(shown);
  await page.reload();
  await page.getByRole("dialog").getByText("tool_failed", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?failed=1");
  // The focus is where the drawer was opened.
  await row("no such branch").waitFor();
});

test("F046.A5 on a phone a row of Events begins with its time and what happened; the project is beside it", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 390, height: 844 });
  await goto("/events");
  const first = row("no such branch").first();
  await first.waitFor();
  const box = async (selector: string) => (await first.locator(selector).boundingBox())!;
  const [time, verb, where] = [await box("time"), await box("b"), await box(".event-where")];
  expect(Math.abs(time.y - where.y)).toBeLessThan(12);
  expect(time.x).toBeLessThan(verb.x);
  expect(verb.x + verb.width).toBeLessThanOrEqual(where.x + 1);
  await page.setViewportSize({ width: 1280, height: 860 });
});

test("F046.A2 hooks from elsewhere than the settings are not called missing while their events arrive", async () => {
  await goto("/health");
  const hooks = part("Hooks");
  await hooks.getByText("events arrive", { exact: true }).waitFor();
  expect(await hooks.textContent()).not.toContain("not installed");
});

test("F046.A9 each tool has calls, failures, p50, p95 and trend; the calls that failed are listed with session, argument and error", async () => {
  const { page } = open;
  await goto("/tools?range=30d");
  const tool = (name: string) =>
    page.locator(".tools-table tbody tr", { has: page.getByRole("rowheader", { name }) });
  await tool("Bash").waitFor();
  const cells = await tool("Bash").locator("td").allTextContents();
  expect(cells.slice(0, 5)).toEqual(["2", "1", "50 %", "1.5 s", "1.5 s"]);
  expect(await tool("Bash").locator(".trend rect").count()).toBeGreaterThan(0);
  await tool("MCP git").waitFor();
  // One click: the failed calls, each with its argument, error and session.
  await tool("Bash").getByRole("link", { name: "1 failed calls of 2" }).click();
  const calls = part("Failed calls of Bash");
  await calls.locator(".call").first().waitFor();
  expect(await calls.locator(".call").count()).toBe(1);
  const text = (await calls.locator(".call").textContent())!;
  for (const wanted of ["rm <img", "exit 2 <img", "last week's work"]) expect(text).toContain(wanted);
  // Above the fold, and a drawer: Escape brings back the table, and the focus where it was.
  expect((await calls.locator(".call").first().boundingBox())!.y).toBeLessThan(400);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("?range=30d");
  await tool("MCP git").getByRole("link", { name: "1 failed calls of 1" }).click();
  const failure = part("Failed calls of MCP git");
  await failure.getByText("Error: no such branch").waitFor();
  expect(await failure.textContent()).not.toContain("tool_use_error");
  await failure.getByRole("link", { name: "as events" }).click();
  await row("no such branch").waitFor();
  expect(await row("no such branch").textContent()).not.toContain("tool_use_error");
  // Typing and choosing are one question: the rows before it stay until its answer is there.
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 1);
});

test("F046.A9 each tool has the cost of its turns; groups have calls, failures, times, and a cost with its meaning", async () => {
  const { page } = open;
  await goto("/tools?range=30d");
  const table = page.locator(".tools-table");
  const line = (name: string) =>
    table.locator("tbody tr", { has: page.getByRole("rowheader", { name, exact: true }) });
  await line("Bash").getByText(/^\$\d/).waitFor();
  await page.getByText("the figures overlap", { exact: false }).waitFor();
  // A server has its own percentiles: those of several tools have no sum.
  await line("MCP git").getByText("1.5 s").first().waitFor();
  expect((await line("MCP git").locator("td").allTextContents()).slice(0, 5)).toEqual([
    "1",
    "1",
    "100 %",
    "1.5 s",
    "1.5 s",
  ]);
  await page.getByRole("button", { name: "MCP servers" }).click();
  await line("git").waitFor();
  expect(new URL(page.url()).searchParams.get("by")).toBe("mcp_server");
  expect((await line("git").locator("td").allTextContents()).slice(0, 5)).toEqual([
    "1",
    "1",
    "100 %",
    "1.5 s",
    "1.5 s",
  ]);
  await line("git").getByRole("link", { name: "1 failed calls of 1" }).click();
  await part("Failed calls of MCP git").locator(".call").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Skills" }).click();
  await page.getByText("No skill was used in this period").waitFor();
});

test("F045.A7 these views have no serious finding of axe with a drawer or a form open, and are not wider than 320 and 390 pixels", async () => {
  const { page } = open;
  const found: string[] = [];
  const seq = (
    (await (await fetch(`${daemon.url}/api/metrics?limit=1`)).json()) as { data: { seq: number }[] }
  ).data[0]!.seq;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const path of [
      ...VIEWS,
      `/events?event=${seq}`,
      "/tools?range=30d&tool=Bash",
      "/tools?range=30d&by=mcp_server",
      "/events?category=tool",
    ]) {
      await page.setViewportSize({ width: 1280, height: 860 });
      await goto(path);
      await page.waitForFunction(
        () => document.querySelectorAll("main .skeleton, dialog .skeleton").length === 0,
      );
      found.push(...(await accessFaults(page, `${path} ${colorScheme}`, [320, 390])));
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(found).toEqual([]);
});

test("F045.A8 text of agents is text in each of these views, in its drawer and its lists", async () => {
  const { page } = open;
  for (const path of [...VIEWS, "/tools?range=30d&tool=Bash&failed=1", "/events?q=notice"]) {
    await goto(path);
    await page.waitForFunction(() => document.querySelectorAll("main .skeleton").length === 0);
    expect([path, await page.locator("#page img, #page script, #page iframe").count()]).toEqual([path, 0]);
    expect(await page.title()).toEndWith("Hall Monitor");
  }
  await goto("/events?q=notice");
  await page.locator(".row .event-open").first().click();
  await page.getByRole("dialog").locator("pre").waitFor();
  expect(await page.locator("#page img").count()).toBe(0);
  await page.keyboard.press("Escape");
  expect(open.faults).toEqual([]);
});

test("F045.A7 these views hold in forced colours, without motion, and on paper", async () => {
  const { page } = open;
  for (const path of VIEWS) {
    await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
    await goto(path);
    await page.waitForFunction(() => document.querySelectorAll("main .skeleton").length === 0);
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("main *")].filter((element) => {
          const style = getComputedStyle(element);
          return (
            (style.animationName !== "none" && style.animationDuration !== "0s") ||
            /[1-9]/.test(style.transitionDuration)
          );
        }).length,
    );
    expect([path, moving]).toEqual([path, 0]);
    await page.emulateMedia({ media: "print", forcedColors: "none", reducedMotion: null });
    const hidden = await page.evaluate(() => ({
      rail: getComputedStyle(document.querySelector(".rail")!).display,
      clipped: [...document.querySelectorAll<HTMLElement>("main .virtual")].filter(
        (box) => box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== "visible",
      ).length,
      title: document.querySelector("main h1")?.textContent !== "",
    }));
    expect([path, hidden]).toEqual([path, { rail: "none", clipped: 0, title: true }]);
    await page.emulateMedia({ media: null });
  }
});

test("F045.A9 the rows of these views are walked and opened by the keyboard", async () => {
  const { page } = open;
  for (const [path, isOpen] of [
    ["/events", () => page.getByRole("dialog").locator("pre").waitFor()],
    ["/tools?range=30d", () => page.waitForFunction(() => location.search.includes("tool="))],
  ] as [string, () => Promise<unknown>][]) {
    await goto(path);
    await page.locator("main [data-row]").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await untilFocused(page, "[data-row]");
    await page.keyboard.press("Enter");
    await isOpen();
  }
  await page.keyboard.press("Escape");
  await goto("/health");
  await page.getByRole("button", { name: /settings with their defaults/ }).focus();
  await page.keyboard.press("Enter");
  await part("Settings").getByText("HALL_HOT_DAYS").waitFor();
});

test("F046.A1 a recorder without data shows what to do, and these views report a daemon that is gone", async () => {
  const empty = createWorld();
  const bare = await startDaemon(empty);
  const seen = await openPage(`${bare.url}/events`);
  await seen.page.getByRole("heading", { name: "No data yet" }).waitFor();
  await seen.page.goto(`${bare.url}/tools`);
  await seen.page.getByRole("heading", { name: "No data yet" }).waitFor();
  await seen.page.goto(`${bare.url}/health`);
  await seen.page.getByText("No rejected lines").waitFor();
  await seen.page.getByText("Every request has a price").waitFor();
  expect(seen.faults).toEqual([]);
  await seen.page.getByRole("status").getByText("Live").first().waitFor();
  await empty.fireHook("Notification", { session_id: "s1", message: "the first event" });
  await seen.page.locator(".rail").getByRole("link", { name: "Events" }).click();
  await row("the first event", seen.page).waitFor();
  await seen.page.goto(`${bare.url}/events?session=${"a".repeat(1001)}`);
  await seen.page
    .getByRole("alert")
    .getByText(/session_id/)
    .waitFor();
  await bare.stop();
  await seen.page.getByRole("status").getByText("Daemon offline").waitFor();
  await seen.page.locator(".rail").getByRole("link", { name: "Tools" }).click();
  await seen.page.getByRole("alert").first().waitFor();
  await seen.close();
  empty.remove();
  expect(existsSync(empty.dir)).toBe(false);
});
