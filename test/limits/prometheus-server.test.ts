import { expect, test } from "bun:test";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon, tempHome, until } from "../e2e/daemon.ts";

const DEPLOY = join(import.meta.dir, "../../deploy/prometheus");
const found = Bun.which("prometheus");
const because = found ? "" : " (prometheus is not installed: apt-get install prometheus)";

type Result = { metric: Record<string, string>; value: [number, string] };

/** A port that was free a moment ago: Prometheus does not report which one it took. */
function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  return port!;
}

/** The shipped configuration, with this daemon as its target and a quick clock. */
function configure(folder: string, target: string): string {
  const config = readFileSync(join(DEPLOY, "prometheus.yml"), "utf8")
    .replace("localhost:3456", target)
    .replaceAll("15s", "1s")
    .replace("- rules.yml", `- ${join(DEPLOY, "rules.yml")}`);
  writeFileSync(join(folder, "prometheus.yml"), config);
  return join(folder, "prometheus.yml");
}

test.skipIf(!found)(
  `C-15 C-19 the real Prometheus scrapes the real daemon, and an alert of a nearly used limit fires${because}`,
  async () => {
    using home = tempHome();
    const now = Math.floor(Date.now() / 1000);
    const thread = "01a1fa16-228d-7c00-b24a-14c635de0002";
    const rollout = home.at(`.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${thread}.jsonl`);
    const line = (type: string, payload: object) =>
      `${JSON.stringify({ timestamp: new Date().toISOString(), type, payload })}\n`;
    writeFileSync(
      rollout,
      line("session_meta", { id: thread, cwd: "/w/shop", cli_version: "0.169.0", source: "exec" }),
    );
    const primary = { used_percent: 85, window_minutes: 300, resets_at: now + 3600 };
    const rate_limits = { limit_id: "codex", primary, secondary: null };
    appendFileSync(rollout, line("event_msg", { type: "token_count", info: null, rate_limits }));
    await using daemon = await startDaemon(home);
    const port = freePort();
    const server = Bun.spawn(
      [
        found!,
        `--config.file=${configure(home.path, new URL(daemon.url).host)}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(home.path, "tsdb")}`,
      ],
      { stdout: "ignore", stderr: "pipe" },
    );
    const output = new Response(server.stderr).text();
    try {
      const get = async <T>(path: string): Promise<T | undefined> => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined);
        return answer?.ok ? ((await answer.json()) as { data: T }).data : undefined;
      };
      const query = async (text: string) =>
        (await get<{ result: Result[] }>(`query?query=${encodeURIComponent(text)}`))?.result ?? [];
      await until("the target is up", async () => (await query("up"))[0]?.value[1] === "1");
      const remaining = await query("codex_rate_limit_remaining");
      expect(remaining.map((r) => [r.metric.account, r.metric.window, r.value[1]])).toEqual([
        ["default", "5h", "15"],
      ]);
      expect((await query('codex_usage_ratio{window="5h_limit"}'))[0]?.value[1]).toBe("0.85");
      type Alert = { labels: Record<string, string>; state: string };
      const firing = async () =>
        (await get<{ alerts: Alert[] }>("alerts"))?.alerts.filter((a) => a.state === "firing") ?? [];
      await until("the alert fires", async () => (await firing()).length > 0);
      expect((await firing()).map((a) => a.labels.alertname)).toEqual(["CodexRateLimitLow"]);
      const scraped = await get<{ activeTargets: { lastError: string; health: string }[] }>("targets");
      expect(scraped?.activeTargets.map((t) => [t.health, t.lastError])).toEqual([["up", ""]]);
    } finally {
      server.kill();
      await server.exited;
    }
    expect(await output).not.toContain("level=error");
  },
);
