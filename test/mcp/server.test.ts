import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { environment, ROOT, run, tempHome } from "../cli/run.ts";
import { writeTranscript } from "../cli/transcript.ts";
import { fireHook } from "../hooks/fire.ts";

const home = tempHome();
const SESSIONS = 70;
const id = (n: number) => `0000000${String(n).padStart(2, "0")}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`;

async function connect(place = home, env: Record<string, string> = {}, cwd = place.home): Promise<Client> {
  const client = new Client({ name: "test", version: "0" });
  await client.connect(
    new StdioClientTransport({
      command: join(ROOT, "bin/hall-monitor"),
      args: ["mcp"],
      env: { ...environment(place), ...env },
      cwd,
      stderr: "ignore",
    }),
  );
  return client;
}

type Answered = { isError: boolean; text: string; json: Record<string, unknown> };
async function call(client: Client, name: string, args: Record<string, unknown> = {}): Promise<Answered> {
  const answer = await client.callTool({ name, arguments: args });
  const [first] = answer.content as { text: string }[];
  const text = first?.text ?? "";
  return { isError: answer.isError === true, text, json: text.startsWith("{") ? JSON.parse(text) : {} };
}
const items = (a: Answered) => a.json.items as Record<string, unknown>[];

let client: Client;
beforeAll(async () => {
  // The launcher fetches nothing for an agent; that the dependencies are there, this test has just seen.
  copyFileSync(join(ROOT, "bun.lock"), join(ROOT, "node_modules/.installed-bun.lock"));
  for (let n = 0; n < SESSIONS; n++) {
    const at = `2026-11-01T10:${String(n % 60).padStart(2, "0")}:00.000Z`;
    const responses = [{ id: `m${n}`, at, model: "claude-opus-5-5", input: 1000, output: 100 }];
    writeTranscript(home, id(n), "/w/shop", responses, `Title ${n} ${"long ".repeat(60)}`);
  }
  await fireHook(
    "PermissionRequest",
    JSON.stringify({
      hook_event_name: "PermissionRequest",
      session_id: id(3),
      cwd: "/w/shop",
      permission_mode: "default",
      tool_name: "Bash",
      tool_input: { command: "rm -rf build" },
    }),
    { env: { HALL_DATA_DIR: home.data_dir, HOME: home.home } },
  );
  expect((await run(home, ["backfill", "--texts"])).code).toBe(0);
  client = await connect();
});
afterAll(async () => {
  await client?.close();
  home[Symbol.dispose]();
});

describe("the agent's own access, asked by the SDK's client", () => {
  test("F030.A1 about eight tools, all of them marked as reading only, each with a schema", async () => {
    const { tools } = await client.listTools();
    expect(tools.map((t) => t.name).sort()).toEqual([
      "cost",
      "limits",
      "plans",
      "search",
      "session",
      "sessions",
      "waiting",
      "why",
    ]);
    for (const t of tools) {
      expect(t.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      expect(t.inputSchema.type).toBe("object");
      expect(t.description?.length).toBeGreaterThan(20);
    }
  });

  test("F030.A2 a list is bounded, and its cursors lead through all of it once", async () => {
    const seen: unknown[] = [];
    let cursor: unknown;
    for (let pages = 0; pages < 20; pages++) {
      const page = await call(client, "sessions", { limit: 50, ...(cursor ? { cursor } : {}) });
      expect(page.text.length).toBeLessThanOrEqual(20_000);
      seen.push(...items(page).map((s) => s.session));
      cursor = page.json.next_cursor;
      if (!cursor) break;
    }
    expect(new Set(seen).size).toBe(SESSIONS);
    expect(seen.length).toBe(SESSIONS);
  });

  test("F030.A2 search finds titles and prompts, page by page", async () => {
    const titles = await call(client, "search", { q: "Title 6" });
    expect(items(titles).map((h) => h.kind)).toEqual(Array(10).fill("title"));
    const seen = new Set<unknown>();
    let cursor: unknown;
    do {
      const page = await call(client, "search", { q: "do it", limit: 30, ...(cursor ? { cursor } : {}) });
      for (const hit of items(page)) seen.add(hit.session);
      cursor = page.json.next_cursor;
    } while (cursor);
    expect(seen.size).toBe(SESSIONS);
    expect(items(await call(client, "search", { q: "100%" }))).toEqual([]);
  });

  test("F030 session, cost and why give the figures of the routes", async () => {
    const { json: one } = await call(client, "session", { id: id(7).slice(0, 12) });
    expect(one).toMatchObject({ session: `claude:${id(7)}`, requests: 1, tokens: 1100 });
    const timeline = await call(client, "session", { id: id(7), timeline: true });
    expect(items(timeline).map((i) => i.kind)).toEqual(["turn", "request"]);
    const { json: cost } = await call(client, "cost", { metric: "tokens", group_by: "project" });
    expect(cost).toMatchObject({ unit: "tokens", total: 1100 * SESSIONS, groups: [{ group: "/w/shop" }] });
    const { json: why } = await call(client, "why", { id: id(7) });
    expect(why).toMatchObject({ kind: "session", total: { requests: 1 } });
    expect((await call(client, "limits")).json).toMatchObject({ windows: [] });
  });

  test("F030 waiting names who asked, for what, and since when", async () => {
    const [first, ...others] = items(await call(client, "waiting"));
    expect(first).toMatchObject({
      session: `claude:${id(3)}`,
      waits_for: { kind: "permission", tool_name: "Bash", argument: "rm -rf build" },
    });
    expect(others).toEqual([]);
  });

  test("F030 H16 a session ended with its process, for the tools, the command and its JSON alike", async () => {
    const dead = Bun.spawn(["true"]);
    await dead.exited;
    const registry = join(home.home, ".claude/sessions");
    mkdirSync(registry, { recursive: true });
    const time = Date.now() + 60_000;
    const claim = {
      pid: dead.pid,
      sessionId: id(3),
      procStart: "1",
      status: "waiting",
      statusUpdatedAt: time,
    };
    writeFileSync(join(registry, `${dead.pid}.json`), JSON.stringify(claim));
    try {
      expect(items(await call(client, "waiting"))).toEqual([]);
      const { stdout } = await run(home, ["session", id(3)]);
      expect(stdout).toContain(`claude:${id(3)} (ended)`);
      const printed = JSON.parse((await run(home, ["session", id(3), "--json"])).stdout);
      expect(printed.data.activity).toMatchObject({ state: "ended", waits_for: null });
    } finally {
      rmSync(registry, { recursive: true });
    }
    expect(items(await call(client, "waiting")).length).toBe(1);
  });

  test("F030.A4 no answer holds more of a conversation than the capture setting allows now", async () => {
    const bare = await connect(home, { HALL_CAPTURE: "metadata" });
    try {
      const answers = [
        await call(bare, "sessions", { limit: 5 }),
        await call(bare, "session", { id: id(7), timeline: true }),
        await call(bare, "search", { q: "do it", limit: 5 }),
        await call(bare, "waiting"),
      ];
      for (const { text, isError } of answers) {
        expect(isError).toBe(false);
        for (const words of ["Title", "do it", "rm -rf"]) expect(text).not.toContain(words);
      }
      expect(items(answers[0]!).length).toBe(5);
    } finally {
      await bare.close();
    }
  });

  test("F030 what cannot be answered is an answer with a code and a fix", async () => {
    expect(await call(client, "session", { id: "nowhere" })).toMatchObject({
      isError: true,
      json: { error: "not_found" },
    });
    expect(await call(client, "sessions", { cursor: "!" })).toMatchObject({ isError: true });
    expect(await call(client, "sessions", { limit: 1000 })).toMatchObject({ isError: true });
    expect(await call(client, "cost", { since: "yesterday-ish" })).toMatchObject({
      json: { error: "bad_request" },
    });
    expect((await call(client, "sessions", { limit: 1 })).isError).toBe(false);
  });
});

test("F030.A3 the server starts without a database and beside a hostile folder, and runs nothing of it", async () => {
  using empty = tempHome();
  const folder = join(empty.home, "clone");
  mkdirSync(folder);
  writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
  writeFileSync(
    join(folder, "evil.ts"),
    `require("node:fs").writeFileSync(${JSON.stringify(join(empty.home, "ran"))}, "");\n`,
  );
  writeFileSync(join(folder, ".env"), `HALL_DATA_DIR=${join(empty.home, "elsewhere")}\n`);
  const lonely = await connect(empty, {}, folder);
  try {
    const answer = await call(lonely, "sessions");
    expect(answer).toMatchObject({
      isError: true,
      json: { error: "no_data", hint: "run `hall-monitor start` first" },
    });
    expect(answer.text).not.toContain("elsewhere");
    expect(await Bun.file(join(empty.home, "ran")).exists()).toBe(false);
  } finally {
    await lonely.close();
  }
});
