import { expect, test } from "bun:test";
import { openPage, startDaemon } from "./page-rig.ts";
import { daemon, open, servePage } from "./served-page.ts";
import { PAYLOAD } from "./session-world.ts";

const CONTROLS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const id = (n: number) => `${n}${n}${n}${n}${n}${n}${n}${n}-6f1c-4a55-9d0e-1c2d3e4f5a6b`;

servePage(async (world) => {
  const daemon = await startDaemon(world);
  const fire = async (n: number, name: string, more: object) => {
    const of = { session_id: id(n), cwd: "/home/dev/shop" };
    await world.fireHook("UserPromptSubmit", { ...of, prompt: `${PAYLOAD} wish ${n}`, prompt_id: `p${n}` });
    await world.fireHook(name, { ...of, prompt_id: `p${n}`, ...more });
  };
  const questions = [
    { question: `Red or blue? ${PAYLOAD}`, header: "Colour", options: [], multiSelect: false },
  ];
  await fire(1, "PermissionRequest", { tool_name: "AskUserQuestion", tool_input: { questions } });
  await fire(2, "PermissionRequest", {
    tool_name: "ExitPlanMode",
    tool_input: { plan: `Paint it ${PAYLOAD}` },
  });
  await fire(3, "Elicitation", { mcp_server_name: `shelves ${PAYLOAD}`, message: `Which shelf? ${PAYLOAD}` });
  await world.fireHook("MessageDisplay", { session_id: id(3), message: "bookkeeping" });
  return { daemon, open: await openPage(daemon.url) };
});

const goto = (path: string) => open.page.goto(`${daemon.url}${path}`);

test("F049.A12 a question, a plan and an MCP server's question wait on Now with their words, without a click", async () => {
  const { page } = open;
  const row = (n: number) => page.locator(`.agent.is-waiting[data-key="claude:${id(n)}"]`);
  await row(1).getByText("Red or blue?").waitFor();
  await row(2).waitFor();
  await row(3).getByText("Which shelf?").waitFor();
  await page.waitForFunction(() => document.title.startsWith("3 waiting"));
  await goto(`/sessions/claude:${id(1)}`);
  await page.waitForFunction(() => document.title.includes("wish 1"));
  expect(CONTROLS.test(await page.title())).toBe(false);
  expect(await page.locator("img[src=x]").count()).toBe(0);
});

test("F049.A13 events show what asks with its question and no other hook, and text of agents stays text", async () => {
  const { page } = open;
  await goto("/events");
  for (const words of ["Red or blue?", "Which shelf?"])
    await page.locator(".row.tone-wait", { hasText: words }).first().waitFor();
  expect(await page.locator(".row", { hasText: "MessageDisplay" }).count()).toBe(0);
  await page.locator(".row", { hasText: "Which shelf?" }).first().locator(".event-open").click();
  const json = page.locator(".event-data");
  await json.waitFor();
  const shown = (await json.textContent()) ?? "";
  expect(shown).toContain("\\u202e");
  expect(shown).not.toContain("\u202e");
  expect(await page.locator("img[src=x]").count()).toBe(0);
});

test("F049.A14 why something costs, by prompt and by tool, is one click from Now", async () => {
  const { page } = open;
  for (const [label, by] of [
    ["prompts", "prompt"],
    ["tools", "tool"],
  ] as const) {
    await goto("/");
    await page.locator(".money .head-links").getByRole("link", { name: label, exact: true }).click();
    await page.getByLabel("Split by").waitFor();
    expect(await page.getByLabel("Split by").inputValue()).toBe(by);
  }
});
