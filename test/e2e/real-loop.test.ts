import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOOP_FILE, type LoopFile } from "../../hooks/loops.ts";
import { run } from "../cli/run.ts";
import { type Home, startDaemon, tempHome, until } from "./daemon.ts";
import { type Answer, startModel } from "./model.ts";

const BINARY = process.env.CLAUDE_BIN_332;
const unless = BINARY ? "" : " (skipped: set CLAUDE_BIN_332)";
const AGAIN: Answer = { command: "exit 3" };
/** What the model does: it runs into the guard, does something else, and may then try again. */
const SCRIPT: Answer[] = [
  AGAIN,
  AGAIN,
  AGAIN,
  AGAIN,
  AGAIN,
  { command: "echo fixed" },
  AGAIN,
  { text: "Done." },
];
/** Failures in a row that the guard has counted before each answer: a model takes longer than that. */
const KNOWN = [0, 1, 2, 3, 3, 3, 0, 1];

const failures = (home: Home) => {
  const path = join(home.data, LOOP_FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as LoopFile).loops[0]!.failures : 0;
};

async function runClaude(home: Home, url: string): Promise<void> {
  const child = Bun.spawn([BINARY!, "-p", "go on", "--allowedTools", "Bash", "--output-format", "json"], {
    cwd: home.path,
    env: {
      ...home.env,
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "sk-ant-fake-000",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (code !== 0) throw new Error(`claude ended with ${code}: ${stdout} ${stderr}`);
}

type Line = { message?: { content?: unknown }; attachment?: { type?: string } };
/** What the transcript has of each result, and of each warning. */
function printedTo(home: Home): string[] {
  const folder = join(home.claude, readdirSync(home.claude)[0]!);
  const file = readdirSync(folder).find((name) => name.endsWith(".jsonl"))!;
  const lines = readFileSync(join(folder, file), "utf8").trim().split("\n");
  return lines.flatMap((text): string[] => {
    const { message, attachment } = JSON.parse(text) as Line;
    if (attachment?.type === "hook_additional_context") return ["warned"];
    const content = Array.isArray(message?.content) ? (message.content as Record<string, unknown>[]) : [];
    return content.flatMap((b) => (b.type === "tool_result" ? [String(b.content).slice(0, 40)] : []));
  });
}

test.skipIf(!BINARY)(
  `H19 the real client is warned, denied and let on again${unless}`,
  async () => {
    using home = tempHome();
    mkdirSync(home.data, { recursive: true, mode: 0o700 });
    const guard = { loop_guard: { warn_after: 2, deny_after: 3 } };
    writeFileSync(join(home.data, "config.json"), JSON.stringify(guard));
    const place = { home: home.path, data_dir: home.data };
    expect((await run(place, ["install", "--settings", "--hard-stop"])).code).toBe(0);
    await using _daemon = await startDaemon(home);
    const model = startModel(async (calls) => {
      // One failure is no loop yet, so the file does not show it.
      const known = KNOWN[calls] ?? 0;
      if (calls > 0 && known !== 1)
        await until(`${known} failures are known`, () => failures(home) === known);
      return SCRIPT[calls] ?? { text: "Done." };
    });
    try {
      await runClaude(home, `http://127.0.0.1:${model.port}`);
    } finally {
      await model.stop(true);
    }
    const denied = "PreToolUse:Bash hook error: hall-monitor";
    const failed = "Exit code 3";
    expect(printedTo(home)).toEqual([failed, failed, "warned", failed, denied, denied, "fixed", failed]);
  },
  120_000,
);
