import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LimitDial, Limits, LimitsHistory, StatusDocument } from "../../schema/api-limits.ts";
import { parseExposition } from "../limits/exposition.ts";
import { type Daemon, type Home, startDaemon, tempHome, until } from "./daemon.ts";

const { HALL_REAL_DIR, CODEX_BIN } = process.env;
const unless = HALL_REAL_DIR && CODEX_BIN ? "" : " (skipped: set CODEX_BIN and HALL_REAL_DIR)";
const RUN_MS = 180_000;
/** What the client's app-server and its backend know of the invented account. */
const SECRETS = ["dev@example.test", "user-lab0001", "acct-lab-0001", "rt_lab_fake"];

/** The real client, offline, after some turns; its backend stays until the end of the test. */
async function realCodex(home: Home) {
  const out = join(home.path, "codex-out");
  const env = { PATH: process.env.PATH ?? "", CODEX_BIN: CODEX_BIN!, BUN: process.execPath };
  const run = async (command: string[], over: Record<string, string> = {}, cwd = home.path) => {
    const child = Bun.spawn(command, {
      env: { ...env, ...over },
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = await new Response(child.stdout).text();
    if ((await child.exited) !== 0) throw new Error(`${command[0]} failed: ${output}`);
    return output;
  };
  await run(["bash", join(HALL_REAL_DIR!, "codex/run.sh"), out, "--serve"]);
  const client = {
    PATH: `${join(out, "bin")}:/usr/bin:/bin`,
    CODEX_HOME: join(out, "codex-home"),
    HOME: home.path,
  };
  const login = join(client.CODEX_HOME, "auth.json");
  const requests = () => readFileSync(join(out, "logs/mock.requests.jsonl"), "utf8");
  return {
    client,
    exec: (prompt: string) => run([join(out, "bin/codex"), "exec", prompt], client, join(out, "shop")),
    setBackend: (usage: string) => run([join(out, "ctl"), JSON.stringify({ usage })]),
    expected: () => JSON.parse(readFileSync(join(out, "expected.json"), "utf8")).rateLimits.rateLimits,
    login: () => createHash("sha256").update(readFileSync(login)).digest("hex") + statSync(login).mtimeMs,
    /** How often the backend was queried for something. */
    countOf: (path: string) => requests().split(path).length - 1,
    newest: () => newestInRollouts(join(client.CODEX_HOME, "sessions")),
    [Symbol.asyncDispose]: async () => void (await run([join(out, "stop")])),
  };
}

type Reported = { primary: { used_percent: number; resets_at: number }; secondary: { used_percent: number } };

/** The last reading that the client wrote down, found without the product. */
function newestInRollouts(folder: string): Reported {
  const lines = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line.includes('"token_count"') && line.includes('"rate_limits":{'))
    .map((line) => JSON.parse(line) as { timestamp: string; payload: { rate_limits: Reported } });
  return lines.toSorted((a, b) => a.timestamp.localeCompare(b.timestamp)).at(-1)!.payload.rate_limits;
}

const limits = (daemon: Daemon) => daemon.get<Limits>("/api/limits");
async function dial(daemon: Daemon, name: LimitDial["dial"]): Promise<LimitDial> {
  return (await limits(daemon)).dials.find((d) => d.dial === name)!;
}

test.skipIf(!CODEX_BIN || !HALL_REAL_DIR)(
  `C-17 C-01 C-13 the real Codex: its rollouts give the limits passively, its app-server gives them live${unless}`,
  async () => {
    using home = tempHome();
    await using codex = await realCodex(home);
    Object.assign(home.env, codex.client);

    // Passive: no source is polled.
    {
      const usageReads = codex.countOf("/wham/usage");
      await using daemon = await startDaemon(home, { HALL_CODEX_APP_SERVER: "false" });
      const isNewest = async () =>
        (await dial(daemon, "C5")).used_percent === codex.newest().primary.used_percent;
      await until("the rollouts are read", isNewest);
      await codex.exec("scenario:text one more turn");
      await until("the dial follows the turn", isNewest);
      const reported = codex.newest();
      expect(await dial(daemon, "C5")).toMatchObject({
        origin: "rollout",
        state: "fresh",
        account: "default",
        window: "5h",
        resets_at_unix_ms: reported.primary.resets_at * 1000,
      });
      const week = { origin: "rollout", used_percent: reported.secondary.used_percent };
      expect(await dial(daemon, "CW")).toMatchObject(week);
      const { sources, credits } = await limits(daemon);
      expect(sources).toEqual([]);
      expect(credits).toMatchObject([{ limit_id: "codex", balance: 37.5 }]);
      expect(codex.countOf("/wham/usage")).toBe(usageReads);
      expect(await daemon.stop()).toBe(0);
    }

    // Active: the same windows, as the client reports them.
    const login = codex.login();
    const before = { turns: codex.countOf("/codex/responses"), refreshes: codex.countOf("/oauth/token") };
    await using daemon = await startDaemon(home, {
      HALL_CODEX_APP_SERVER: "true",
      HALL_LIMITS_CADENCE_MS: "1000",
    });
    await until("the app-server answered", async () => (await dial(daemon, "C5")).origin === "app_server");
    const { primary, secondary } = codex.expected();
    expect(await dial(daemon, "C5")).toMatchObject({
      used_percent: primary.usedPercent,
      resets_at_unix_ms: primary.resetsAt * 1000,
      state: "fresh",
    });
    expect(await dial(daemon, "CW")).toMatchObject({
      used_percent: secondary.usedPercent,
      resets_at_unix_ms: secondary.resetsAt * 1000,
      origin: "app_server",
    });
    const mini = (await limits(daemon)).windows.find((w) => w.limit_id === "codex_mini");
    expect(mini).toMatchObject({ used_percent: 7, dial: null, origin: "app_server" });
    const history = await daemon.get<LimitsHistory>(
      "/api/limits/history?resolution=raw&limit_id=codex&window=5h",
    );
    expect([...new Set(history.series[0]!.points.map((p) => p.origin))]).toEqual(["rollout", "app_server"]);

    await codex.setBackend("reached");
    await until("the limit is reached", async () => (await dial(daemon, "C5")).used_percent === 100);
    const status = (await (await fetch(`${daemon.url}/status.json`)).json()) as StatusDocument;
    expect(status).toMatchObject({ status: "ok", depleted: true, usable: false, score: 0 });

    await codex.setBackend("500");
    const source = async () => (await limits(daemon)).sources[0]!;
    await until("the failure is noted", async () => (await source()).consecutive_failures > 0);
    expect((await source()).last_failure_class).toBe("backend_error");
    expect((await dial(daemon, "C5")).used_percent).toBe(100);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(parseExposition(metrics).get('codex_monitor_up{account="default"}')).toBe(0);
    const { captures } = await source();
    expect(captures).toBeGreaterThanOrEqual(2);

    // No turn was begun, and the login is the client's alone.
    expect(codex.countOf("/codex/responses")).toBe(before.turns);
    expect(codex.countOf("/oauth/token")).toBe(before.refreshes);
    expect(codex.login()).toBe(login);
    const outputs = [metrics, JSON.stringify(status), JSON.stringify(await limits(daemon))];
    expect(await daemon.stop()).toBe(0);
    outputs.push(await daemon.stderr());
    for (const entry of readdirSync(home.data, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) outputs.push(readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(SECRETS.filter((secret) => outputs.some((text) => text.includes(secret)))).toEqual([]);
  },
  RUN_MS,
);
