import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Limits } from "../../schema/api-limits.ts";
import type { Aggregations, Costs, Session } from "../../schema/api-shapes.ts";
import { all, cli, type Home, startDaemon, tempHome, until } from "../e2e/daemon.ts";

const NOW = Date.now();
const at = (ms: number) => new Date(NOW - 600_000 + ms).toISOString();
const line = (ms: number, type: string, payload: object) =>
  `${JSON.stringify({ timestamp: at(ms), type, payload })}\n`;

/** One thread with one priced count of 1000 tokens in and 100 out, and a reading of the weekly limit. */
function rollout(thread: string, used_percent: number): string {
  const usage = {
    input_tokens: 1000,
    cached_input_tokens: 0,
    output_tokens: 100,
    reasoning_output_tokens: 0,
    total_tokens: 1100,
  };
  return [
    line(0, "session_meta", {
      id: thread,
      timestamp: at(0),
      cwd: "/home/dev/shop",
      originator: "codex_cli",
      cli_version: "0.171.0",
    }),
    line(10, "turn_context", { model: "gpt-5.2-codex", cwd: "/home/dev/shop" }),
    line(20, "event_msg", {
      type: "token_count",
      info: { total_token_usage: usage, last_token_usage: usage, model_context_window: 272000 },
      rate_limits: {
        limit_id: "codex",
        primary: { used_percent, window_minutes: 10080, resets_at: Math.round(NOW / 1000) + 86_400 },
        secondary: null,
        credits: { has_credits: true, unlimited: false, balance: String(used_percent) },
      },
    }),
  ].join("");
}

const THREADS = { default: 1, work: 2, home: 3 } as const;
const threadOf = (n: number) => `01990000-0000-7000-8000-00000000000${n}`;

function write(home: Home, folder: string, n: number, used_percent: number): string {
  const path = home.at(`${folder}/sessions/2026/11/27/rollout-2026-11-27T10-00-00-${threadOf(n)}.jsonl`);
  writeFileSync(path, rollout(threadOf(n), used_percent));
  return path;
}

/** The usual folder, and two accounts of which one has an archived rollout only. */
function createHome(): Home {
  const home = tempHome();
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  write(home, ".codex", THREADS.default, 10);
  write(home, "accounts/work", THREADS.work, 20);
  const archived = home.at(
    `accounts/home/archived_sessions/rollout-2026-11-27T10-00-00-${threadOf(THREADS.home)}.jsonl`,
  );
  writeFileSync(archived, rollout(threadOf(THREADS.home), 30));
  const codex_accounts = ["work", "home"].map((alias) => ({
    alias,
    codex_home: join(home.path, "accounts", alias),
  }));
  writeFileSync(
    join(home.data, "config.json"),
    JSON.stringify({ limits: { codex_program: join(home.path, "no-such-codex"), codex_accounts } }),
  );
  return home;
}

test("L7 the rollouts of each account are read, with its alias on sessions, costs and limits", async () => {
  using home = createHome();
  await using daemon = await startDaemon(home);
  await until("all are read", async () => (await daemon.get<Session[]>("/api/sessions")).length === 3);

  const sessions = await daemon.get<Session[]>("/api/sessions");
  expect(Object.fromEntries(sessions.map((s) => [s.session_id, s.account]))).toEqual({
    [threadOf(1)]: "default",
    [threadOf(2)]: "work",
    [threadOf(3)]: "home",
  });
  for (const account of ["default", "work", "home"] as const) {
    const of = await daemon.get<Session[]>(`/api/sessions?account=${account}`);
    expect(of.map((s) => s.session_id)).toEqual([threadOf(THREADS[account])]);
    const { total } = await daemon.get<Costs>(`/api/costs?account=${account}`);
    expect([account, total.requests, total.total_tokens]).toEqual([account, 1, 1100]);
  }
  const { groups } = await daemon.get<Aggregations>("/api/aggregations?metric=tokens&group_by=account");
  expect(Object.fromEntries(groups.map((g) => [g.group, g.value]))).toEqual({
    default: 1100,
    work: 1100,
    home: 1100,
  });
  const limits = await daemon.get<Limits>("/api/limits");
  const used = limits.windows.filter((w) => w.window === "weekly").map((w) => [w.account, w.used_percent]);
  expect(Object.fromEntries(used)).toEqual({ default: 10, work: 20, home: 30 });

  // What comes later is found by watching the folder, too.
  const live = write(home, "accounts/work", 4, 40);
  await until(
    "the new one is read",
    async () => (await daemon.get<Session[]>("/api/sessions?account=work")).length === 2,
  );
  appendFileSync(live, line(30, "event_msg", { type: "task_complete" }));
});

test("L7 an alias that a folder gets later is that of the sessions that were read before, too", async () => {
  using home = createHome();
  const config = join(home.data, "config.json");
  const limits = await Bun.file(config).json();
  await Bun.write(config, "{}");
  expect((await cli(home, "backfill")).code).toBe(0);
  const accounts = () =>
    all<{ account: string | null }>(home, "select account from sessions order by source_session_id");
  expect(accounts()).toEqual([{ account: null }]);
  limits.limits.codex_accounts = [{ alias: "main", codex_home: join(home.path, ".codex") }];
  await Bun.write(config, JSON.stringify(limits));
  expect((await cli(home, "backfill")).code).toBe(0);
  expect(accounts()).toEqual([{ account: "main" }]);
  expect((await cli(home, "verify")).code).toBe(0);
});

test("L7 a backfill and a rebuild have the same aliases, and a folder under two names is one account's", async () => {
  using home = createHome();
  // The usual folder is the account's own, by a link: it is read once, under the alias.
  const config = JSON.parse(await Bun.file(join(home.data, "config.json")).text());
  symlinkSync(join(home.path, ".codex"), join(home.path, "accounts/main"));
  config.limits.codex_accounts.push({ alias: "main", codex_home: join(home.path, "accounts/main") });
  writeFileSync(join(home.data, "config.json"), JSON.stringify(config));
  const accounts = () =>
    all<{ id: string; account: string }>(
      home,
      "select source_session_id as id, account from sessions order by 1",
    );
  const wanted = [
    { id: threadOf(1), account: "main" },
    { id: threadOf(2), account: "work" },
    { id: threadOf(3), account: "home" },
  ];
  expect((await cli(home, "backfill")).code).toBe(0);
  expect(accounts()).toEqual(wanted);
  expect(all(home, "select distinct account from rate_limit_samples order by 1")).toEqual([
    { account: "home" },
    { account: "main" },
    { account: "work" },
  ]);
  expect(all(home, "select account, balance from credit_readings order by 1")).toEqual([
    { account: "home", balance: 30 },
    { account: "main", balance: 10 },
    { account: "work", balance: 20 },
  ]);
  expect((await cli(home, "rebuild")).code).toBe(0);
  expect(accounts()).toEqual(wanted);
  expect((await cli(home, "verify")).code).toBe(0);
});
