import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { spoolSamples } from "../../collector/limits/journal.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { openPage, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const limit = (name: string) => open.page.locator(`[data-limit="${name}"]`);

/** The real status line, as Claude Code runs it. */
async function statusline(rate_limits: object): Promise<string> {
  const child = Bun.spawn(
    [process.execPath, ...BUN_SEAL, join(import.meta.dir, "../../hooks/statusline.js")],
    {
      env: world.env,
      stdin: Buffer.from(JSON.stringify({ session_id: "s1", model: { display_name: "Opus" }, rate_limits })),
      stdout: "pipe",
    },
  );
  const [code, printed] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  expect(code).toBe(0);
  return printed;
}
const fiveHour = (used_percentage: number, hours: number) => ({
  five_hour: { used_percentage, resets_at: Math.round((Date.now() + hours * HOUR) / 1000) },
});

servePage(async (world) => {
  const time_unix_ms = Date.now() - 2 * HOUR;
  const sample: Omit<RateLimitSample, "sample_id" | "window" | "time_unix_ms"> = {
    source: "codex",
    origin: "rollout",
    account: "default",
    limit_id: "codex",
    session_id: "",
    window_minutes: 10_080,
    used_percent: 63,
    resets_at_unix_ms: Date.now() + 40 * HOUR,
  };
  await spoolSamples(
    world.dataDir,
    [
      { ...sample, sample_id: "a", window: "weekly", time_unix_ms },
      { ...sample, sample_id: "b", window: "weekly", account: "spare", time_unix_ms: Date.now() },
    ],
    Date.now(),
  );
  const daemon = await startDaemon(world);
  return { daemon, open: await openPage(daemon.url) };
});

describe("the limits on the page", () => {
  test("A-16 show what was reported, name what was not and never show 0 for it, and mark an old value as stale", async () => {
    await limit("codex default weekly").getByText("63 %").waitFor();
    const old = limit("codex default weekly");
    expect(await old.textContent()).toContain("stale · 2 h ago");
    expect(await old.getAttribute("class")).toContain("is-stale");
    const missing = "not reported: Codex 5 h, Claude 5 h, Claude week, Claude week opus";
    expect(await open.page.locator(".limit-bars").textContent()).toContain(missing);
    expect(await open.page.locator(".limit").count()).toBe(2);
  });

  test("R07 another account is beside them and is not added up", async () => {
    const spare = limit("codex spare weekly");
    expect(await spare.textContent()).toContain("Codex spare · week");
    expect(await spare.textContent()).toContain("63 %");
  });

  test("A-16 a status line that is drawn moves its bar without a reload: value, pace, reset, age", async () => {
    await open.page.getByRole("status").getByText("Live").waitFor();
    await open.page.evaluate(() => Object.assign(window, { is_same_page: true }));
    expect(await statusline(fiveHour(42, 2.5))).toContain("5h 42 %");
    const bar = limit("claude default 5h");
    await bar.getByText("42 %").waitFor();
    const text = await bar.textContent();
    expect(text).toMatch(/resets in 2 h (2\d|3[01]) min/);
    expect(text).toContain("0.8× pace");
    expect(text).toContain("statusline · just now");
    expect(await bar.locator(".limit-bar i").evaluate((i) => (i as HTMLElement).style.width)).toBe("42%");
    // The mark is in the middle of five hours of which two and a half are left.
    const mark = await bar.locator(".limit-bar u").evaluate((u) => (u as HTMLElement).style.left);
    expect(Number.parseFloat(mark)).toBeWithin(49, 51);
    expect(await open.page.evaluate(() => "is_same_page" in window)).toBe(true);
  });

  test("C-15 an alert appears behind the chip of the open page and among the events, moves nothing, and goes when the value falls", async () => {
    const top = () => open.page.locator(".strip").evaluate((e) => e.getBoundingClientRect().top);
    const before = await top();
    await statusline(fiveHour(85, 2.5));
    const chip = open.page.getByRole("button", { name: "1 alert" });
    await chip.click();
    const alert = open.page.locator(".alert", { hasText: "Claude: 15 % of the 5h window left" });
    await alert.waitFor();
    expect(await top()).toBe(before);
    await open.page.locator(".event", { hasText: "Alert" }).first().waitFor();
    await open.page.locator('[data-limit="claude default 5h"].is-low').waitFor();
    await statusline(fiveHour(3, 5));
    await alert.waitFor({ state: "detached" });
    await open.page.locator(".event", { hasText: "Alert cleared" }).waitFor();
  });

  test("C-15 /events/limits carries alerts beside the readings, with their number to resume from", async () => {
    const stream = await fetch(`${daemon.url}/events/limits?last_event_id=0`);
    let printed = "";
    for await (const chunk of stream.body!) {
      printed += new TextDecoder().decode(chunk);
      if (printed.includes('"alert_cleared"')) break;
    }
    const fired = printed.split("\n\n").find((frame) => frame.includes('"alert_fired"')) ?? "";
    expect(fired).toMatch(/^event: rate_limit\nid: \d+\ndata: \{/);
    expect(fired).toContain('"name":"quota_low"');
  });

  test("F032 nothing is wider than a telephone, and no rule of the page's policy is broken", async () => {
    await open.page.setViewportSize({ width: 390, height: 800 });
    const [wide, room] = await open.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(wide).toBeLessThanOrEqual(room!);
    expect(open.faults).toEqual([]);
    expect(
      open.requests.filter((url) => !url.startsWith(`${daemon.url}/`) && !url.startsWith("data:")),
    ).toEqual([]);
  });
});
