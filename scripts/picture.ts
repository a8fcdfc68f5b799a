/** Takes the README's picture: the real page over an invented week. `bun run picture`; wants a Chromium. */
import { join } from "node:path";
import { spoolSamples } from "../collector/limits/journal.ts";
import { createWorld, openPage, prompt, response, startDaemon } from "../test/e2e/page-rig.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.now();
const world = createWorld();

const WORK: [title: string, project: string, model: string, days: number[], turns: number][] = [
  ["Keep the basket across tabs", "shop", "claude-opus-4-5-20251101", [0, 1, 2], 22],
  ["Move the feed to server-sent events", "blog", "claude-sonnet-4-5-20250929", [0, 3, 4], 30],
  ["A report by week and project", "reports", "claude-opus-4-5-20251101", [1, 2, 5], 26],
  ["Flaky checkout test", "shop", "claude-haiku-4-5-20251001", [0, 4, 6], 18],
  ["Rate limits in the status line", "tools", "claude-opus-4-5-20251101", [2, 3, 6], 24],
];

for (const [index, [title, project, model, days, turns]] of WORK.entries())
  for (const day of days) {
    const session = `${index}${day}a7c0de-0000-4000-8000-000000000000`;
    const end = now - day * DAY - (index * 17 + 3) * 60_000;
    const cwd = `/home/dev/${project}`;
    const usage = (i: number) => ({
      input_tokens: 900 + i * 37,
      output_tokens: 350 + ((i * 131) % 700),
      cache_read_input_tokens: 18_000 + i * 2_900,
      cache_creation_input_tokens: 1_200 + ((i * 311) % 2_000),
    });
    const lines = [prompt(session, `p${index}${day}`, end - turns * 90_000, title)];
    for (let i = 0; i < turns; i++)
      lines.push(
        response(session, `${index}-${day}-${i}`, end - (turns - i) * 80_000, { model, usage: usage(i) }),
      );
    lines.push({ type: "custom-title", customTitle: title, sessionId: session });
    world.transcript(
      `${session}.jsonl`,
      lines.map((line) => ({ ...line, cwd })),
    );
  }

const sample = (
  source: "claude" | "codex",
  window: string,
  window_minutes: number,
  used_percent: number,
) => ({
  ...{ sample_id: `${source}${window}`, source, account: "default", limit_id: source, session_id: "" },
  ...{
    origin: source === "codex" ? ("rollout" as const) : ("statusline" as const),
    time_unix_ms: now - 60_000,
  },
  window,
  window_minutes,
  used_percent,
  resets_at_unix_ms: now + window_minutes * 24_000,
});
await spoolSamples(
  world.dataDir,
  [
    ...[sample("codex", "5h", 300, 31), sample("codex", "weekly", 10_080, 58)],
    ...[sample("claude", "5h", 300, 46), sample("claude", "weekly", 10_080, 72)],
  ],
  now,
);

const daemon = await startDaemon(world);
const events: [string, object][] = [
  ["UserPromptSubmit", { prompt: "keep the basket when the tab is closed", prompt_id: "live-1" }],
  ["PreToolUse", { tool_name: "Bash", tool_use_id: "toolu_1", tool_input: { command: "bun test basket" } }],
  [
    "PostToolUse",
    {
      tool_name: "Bash",
      tool_use_id: "toolu_1",
      tool_input: { command: "bun test basket" },
      duration_ms: 4_210,
    },
  ],
  ["PreToolUse", { tool_name: "Edit", tool_use_id: "toolu_2", tool_input: { file_path: "src/basket.ts" } }],
  ["PermissionRequest", { tool_name: "Bash", tool_input: { command: "git push origin basket" } }],
];
for (const [name, payload] of events)
  await world.fireHook(name, { session_id: "00a7c0de-0000-4000-8000-000000000000", ...payload });
const open = await openPage(daemon.url, { dark: process.argv.includes("--dark") });
await open.page.getByText("git push origin basket").first().waitFor();
await open.page.waitForTimeout(3_000);
await open.page.screenshot({ path: join(import.meta.dir, "../docs/page.png") });
await open.close();
await daemon.stop();
world.remove();
process.exit(0);
