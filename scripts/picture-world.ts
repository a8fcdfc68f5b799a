/** An invented week of two agents, for pictures of the page. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spoolSamples } from "../collector/limits/journal.ts";
import { createWorld, type Daemon, prompt, response, startDaemon, type World } from "../test/e2e/page-rig.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Work = { title: string; project: string; branch: string; model: string; days: number[]; turns: number };
const OPUS = "claude-opus-4-5-20251101";
const SONNET = "claude-sonnet-4-5-20250929";
const WORK: Work[] = [
  {
    title: "Delete the old invoices",
    project: "shop",
    branch: "main",
    model: OPUS,
    days: [0, 1, 2],
    turns: 26,
  },
  {
    title: "Fix the flaky checkout test",
    project: "api",
    branch: "feat/retry",
    model: SONNET,
    days: [0, 1, 3],
    turns: 44,
  },
  {
    title: "Port the price book to v3",
    project: "hall",
    branch: "main",
    model: OPUS,
    days: [0, 1, 2, 5],
    turns: 38,
  },
  {
    title: "Write the changelog",
    project: "docs",
    branch: "main",
    model: "claude-haiku-4-5-20251001",
    days: [0, 1, 4, 6],
    turns: 22,
  },
  {
    title: "A report by week and project",
    project: "reports",
    branch: "main",
    model: SONNET,
    days: [0, 2, 3, 6],
    turns: 30,
  },
];
export const sessionId = (index: number, day: number) => `${index}${day}a7c0de-0000-4000-8000-000000000000`;

function writeSessions(world: World, now: number): void {
  for (const [index, { title, project, branch, model, days, turns }] of WORK.entries())
    for (const day of days) {
      const session = sessionId(index, day);
      const end = now - day * DAY - (index * 17 + 1) * MINUTE;
      const step = (index + 2) * 3 * MINUTE;
      const cwd = `/home/dev/${project}`;
      const usage = (i: number) => ({
        input_tokens: 900 + i * 37,
        output_tokens: 650 + ((i * 331) % 1700),
        cache_read_input_tokens: 38_000 + i * 2_900,
        cache_creation_input_tokens: 4_200 + ((i * 311) % 9_000),
      });
      const lines = [prompt(session, `p${index}${day}`, end - turns * step, title)];
      for (let i = 0; i < turns; i++)
        lines.push(
          response(session, `${index}-${day}-${i}`, end - (turns - 1 - i) * step, { model, usage: usage(i) }),
        );
      lines.push({ type: "custom-title", customTitle: title, sessionId: session });
      world.transcript(
        `${session}.jsonl`,
        lines.map((line) => ({ ...line, cwd, gitBranch: branch })),
      );
    }
}

/** Claude's five hours climb fast enough to run out before their reset. */
async function writeLimits(world: World, now: number): Promise<void> {
  const sample = (
    source: "claude" | "codex",
    window: string,
    minutes: number,
    used: number,
    at: number,
    left: number,
  ) => ({
    sample_id: `${source}${window}${at}`,
    source,
    account: "default",
    limit_id: source,
    session_id: "",
    origin: source === "codex" ? ("rollout" as const) : ("statusline" as const),
    time_unix_ms: at,
    window,
    window_minutes: minutes,
    used_percent: used,
    resets_at_unix_ms: now + left,
  });
  const samples = [];
  for (let i = 40; i >= 0; i--) {
    const at = now - i * 4 * MINUTE - 30_000;
    samples.push(sample("claude", "5h", 300, Math.round(78 - i * 1.85 - (i % 5)), at, 110 * MINUTE));
    if (i % 8 === 0) samples.push(sample("codex", "5h", 300, 31 - Math.round(i / 3), at, 140 * MINUTE));
  }
  for (let i = 5; i >= 0; i--) {
    const at = now - i * 18 * HOUR - MINUTE;
    samples.push(sample("claude", "weekly", 10_080, 71 - i * 11, at, 2 * DAY + 18 * HOUR));
    samples.push(sample("codex", "weekly", 10_080, 44 - i * 7, at, 3 * DAY));
  }
  for (let w = 1; w < 9; w++)
    samples.push(
      sample("claude", "5h", 300, 38 + ((w * 37) % 62), now - w * 5 * HOUR, 110 * MINUTE - w * 5 * HOUR),
    );
  await spoolSamples(world.dataDir, samples, now);
}

const call = (index: number, tool_name: string, tool_use_id: string, tool_input: object) => ({
  session_id: sessionId(index, 0),
  cwd: `/home/dev/${WORK[index]!.project}`,
  tool_name,
  tool_use_id,
  tool_input,
});

/** What three agents do at the moment, by the hooks that report it. */
async function fireHooks(world: World): Promise<void> {
  const test = call(1, "Bash", "toolu_1", { command: "npm test -- checkout" });
  const failing = call(2, "Bash", "toolu_2", { command: "bun run prices" });
  const events: [string, object][] = [
    [
      "UserPromptSubmit",
      { session_id: sessionId(3, 0), cwd: "/home/dev/docs", prompt: "write the changelog" },
    ],
    ["Stop", { session_id: sessionId(3, 0), cwd: "/home/dev/docs" }],
    [
      "UserPromptSubmit",
      { session_id: sessionId(2, 0), cwd: "/home/dev/hall", prompt: "port the price book" },
    ],
    ["PreToolUse", failing],
    ["PostToolUseFailure", { ...failing, error: "exit 3: no such model", duration_ms: 812 }],
    ["UserPromptSubmit", { session_id: sessionId(1, 0), cwd: "/home/dev/api", prompt: "fix the flaky test" }],
    ["PreToolUse", test],
    [
      "UserPromptSubmit",
      { session_id: sessionId(0, 0), cwd: "/home/dev/shop", prompt: "delete the old invoices" },
    ],
    ["PermissionRequest", call(0, "Bash", "toolu_3", { command: "rm -rf invoices/2019" })],
  ];
  for (const [name, payload] of events) await world.fireHook(name, payload);
}

export async function startInventedWeek(): Promise<{ world: World; daemon: Daemon }> {
  const world = createWorld();
  const now = Date.now();
  mkdirSync(world.dataDir, { recursive: true });
  writeFileSync(
    join(world.dataDir, "config.json"),
    JSON.stringify({ budgets: [{ scope: "day", limit_usd: 20 }] }),
    { mode: 0o600 },
  );
  writeSessions(world, now);
  await writeLimits(world, now);
  const daemon = await startDaemon(world);
  await fireHooks(world);
  return { world, daemon };
}
