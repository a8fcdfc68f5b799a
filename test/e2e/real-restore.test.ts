import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { all, cli, type Home, one, startDaemon, tempHome, until } from "./daemon.ts";

const { HALL_REAL_DIR, CODEX_BIN, CLAUDE_BIN_332 } = process.env;
/** The title names why nothing ran. */
const unless = (isThere: unknown, variable: string) =>
  isThere && HALL_REAL_DIR ? "" : ` (skipped: set ${variable} and HALL_REAL_DIR)`;

/** A daemon reads everything that is there, numbers and words, and ends. */
async function recordAll(home: Home, requests: number): Promise<void> {
  const daemon = await startDaemon(home);
  const stored = () => one<{ n: number }>(home, "select count(*) as n from requests").n;
  await until("all responses are stored", () => stored() >= requests);
  const unread = async () => (await daemon.get<{ unread_files: number }>("/api/search?q=x")).unread_files;
  await until("the words are read", async () => (await unread()) === 0);
  expect(await daemon.stop()).toBe(0);
  expect(stored()).toBe(requests);
}

type Block = { type?: string; text?: string; id?: string; tool_use_id?: string };
type Body = { messages: { role: string; content: string | Block[] }[] };

/** A mock of the Messages API that keeps whole bodies, and the client that calls it. */
async function startClaude(home: Home) {
  const [shop, out] = [join(home.path, "shop"), join(home.path, "mock")];
  for (const folder of [shop, out]) mkdirSync(folder);
  const script = join(HALL_REAL_DIR!, "claude/mock-server.ts");
  const mock = Bun.spawn(
    [process.execPath, script, "--port", "0", "--out", out, "--cwd", shop, "--fullbody", "1"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let expected = "";
  for await (const part of mock.stdout) {
    expected += new TextDecoder().decode(part);
    if (expected.includes("LISTEN ")) break;
  }
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home.path,
    SHELL: "/bin/bash",
    TERM: "xterm",
    ANTHROPIC_API_KEY: "sk-ant-fake-000",
    CLAUDE_CONFIG_DIR: join(home.path, ".claude"),
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${/LISTEN (\d+)/.exec(expected)![1]}`,
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
  return {
    async ask(prompt: string, ...more: string[]): Promise<{ session_id: string; result: string }> {
      const args = ["-p", prompt, "--permission-mode", "acceptEdits", "--allowedTools", "Bash"];
      const child = Bun.spawn([CLAUDE_BIN_332!, ...args, "--output-format", "json", ...more], {
        cwd: shop,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [code, stdout] = await Promise.all([child.exited, new Response(child.stdout).text()]);
      if (code !== 0) throw new Error(`the client ended with ${code}: ${stdout}`);
      return JSON.parse(stdout);
    },
    /** What the model was sent, in the order of the requests of the main thread. */
    bodies: (): Body[] =>
      readdirSync(join(out, "api"))
        .filter((name) => name.endsWith("-main.json"))
        .sort()
        .map((name) => JSON.parse(readFileSync(join(out, "api", name), "utf8"))),
    answered: (): number => readdirSync(join(out, "api")).filter((name) => name.endsWith(".json")).length,
    [Symbol.dispose]: () => mock.kill(),
  };
}

/** Prompts, calls and results of a request's body, without what the client adds to each. */
function conversationOf({ messages }: Body): string[] {
  return messages.flatMap(({ role, content }) => {
    if (role === "system") return [];
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
    return blocks.flatMap((b: Block) => {
      if (b.type === "text") return b.text!.includes("<system-reminder>") ? [] : [`${role}: ${b.text}`];
      if (b.type === "tool_use") return [`call ${b.id}`];
      return b.type === "tool_result" ? [`result ${b.tool_use_id}`] : [];
    });
  });
}

test.skipIf(!CLAUDE_BIN_332 || !HALL_REAL_DIR)(
  `F041.A7 its agent goes on with a conversation that was written back: Claude Code${unless(CLAUDE_BIN_332, "CLAUDE_BIN_332")}`,
  async () => {
    using home = tempHome();
    using claude = await startClaude(home);
    const { session_id } = await claude.ask("SCENARIO:tour step one");
    await claude.ask("SCENARIO:bash step two", "--resume", session_id);
    const before = claude.bodies().at(-1)!;
    await recordAll(home, claude.answered());
    rmSync(join(home.path, ".claude/projects"), { recursive: true });
    await expect(claude.ask("SCENARIO:bash nothing", "--resume", session_id)).rejects.toThrow("ended with 1");

    const restored = await cli(home, "restore", session_id);
    expect([restored.code, restored.stderr]).toEqual([0, ""]);
    const sent = claude.bodies().length;
    expect((await claude.ask("SCENARIO:bash step three", "--resume", session_id)).session_id).toBe(
      session_id,
    );
    const after = conversationOf(claude.bodies()[sent]!);
    const expected = conversationOf(before);
    expect(expected.length).toBeGreaterThan(15);
    expect(after.slice(0, expected.length)).toEqual(expected);
    expect(after.at(-1)).toContain("step three");
    await recordAll(home, claude.answered());
  },
);

/** Of every rollout, by the client's own records. */
function responsesIn(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((n) =>
    n.endsWith(".jsonl"),
  );
  const lines = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"));
  const records = lines.filter((line) => line.includes('"type":"token_usage_record"'));
  return new Set(records.map((line) => JSON.parse(line).payload.response_id));
}

type CodexItem = { type: string; role?: string; call_id?: string; content?: { text?: string }[] };

test.skipIf(!CODEX_BIN || !HALL_REAL_DIR)(
  `F041.A7 its agent goes on with a conversation that was written back: Codex${unless(CODEX_BIN, "CODEX_BIN")}`,
  async () => {
    using home = tempHome();
    const out = join(home.path, "out");
    const script = join(HALL_REAL_DIR!, "codex/run.sh");
    const run = Bun.spawnSync(["bash", script, out, "--serve"], {
      env: { PATH: process.env.PATH ?? "", CODEX_BIN, BUN: process.execPath },
    });
    try {
      expect(run.exitCode).toBe(0);
      home.env.CODEX_HOME = join(out, "codex-home");
      const inputs = (): CodexItem[][] =>
        readFileSync(join(out, "logs/mock.requests.jsonl"), "utf8")
          .split("\n")
          .filter((line) => line.includes('"path":"/backend-api/codex/responses"'))
          .flatMap((line) => {
            const { body } = JSON.parse(line) as { body?: { input?: CodexItem[] } };
            return body?.input ? [body.input] : [];
          });
      const texts = (items: CodexItem[]) =>
        items
          .flatMap((i) => [i.call_id ?? "", ...(i.content ?? []).map((c) => c.text ?? "")])
          .filter(Boolean);
      const served = responsesIn(join(out, "codex-home/sessions"));
      await recordAll(home, served.size);
      const threads = all<{ id: string; path: string }>(
        home,
        "select source_session_id as id, transcript_path as path from sessions order by started_unix_ms, 1",
      );
      expect(threads.length).toBeGreaterThan(3);
      for (const { id, path } of threads) {
        rmSync(path);
        const restored = await cli(home, "restore", id);
        expect([restored.code, restored.stderr]).toEqual([0, ""]);
        const kept = JSON.parse(
          (await cli(home, "session", id, "--transcript", "--json")).stdout.split("\n")[0]!,
        );
        const resumed = Bun.spawnSync(
          [join(out, "bin/codex"), "exec", "resume", "--json", id, "scenario:text after it"],
          { cwd: join(out, "shop"), env: { ...home.env, HOME: join(out, "home") } },
        );
        expect([id, resumed.exitCode]).toEqual([id, 0]);
        const sent = texts(inputs().at(-1)!);
        expect(sent).toContain(kept.text);
        expect(sent.at(-1)).toBe("scenario:text after it");
      }
      for (const response of responsesIn(join(out, "codex-home/sessions"))) served.add(response);
      await recordAll(home, served.size);
    } finally {
      Bun.spawnSync([join(out, "stop")]);
    }
  },
);
