import { describe, expect, test } from "bun:test";
import { openPage, prompt, response, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const SESSION = "0b7e4f52-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const MARKUP = `<img src=x onerror="document.title='hacked'"> & <script>1</script>`;

servePage(async (world) => {
  const now = Date.now();
  world.transcript(`${SESSION}.jsonl`, [
    prompt(SESSION, "1", now - 5000, MARKUP),
    response(SESSION, "a", now - 3000),
    response(SESSION, "b", now - 1000, { model: "an-unknown-model" }),
  ]);
  const daemon = await startDaemon(world);
  return { daemon, open: await openPage(daemon.url) };
});

const rowWith = (text: string) => open.page.locator(".row", { hasText: text });
const go = (path: string) => open.page.goto(`${daemon.url}${path}`);

describe("the page", () => {
  test("EC003 shows today's cost and names the tokens that have no price", async () => {
    const today = open.page.locator('[data-figure="Today"]');
    // 1000 × $5 and 100 × $25 per million.
    await today.getByText("$0.0075").waitFor();
    await today.getByText("+ 1.10k tokens unpriced").waitFor();
    // The exact value is there for the pointer, for the keyboard and for a finger.
    await today.locator(".value .exact").focus();
    expect(await open.page.getByRole("tooltip").textContent()).toBe("$0.0075");
  });

  test("F045 a hook fired by the agent appears in the open page without a reload, newest first", async () => {
    await go("/events");
    await open.page.getByRole("status").getByText("Live").waitFor();
    await open.page.evaluate(() => Object.assign(window, { is_same_page: true }));
    await world.fireHook("Notification", { session_id: SESSION, message: "waiting for you" });
    await rowWith("waiting for you").waitFor();
    expect(await open.page.locator(".row").first().textContent()).toContain("waiting for you");
    expect(await open.page.evaluate(() => "is_same_page" in window)).toBe(true);
  });

  test("F045 text of an agent is shown as text, never as markup", async () => {
    await world.fireHook("UserPromptSubmit", { session_id: SESSION, prompt: MARKUP });
    await rowWith("<img src=x onerror=").waitFor();
    expect(await open.page.locator("#page img, #page script").count()).toBe(0);
    expect(await open.page.title()).toMatch(/Hall Monitor$/);
  });

  test("F045 a paused list holds still, counts what is new and shows it when it goes on", async () => {
    await open.page.getByRole("button", { name: "Pause" }).click();
    await world.fireHook("Notification", { session_id: SESSION, message: "while paused" });
    // What the daemon notes of itself may be among them.
    await open.page.getByText(/\d new/).waitFor();
    expect(await rowWith("while paused").count()).toBe(0);
    await open.page.getByRole("button", { name: "Resume" }).click();
    await rowWith("while paused").waitFor();
    await open.page.locator(".waiting").waitFor({ state: "detached" });
  });

  test("F045 a session opens as a timeline of prompts, responses with their cost, and tool calls", async () => {
    await open.page.getByRole("link", { name: "Sessions" }).click();
    await open.page.locator(".cell-session a").first().click();
    await open.page.locator(".item.kind-t", { hasText: "<img src=x" }).waitFor();
    expect(open.page.url()).toEndWith(`/sessions/claude:${SESSION}`);
    expect(await open.page.locator(".item.kind-r").allTextContents()).toEqual([
      expect.stringContaining("$0.0075"),
      expect.stringContaining("an-unknown-model"),
    ]);
    const call = {
      session_id: SESSION,
      tool_name: "Bash",
      tool_use_id: "toolu_1",
      tool_input: { command: "make" },
    };
    await world.fireHook("PreToolUse", call);
    await open.page.locator(".item.kind-c", { hasText: "running" }).waitFor();
    await world.fireHook("PostToolUseFailure", { ...call, error: "no rule to make target", duration_ms: 12 });
    await open.page.locator(".item.kind-c", { hasText: "no rule to make target" }).waitFor();
    expect(await open.page.locator(".item.kind-c").textContent()).toContain("12 ms");
  });

  test("F045 filters are in the address and hold after a reload", async () => {
    await go("/events");
    await open.page.getByLabel("Tool name").fill("Bash");
    await open.page.waitForFunction(() => location.pathname + location.search === "/events?tool=Bash");
    await open.page.reload();
    await rowWith("Started Bash").waitFor();
    expect(await open.page.locator(".row").count()).toBe(2);
    expect(await open.page.getByLabel("Tool name").inputValue()).toBe("Bash");
    await go("/sessions");
    await open.page.getByLabel("Filter by title, project or id").fill("no such thing");
    await open.page.getByText("No session matches").waitFor();
  });

  test("F045 an answer that is an error is shown with its fix, and the page goes on", async () => {
    await go("/sessions/claude:not-there");
    const notice = open.page.getByRole("alert");
    await notice.first().waitFor();
    expect(await notice.first().textContent()).toContain("Not found");
    await open.page.getByRole("link", { name: "All sessions" }).click();
    await open.page.locator(".cell-session a").first().waitFor();
  });

  test("F045 loads nothing from elsewhere and breaks no rule of its own policy", async () => {
    // The session that is not there answers 404, which the browser writes down.
    expect(open.faults.filter((fault) => !fault.includes("404"))).toEqual([]);
    const elsewhere = open.requests.filter(
      (url) => !url.startsWith(`${daemon.url}/`) && !url.startsWith("data:"),
    );
    expect(elsewhere).toEqual([]);
  });

  test("F045 nothing is wider than a telephone", async () => {
    await open.page.setViewportSize({ width: 390, height: 800 });
    for (const path of ["/", "/events", `/sessions/claude:${SESSION}`]) {
      await go(path);
      await open.page.locator(".row, .item, .agents").first().waitFor();
      const [wide, room] = await open.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(wide).toBeLessThanOrEqual(room!);
    }
  });
});
