import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createWorld, openPage, prompt, response, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage, world } from "./served-page.ts";

const SESSION = "77777777-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const SILENT = "88888888-6f1c-4a55-9d0e-1c2d3e4f5a6b";
/** Longer than a row is wide. */
const COMMAND = `make ${"test ".repeat(60)}`.trim();

servePage(async (world) => {
  // Codex is there, and has no hooks.
  mkdirSync(join(world.dir, ".codex/sessions"), { recursive: true });
  const daemon = await startDaemon(world);
  const of = { session_id: SESSION, prompt_id: "p1" };
  await world.fireHook("UserPromptSubmit", { ...of, prompt: "run every test" });
  const call = { tool_name: "Bash", tool_use_id: "toolu_1", tool_input: { command: "make test" } };
  await world.fireHook("PreToolUse", { ...of, ...call });
  const child = { ...of, agent_id: "agent1", agent_type: "Explore" };
  await world.fireHook("SubagentStart", child);
  const failing = { tool_name: "Read", tool_use_id: "toolu_2", tool_input: { file_path: "/none" } };
  await world.fireHook("PreToolUse", { ...child, ...failing });
  await world.fireHook("PostToolUseFailure", { ...child, ...failing, error: "no such file" });
  return { daemon, open: await openPage(daemon.url) };
});

test("F046.A14 who works on Now works on Health, and only what is recorded in full has a ✓", async () => {
  const { page } = open;
  await page.locator(`.agent.is-working[data-key="claude:${SESSION}"]`).waitFor();
  await page.locator(".rail").getByRole("link", { name: "Health" }).click();
  const part = page.getByRole("region", { name: "Is it recording?" });
  const source = (name: string) => part.locator("tr", { hasText: name });
  await source("claude hooks").getByText("events arrive").waitFor();
  await source("claude transcripts").getByText("1 session is working").waitFor();
  const agent = (name: string) => part.locator("li strong", { hasText: name });
  await agent("claude: Complete").waitFor();
  expect(await agent("claude: Complete").textContent()).toStartWith("✓");
  expect(await agent("codex: History only").textContent()).toStartWith("!");
});

test("F043.A23 a sub-agent on Now has its state, since when, and its failed calls, and changes while it is shown", async () => {
  const { page } = open;
  await page.goto(daemon.url);
  const row = page.locator(`.agent[data-key="claude:${SESSION}"]`);
  await row.getByRole("button", { name: /sub-agent/ }).click();
  const child = row.locator(".sub-agents li", { hasText: "Explore" });
  await child.getByText("✕ 1 failed").waitFor();
  expect(await child.locator(".sub-agent-state").textContent()).toMatch(/▶ Working \d+ (s|min)/);
  await world.fireHook("SubagentStop", { session_id: SESSION, prompt_id: "p1", agent_id: "agent1" });
  await child.locator(".sub-agent-state.is-done").waitFor();
});

test("F045.A14 of a silent agent the tool is shown in one line, of which the command is cut", async () => {
  const silent = createWorld();
  const begun = Date.now() - 70 * 60_000;
  const content = [{ type: "tool_use", id: "toolu_s", name: "Bash", input: { command: COMMAND } }];
  silent.transcript(`${SILENT}.jsonl`, [
    prompt(SILENT, "1", begun, "never ends"),
    response(SILENT, "s", begun + 1000, { content, stop_reason: "tool_use" }),
  ]);
  const recorder = await startDaemon(silent);
  const seen = await openPage(recorder.url, { width: 1440 });
  const does = seen.page.locator(`.agent.is-unknown[data-key="claude:${SILENT}"] .agent-does`);
  await does.locator(".mono.clip").waitFor();
  expect(await does.textContent()).toMatch(/^no sign of life\s· make test .*\s· Bash, begun 1 h.* ago$/);
  const whole = await does.locator(".agent-tool").evaluate((e) => ({
    isWhole: e.scrollWidth <= e.clientWidth,
    isInside: e.getBoundingClientRect().right <= e.parentElement!.getBoundingClientRect().right + 1,
  }));
  expect(whole).toEqual({ isWhole: true, isInside: true });
  expect(seen.faults).toEqual([]);
  await seen.close();
  await recorder.stop();
  silent.remove();
});
