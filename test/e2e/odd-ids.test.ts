import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { addressOf } from "../../schema/api-address.ts";
import type { Answer } from "../../schema/api-types.ts";
import { PAGES, pagePath } from "../../schema/pages.ts";
import { cli, type Daemon, type Home, startDaemon, tempHome, until } from "./daemon.ts";
import { openPage, response } from "./page-rig.ts";

/** What another tool, or a person, may have named a session, a request, a tool, a model, a branch or a project. */
const IDS = [
  "a/b",
  "../../etc/passwd",
  "a\\b",
  "%2e%2e",
  "a%2Fb",
  "..",
  "a?b#c&d=e+f g",
  "tab\there",
  "line\nbreak",
  "escape\u001b[31m",
  "nul\0l",
  "\u{1f600}\u{1f680}",
  "\u202etfel\u2066",
  "lone\ud800",
  "'\"><img src=x onerror=alert(1)>",
  "colon:claude:x",
  "x".repeat(200),
];

/** One session an id, reported by hooks and by a transcript, in which each name is odd. */
async function fill(home: Home): Promise<void> {
  const now = Date.now();
  for (const [i, id] of IDS.entries()) {
    const cwd = `/w/p${i}`;
    const tool = { tool_name: id, tool_use_id: id, tool_input: { command: "ls" } };
    for (const payload of [
      { hook_event_name: "SessionStart", source: "startup" },
      { hook_event_name: "UserPromptSubmit", prompt: "do it", prompt_id: id },
      { hook_event_name: "PreToolUse", ...tool },
      { hook_event_name: "PostToolUse", ...tool, tool_response: { stdout: "x" } },
    ])
      await home.fire(payload.hook_event_name, { session_id: id, cwd, ...payload });
    const line = response(id, `${i}`, now - 60_000 * (i + 1)) as Record<string, unknown>;
    const message = { ...(line.message as object), id: `msg_${id}`, model: id };
    const odd = { ...line, requestId: `req_${id}`, gitBranch: id, cwd, sessionId: id, message };
    mkdirSync(join(home.claude, "-w-p"), { recursive: true });
    writeFileSync(join(home.claude, `-w-p/odd-${i}.jsonl`), `${JSON.stringify(odd)}\n`);
  }
}

type Session = Answer<"GET /api/sessions">["data"][number];

/** Bytes as they are: fetch resolves dot segments itself. */
async function raw({ url }: Daemon, path: string): Promise<{ status: number; text: string }> {
  const child = Bun.spawn(["curl", "-s", "--path-as-is", "-w", "\n%{http_code}", `${url}${path}`], {
    stdout: "pipe",
  });
  const printed = await new Response(child.stdout).text();
  const at = printed.lastIndexOf("\n");
  return { status: Number(printed.slice(at + 1)), text: printed.slice(0, at) };
}

async function get<T>(daemon: Daemon, path: string): Promise<{ status: number; data: T; text: string }> {
  const answer = await fetch(`${daemon.url}${path}`);
  const text = await answer.text();
  return { status: answer.status, data: (JSON.parse(text) as { data: T }).data, text };
}

async function listed(daemon: Daemon): Promise<Session[]> {
  const list = () => get<Session[]>(daemon, addressOf("GET /api/sessions", { query: { limit: 200 } }).path);
  const isWhole = ({ totals }: Session) => totals.requests === 1;
  await until(
    "each is stored",
    async () => (await list()).data.filter(isWhole).length === IDS.length,
    30_000,
  );
  return (await list()).data;
}

/** What the paths gave that did not name this session. */
async function checkPaths(daemon: Daemon, { session_key }: Session): Promise<void> {
  const of = { params: { id: session_key } };
  const detail = await get<Session>(daemon, addressOf("GET /api/sessions/:id", of).path);
  expect(detail).toMatchObject({ status: 200, data: { session_key } });
  const parts = [
    addressOf("GET /api/sessions/:id/timeline", of),
    addressOf("GET /api/sessions/:id/outline", of),
    addressOf("GET /api/sessions/:id/aggregation", of),
    addressOf("GET /api/sessions/:id/transcript", of),
  ];
  for (const { path } of parts) expect([path, (await get(daemon, path)).status]).toEqual([path, 200]);
  const query = { session_id: session_key };
  for (const { path } of [
    addressOf("GET /api/metrics", { query }),
    addressOf("GET /api/requests", { query }),
  ]) {
    const { data } = await get<{ session_key: string }[]>(daemon, path);
    expect([path, [...new Set(data.map((row) => row.session_key))]]).toEqual([path, [session_key]]);
  }
  const { data } = await get<Answer<"GET /api/requests">["data"]>(
    daemon,
    addressOf("GET /api/requests", { query }).path,
  );
  for (const { request_key } of data) {
    const path = addressOf("GET /api/requests/:id", { params: { id: request_key } }).path;
    expect(await get(daemon, path)).toMatchObject({ status: 200, data: { request_key, session_key } });
  }
}

test("EC022 T6 a session, request or tool with any name is reached by every route, and no file is", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  await fill(home);
  const sessions = await listed(daemon);
  expect(sessions.map((s) => s.session_key).sort()).toEqual(
    IDS.map((id) => `claude:${id.toWellFormed()}`).sort(),
  );
  for (const session of sessions) await checkPaths(daemon, session);
  const files = [
    "/etc/passwd",
    "/%2e%2e%2fpackage.json",
    "/sessions/%2e%2e%2f..%2fpackage.json",
    "/chunks/..%2fx",
  ];
  for (const path of files) {
    const { status, text } = await raw(daemon, path);
    expect([path, /root:|"devDependencies"/.test(text)]).toEqual([path, false]);
    expect([path, path.startsWith("/sessions/") ? 200 : 404]).toEqual([path, status]);
  }
});

test("EC022 commands find a session by its key, by its id, and by what a terminal showed of them", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  await fill(home);
  await listed(daemon);
  const given: [string, string][] = [
    ["..", "claude:.."],
    ["claude:../../etc/passwd", "claude:../../etc/passwd"],
    ["line\nbreak", "claude:line\nbreak"],
    ["line break", "claude:line\nbreak"],
    ["claude:null", "claude:nul\0l"],
    ["claude:tfel", "claude:\u202etfel\u2066"],
    ["%2e%2e", "claude:%2e%2e"],
  ];
  for (const [name, session_key] of given) {
    const { code, stdout } = await cli(home, "session", name, "--json");
    expect([name, code]).toEqual([name, 0]);
    expect(JSON.parse(stdout)).toMatchObject({ data: { session_key } });
  }
});

test("EC022 the page opens each of them by a click and by its address", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  await fill(home);
  const sessions = await listed(daemon);
  const { page, faults, close } = await openPage(daemon.url);
  for (const { session_key } of sessions) {
    await page.goto(`${daemon.url}${PAGES.sessions}`);
    const address = pagePath("session", { key: session_key });
    await page
      .locator(`a[href=${JSON.stringify(address)}]`)
      .first()
      .click();
    await page.waitForURL(`${daemon.url}${address}`);
    await seeSession(page);
    await page.goto(`${daemon.url}${address}`);
    await seeSession(page);
  }
  await close();
  expect(faults).toEqual([]);
});

/** The prompt is in the timeline, so the session was found. */
const seeSession = (page: Page) => page.locator("main").getByText("do it", { exact: true }).first().waitFor();
