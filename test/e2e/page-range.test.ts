import { afterAll, beforeAll, expect, test } from "bun:test";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { dayBefore, dayOf } from "../../viewer/ui/format.ts";
import { createWorld, type Daemon, type Open, openPage, prompt, response, startDaemon } from "./page-rig.ts";

const ZONE = "Europe/Berlin";
const HOUR = 3_600_000;
/** The clock of this zone went back an hour on it. */
const LONG_DAY = "2025-10-26";
const RANGED = ["/sessions", "/costs", "/limits", "/events", "/tools"];

const world = createWorld();
let daemon: Daemon;
let open: Open;
/** Noon of a day in the past, in any zone of the world on about that day. */
const noon = (day: string) => Date.parse(`${day}T11:00:00Z`);
let today = "";

function session(id: string, day: string): void {
  const at = noon(day);
  world.transcript(`${id}.jsonl`, [
    prompt(id, id, at, `Work of ${day}`),
    response(id, id, at + 1000, {
      content: [{ type: "tool_use", id: `toolu_${id}`, name: "Bash", input: { command: "true" } }],
    }),
  ]);
}

/** A weekly window in the middle of which the days lie, and the one before it; two accounts. */
async function samples(now: number): Promise<void> {
  const sample = (account: string, at: number, used_percent: number, resets: number) => ({
    sample_id: `${account}${at}`,
    source: "codex" as const,
    origin: "rollout" as const,
    account,
    limit_id: "codex",
    session_id: "",
    window: "weekly",
    window_minutes: 10_080,
    time_unix_ms: at,
    used_percent,
    resets_at_unix_ms: resets,
  });
  const resets = now + 24 * HOUR;
  const week = 7 * 24 * HOUR;
  await spoolSamples(
    world.dataDir,
    [
      sample("default", now - 48 * HOUR, 30, resets),
      sample("default", now - HOUR, 40, resets),
      sample("default", now - week - 30 * HOUR, 88, resets - week),
      sample("spare", now - HOUR, 63, resets),
    ],
    now,
  );
}

beforeAll(async () => {
  const now = Date.now();
  today = dayOf(now, ZONE);
  for (const [i, days] of [3, 12, 20, 45].entries())
    session(`${i}${i}${i}${i}aaaa-6f1c-4a55-9d0e-1c2d3e4f5a6b`, dayBefore(today, days));
  session("55555555-6f1c-4a55-9d0e-1c2d3e4f5a6b", LONG_DAY);
  await samples(now);
  daemon = await startDaemon(world);
  open = await openPage(daemon.url, { width: 1440 });
});
afterAll(async () => {
  await open.close();
  await daemon.stop();
  world.remove();
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);
const days = () => open.page.getByRole("group", { name: "Days" });
const query = () => Object.fromEntries(new URL(open.page.url()).searchParams);
const sessions = (count: string) => open.page.getByRole("status").getByText(count, { exact: true }).waitFor();
const pressed = (name: string) => days().getByRole("button", { name, exact: true, pressed: true }).waitFor();

test("F045.A28 the days of every view with a time are chosen in one place and have one form in the address", async () => {
  const { page } = open;
  await goto("/sessions");
  await sessions("5 sessions");
  await pressed("All");
  await days().getByRole("button", { name: "7 days" }).click();
  await sessions("1 session");
  expect(query()).toEqual({ range: "7d" });
  await page.keyboard.press("m");
  await sessions("3 sessions");
  // The choice is kept from view to view.
  for (const path of RANGED) {
    await page.locator(`.rail a[href^="${path}?"], .rail a[href="${path}"]`).click();
    await page.waitForFunction((wanted) => location.pathname === wanted, path);
    await pressed("30 days");
    expect([path, query()]).toEqual([path, { range: "30d" }]);
  }
  await page.getByText("3 calls, 0 failed").waitFor();
  // So do a first and a last day, whichever of them is given, and in whichever order.
  const [from, to] = [dayBefore(today, 21), dayBefore(today, 10)];
  for (const given of [`from=${from}&to=${to}`, `from=${to}&to=${from}`]) {
    await goto(`/sessions?${given}`);
    await sessions("2 sessions");
    expect(await page.getByLabel("First day").inputValue()).toBe(from);
    expect(await page.getByLabel("Last day").inputValue()).toBe(to);
    expect(await days().getByRole("button", { pressed: true }).count()).toBe(0);
    await goto(`/tools?${given}`);
    await page.getByText("2 calls, 0 failed").waitFor();
  }
  await goto(`/sessions?to=${to}`);
  await sessions("4 sessions");
  await goto(`/sessions?from=${to}`);
  await sessions("1 session");
  await goto("/tools?from=2999-01-01");
  await page.getByText("No tool calls in this period").waitFor();
  await goto("/tools?from=soon");
  await page.locator("main .notice").first().waitFor();
  // The browser reports the refusal, too.
  open.faults.length = 0;
});

test("F045.A28 a range that only an address has is shown with its days, and one that is none is refused", async () => {
  const { page } = open;
  for (const [name, before, count] of [
    ["15d", 14, "2 sessions"],
    ["2w", 13, "2 sessions"],
    ["90d", 89, "4 sessions"],
  ] as const) {
    await goto(`/sessions?range=${name}`);
    await sessions(count);
    expect(await page.getByLabel("First day").inputValue()).toBe(dayBefore(today, before));
    expect(await page.getByLabel("Last day").inputValue()).toBe(today);
    expect(await days().getByRole("button", { pressed: true }).count()).toBe(0);
  }
  for (const name of ["soon", "0d", "toString"])
    for (const path of ["/tools", "/costs"]) {
      await goto(`${path}?range=${name}`);
      await page.locator("main .notice").first().waitFor();
    }
  // The browser reports the refusals, too.
  open.faults.length = 0;
});

test("F045.A29 Back leads to the days before, and a copied address shows the same in another browser", async () => {
  const { page } = open;
  await goto("/sessions");
  await sessions("5 sessions");
  await days().getByRole("button", { name: "30 days" }).click();
  await sessions("3 sessions");
  await page.getByRole("button", { name: "Days before" }).click();
  await sessions("1 session");
  expect(query()).toEqual({ from: dayBefore(today, 59), to: dayBefore(today, 30) });
  const copied = page.url();
  await page.getByRole("button", { name: "Days after" }).click();
  await sessions("3 sessions");
  for (const count of ["1 session", "3 sessions", "5 sessions"]) {
    await page.goBack();
    await sessions(count);
  }
  expect(query()).toEqual({});
  const other = await openPage(copied, { width: 1440 });
  await other.page.getByRole("status").getByText("1 session", { exact: true }).waitFor();
  expect(await other.page.getByLabel("First day").inputValue()).toBe(dayBefore(today, 59));
  await other.close();
});

test("F045.A30 a day on which the clock changes is whole, and the days beside it are whole days", async () => {
  const { page } = open;
  const hours = async () => {
    await page.getByRole("button", { name: "Show as table" }).click();
    const count = await page.locator(".figures-table tbody tr").count();
    await page.getByRole("button", { name: "Hide the table" }).click();
    return count;
  };
  await goto(`/costs?from=${LONG_DAY}&to=${LONG_DAY}`);
  expect(await hours()).toBe(25);
  await page.getByRole("button", { name: "Days before" }).click();
  await page.getByText("No requests in this period").waitFor();
  expect(query()).toEqual({ from: dayBefore(LONG_DAY, 1), to: dayBefore(LONG_DAY, 1) });
  await page.getByRole("button", { name: "Days after" }).click();
  await page.locator(".bars-slot").first().waitFor();
  expect(query()).toEqual({ from: LONG_DAY, to: LONG_DAY });
  await goto(`/sessions?from=${LONG_DAY}&to=${LONG_DAY}`);
  await sessions("1 session");
});

test("F045.A31 the days and the account of Limits show the windows that ran then", async () => {
  const { page } = open;
  await goto("/limits");
  await page.locator(".limits-windows .limit").nth(1).waitFor();
  // The browser may report the refusals of the tests before this one late.
  open.faults.length = 0;
  await pressed("Current");
  await page.getByLabel("Account").selectOption("spare");
  await page.getByRole("img", { name: "Used 63 %", exact: false }).waitFor();
  expect(query()).toEqual({ account: "spare" });
  expect(await page.locator(".limits-windows .limit").count()).toBe(1);
  await goto(`/limits?account=default&from=${dayBefore(today, 10)}&to=${dayBefore(today, 4)}`);
  await page.getByRole("img", { name: "at most 88 % used", exact: false }).waitFor();
  const past = page.getByRole("region", { name: "Windows that ended in these days" });
  await past.getByText("88 %").waitFor();
  await page.getByRole("region", { name: "Hours with samples" }).getByText("88 %").first().waitFor();
  await goto("/limits?account=default&range=7d");
  await page.getByRole("img", { name: "at most 40 % used", exact: false }).waitFor();
  await goto("/limits?account=another");
  await page.getByRole("button", { name: "Show all accounts" }).click();
  await page.locator(".limits-windows .limit").nth(1).waitFor();
  await goto("/limits?account=default&from=2025-01-01&to=2025-01-02");
  await page.getByText("No samples in these days.").waitFor();
  expect(open.faults).toEqual([]);
});

test("F045.A32 at every width no part of the top bar covers another, and the search has room", async () => {
  const { page } = open;
  for (const width of [1920, 1440, 1366, 1280, 1180, 1101, 1024, 768, 390, 320])
    for (const path of [...RANGED, "/"]) {
      await page.setViewportSize({ width, height: 900 });
      await goto(path);
      await page.locator(path === "/" ? ".top .zone" : ".shift").waitFor();
      const faults = await page.evaluate(() => {
        const parts = [...document.querySelectorAll(".top .search, .top .segments, .shift, .top-end > *")];
        const boxes = parts
          .map((e) => [e.className, e.getBoundingClientRect()] as const)
          .filter(([, b]) => b.width > 0);
        const edge = document.documentElement.clientWidth;
        return boxes.flatMap(([name, a], i) => [
          ...(a.right > edge + 1 || a.left < -1 ? [`${name} is beside the window`] : []),
          ...(name === "search" && a.width < 100 ? [`search has ${a.width}`] : []),
          ...boxes
            .slice(i + 1)
            .filter(
              ([, b]) =>
                a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1,
            )
            .map(([other]) => `${name} over ${other}`),
        ]);
      });
      expect([width, path, faults]).toEqual([width, path, []]);
    }
});
