/** Two Codex accounts with falling limits: four alerts fire and clear. The app-server is a script on a real pipe. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAppServerProbe } from "../collector/sources/codex/app-server.ts";
import { addressOf } from "../schema/api-address.ts";
import { filesBelow, leaks, SECRETS, series } from "./demo-fakes.ts";
import type { Report } from "./demo-report.ts";
import { openStack } from "./demo-stack.ts";

const TEST = join(import.meta.dir, "../test");
const FAKE = join(TEST, "limits/fake-app-server.ts");
const RECORDED = join(TEST, "fixtures/codex/app-server/sampler-ok.jsonl");
const MINUTE_MS = 60_000;
const CADENCE_MS = 5 * MINUTE_MS;
const ACCOUNTS = ["work", "home"] as const;
type Account = (typeof ACCOUNTS)[number];

/** The recorded conversation is of that day, so the clock begins there. */
const NOON = Date.parse("2026-11-20T12:00:00Z");
const RESET = NOON + 120 * MINUTE_MS;

const OVER = [
  "home: stale recovered",
  "home: unavailable recovered",
  "work: credits_low recovered",
  "work: quota_reached reset",
];

export async function demoAccounts(report: Report, folder: string): Promise<void> {
  report.title("Two Codex accounts, each with an app-server of its own");
  const clock = { now: NOON };
  const server = createServers(folder);
  await using stack = openStack(folder, server.probes, () => clock.now);
  /** One poll of both and one evaluation of the alerts, five minutes apart. */
  async function poll(): Promise<string[]> {
    await stack.sampler.tick();
    await stack.store();
    const { fired, ended } = stack.alerts.evaluate();
    const reports = [
      ...fired.map((a) => `${a.account}: ${a.name}`),
      ...ended.map(({ alert, ending }) => `${alert.account}: ${alert.name} ${ending}`),
    ];
    const text = await stack.read(addressOf("GET /metrics"));
    const left = ACCOUNTS.map((a) => `${a} ${series(text, remaining(a)) ?? "N/A"} % left`);
    report.note(
      `${new Date(clock.now).toISOString().slice(11, 16)}  ${left.join(", ")}  ${reports.join(", ")}`,
    );
    clock.now += CADENCE_MS;
    return reports.sort();
  }

  server.respond("work", 70, 37.5);
  server.respond("home", 10, 20);
  report.expect("C-15", "70 % used raises nothing", await poll(), []);
  await whileEnough(report, stack);
  await used(report, server, poll);
  await whileActive(report, stack);

  clock.now = RESET + MINUTE_MS;
  server.respond("work", 2, 50, RESET + 300 * MINUTE_MS);
  server.respond("home", 1, 20, RESET + 300 * MINUTE_MS);
  report.expect("C-15", "the new window and good answers clear all four", await poll(), OVER);
  const { active } = await stack.get("GET /api/alerts");
  report.expect("C-15", "GET /api/alerts has none active", active, []);
  report.expect("C-13", "auth.json is as it was", server.isLoginUntouched(), true);
  await checkLeaks(report, stack);
}

type Stack = ReturnType<typeof openStack>;
type Servers = ReturnType<typeof createServers>;

async function whileEnough(report: Report, stack: Stack): Promise<void> {
  const text = await stack.read(addressOf("GET /metrics"));
  const shown = ACCOUNTS.map((account) => series(text, remaining(account)));
  report.expect("C-02", "GET /metrics has what is left of each account", shown, [30, 90]);
  const credits = series(text, 'codex_credits_remaining{account="work"}');
  report.expect("C-04", "GET /metrics has the credits", credits, 37.5);
}

async function used(report: Report, server: Servers, poll: () => Promise<string[]>): Promise<void> {
  server.respond("work", 85, 12);
  server.breaks("home");
  report.expect("C-15", "less than a fifth left: depletion", await poll(), ["work: quota_low"]);
  server.respond("work", 100, 3);
  const spent = ["work: credits_low", "work: quota_reached"];
  report.expect("C-15", "all used and few credits: both", await poll(), spent);
  const silent = ["home: stale", "home: unavailable"];
  report.expect("C-15", "ten minutes of failures: down and stale", await poll(), silent);
  report.expect("C-15", "each is delivered once", await poll(), []);
}

async function whileActive(report: Report, stack: Stack): Promise<void> {
  const { active } = await stack.get("GET /api/alerts");
  for (const alert of active) report.note(`active: ${alert.title} (${alert.detail})`);
  const rules = [...new Set(active.map((a) => a.rule))].sort();
  const four = ["credits_low", "quota", "readings_stale", "source_down"];
  report.expect("C-15", "GET /api/alerts has the four active", rules, four);
  const history = await stack.get("GET /api/limits/history", {
    query: {
      resolution: "raw",
      account: "work",
      window: "5h",
      limit_id: "codex",
      start_time: NOON - MINUTE_MS,
      end_time: RESET,
    },
  });
  const used = history.series[0]?.points.map((p) => p.used_percent).slice(0, 3);
  report.expect("C-14", "history has the falling limit", used, [70, 85, 100]);
  const text = await stack.read(addressOf("GET /metrics"));
  const up = ACCOUNTS.map((a) => series(text, `codex_monitor_up{account="${a}"}`));
  report.expect("C-06", "codex_monitor_up is 0 for the silent one alone", up, [1, 0]);
  const { dials } = await stack.get("GET /api/limits");
  report.dials("two accounts, limits used up", dials);
}

async function checkLeaks(report: Report, stack: Stack): Promise<void> {
  const keys = [
    "GET /metrics",
    "GET /status.json",
    "GET /api/limits",
    "GET /api/limits/history",
    "GET /api/alerts",
    "GET /api/metrics",
  ] as const;
  const outputs = new Map(filesBelow(stack.data_dir));
  for (const key of keys) outputs.set(key, await stack.read(addressOf(key)));
  report.expect("C-12", `no secret in ${outputs.size} outputs`, leaks(outputs), []);
}

const remaining = (account: Account) => `codex_rate_limit_remaining{account="${account}",window="5h"}`;

/** Returns the digest of the logins as they are then. */
function writeLogins(folder: string): () => string {
  const login = (account: Account) => join(folder, account, "auth.json");
  for (const account of ACCOUNTS) {
    mkdirSync(join(folder, account), { recursive: true });
    const tokens = {
      access_token: SECRETS.token,
      refresh_token: SECRETS.refresh,
      account_id: SECRETS.account,
    };
    writeFileSync(login(account), JSON.stringify({ OPENAI_API_KEY: SECRETS.key, tokens }));
  }
  return () =>
    ACCOUNTS.map((account) =>
      createHash("sha256")
        .update(readFileSync(login(account)))
        .digest("hex"),
    ).join();
}

function createServers(folder: string) {
  const recorded = readFileSync(RECORDED, "utf8");
  const file = (account: Account) => join(folder, `${account}.jsonl`);
  const digest = writeLogins(folder);
  const before = digest();
  const probes = ACCOUNTS.map((account) =>
    createAppServerProbe({
      account,
      cadence_ms: CADENCE_MS,
      version: "0.0.0",
      timeout_ms: 10_000,
      kill_after_ms: 200,
      command: [process.execPath, FAKE, "--recording", file(account)],
      account_home: join(folder, account),
      env: { PATH: process.env.PATH ?? "" },
      random: () => 0,
    }),
  );
  return {
    probes,
    isLoginUntouched: () => digest() === before,
    breaks: (account: Account) => rmSync(file(account), { force: true }),
    /** The recorded answers with other figures, and with secrets that must not get out. */
    respond(account: Account, used: number, balance: number, resets_at = RESET): void {
      const secrets = `"email":"${SECRETS.email}","userId":"${SECRETS.user}","accountId":"${SECRETS.account}"`;
      const text = recorded
        .replaceAll('"usedPercent":23', `"usedPercent":${used}`)
        .replaceAll('"balance":"37.50"', `"balance":"${balance}"`)
        .replaceAll('"planType":"plus"', `"planType":"plus",${secrets}`)
        .replaceAll(
          /"windowDurationMins":300,"resetsAt":\d+/g,
          `"windowDurationMins":300,"resetsAt":${resets_at / 1000}`,
        );
      writeFileSync(file(account), text);
    },
  };
}
