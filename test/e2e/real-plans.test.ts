import { expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeedEvent } from "../../schema/events.ts";
import { type MessagesRequest, serveTools } from "../bench/messages-api.ts";
import { ROOT, startDaemon, tempHome, until } from "./daemon.ts";
import { clonePlugin } from "./real.ts";

const CLAUDE = process.env.CLAUDE_BIN_332;
const PLANS_TOOL = "mcp__plugin_hall-monitor_hall-monitor__plans";

const line = (id: string, status: string) =>
  JSON.stringify({ id, description: `Feature ${id}`, depends_on: [], status });

/** Everything that tools gave back, as the client sends it to the model. */
function results(turns: MessagesRequest[]): string[] {
  return (turns.at(-1)?.messages ?? []).flatMap(({ content }) =>
    Array.isArray(content)
      ? content.filter((p) => p.type === "tool_result").map((p) => JSON.stringify(p.content))
      : [],
  );
}

test.skipIf(!CLAUDE)(
  `F010 F030 the real Claude Code edits a manifest and asks the recorder about it${CLAUDE ? "" : " (skipped: set CLAUDE_BIN_332)"}`,
  async () => {
    using home = tempHome();
    const project = join(realpathSync(home.path), "shop");
    const folder = join(project, "dev/active/shop-plan");
    const manifest = join(folder, "manifest.jsonl");
    mkdirSync(folder, { recursive: true });
    writeFileSync(manifest, `${line("A", "pending")}\n${line("B", "pending")}\n`);
    home.env.HALL_PLAN_ROOTS = project;
    home.env.CLAUDE_CONFIG_DIR = join(home.path, ".claude");
    const plugin = clonePlugin(home);
    for (const path of ["node_modules"])
      if (!existsSync(join(plugin, path))) Bun.spawnSync(["ln", "-s", join(ROOT, path), join(plugin, path)]);
    copyFileSync(join(plugin, "bun.lock"), join(ROOT, "node_modules/.installed-bun.lock"));
    await using daemon = await startDaemon(home);
    const events = () => daemon.get<FeedEvent[]>("/api/plans/events");
    await until("the plan is known", async () => (await events()).length >= 4);

    const turns: MessagesRequest[] = [];
    const api = serveTools(
      [
        { name: "Read", input: { file_path: manifest } },
        {
          name: "Edit",
          input: {
            file_path: manifest,
            old_string: line("A", "pending"),
            new_string: line("A", "in_progress"),
          },
        },
        {
          name: "Bash",
          input: {
            command: `sed -i '/"A"/s/"in_progress"/"completed"/' dev/active/shop-plan/manifest.jsonl`,
            description: "Complete A",
          },
        },
        { name: "Bash", input: { command: "sleep 1", description: "Wait" } },
        { name: PLANS_TOOL, input: { name: "shop-plan" } },
      ],
      (given) => void turns.push(given),
    );
    try {
      const args = [
        "-p",
        "go on",
        "--plugin-dir",
        plugin,
        "--permission-mode",
        "acceptEdits",
        "--output-format",
        "json",
      ];
      const child = Bun.spawn([CLAUDE!, ...args, "--allowedTools", `Bash,${PLANS_TOOL}`], {
        cwd: project,
        env: {
          PATH: process.env.PATH ?? "",
          HOME: home.path,
          USER: "dev",
          LANG: "C.UTF-8",
          TERM: "xterm",
          SHELL: "/bin/bash",
          ANTHROPIC_BASE_URL: api.url,
          ANTHROPIC_API_KEY: "sk-ant-fake-000",
          CLAUDE_CONFIG_DIR: home.env.CLAUDE_CONFIG_DIR,
          DISABLE_TELEMETRY: "1",
          DISABLE_ERROR_REPORTING: "1",
          DISABLE_AUTOUPDATER: "1",
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
          HALL_DATA_DIR: home.data,
          HALL_AUTOSTART: "false",
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      expect({ code: await child.exited, stderr }).toEqual({ code: 0, stderr: "" });
      const { session_id } = JSON.parse(stdout) as { session_id: string };

      await until("all of it is reported", async () => (await events()).length >= 7);
      const recorded = (await events()).slice(4).map((e) => ({
        type: e.event_type,
        session: e.session_key,
        ...(e.data as { time_quality?: string }),
      }));
      expect(recorded.map(({ type, session, time_quality }) => [type, session, time_quality])).toEqual(
        ["orchestration_started", "feature_started", "feature_completed"].map((type) => [
          type,
          `claude:${session_id}`,
          "exact",
        ]),
      );
      const answered = results(turns).at(-1) ?? "";
      expect(answered).toContain('\\"plan\\":\\"shop-plan\\"');
      expect(answered).toContain('\\"progress_percent\\":50');
    } finally {
      await api.stop();
    }
  },
  120_000,
);
