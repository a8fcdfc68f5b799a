import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sign } from "../../collector/alerts/webhook.ts";
import { spoolSamples } from "../../collector/limits/journal.ts";
import type { Alerts } from "../../schema/alerts.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { all, type Daemon, type Home, runDaemonToEnd, startDaemon, tempHome, until } from "../e2e/daemon.ts";

const SECRET = "a-secret-of-this-test";
const HOUR = 3_600_000;
const NOTICES = "select event_type, data from events where event_type like 'alert%' order by seq";

function sample(used_percent: number): RateLimitSample {
  const now = Date.now();
  return {
    source: "codex",
    origin: "rollout",
    account: "work",
    limit_id: "codex",
    window: "5h",
    sample_id: `s${used_percent}`,
    window_minutes: 300,
    used_percent,
    session_id: "",
    resets_at_unix_ms: now + HOUR,
    time_unix_ms: now,
  };
}

function configure(home: Home, config: object): void {
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  writeFileSync(join(home.data, "config.json"), JSON.stringify(config));
}
const alertsOf = (daemon: Daemon) => daemon.get<Alerts>("/api/alerts");
const deliveriesOf = async (daemon: Daemon) => (await alertsOf(daemon)).deliveries[0]?.delivered;

test("C-15 the daemon delivers to a webhook once, over a crash and a restart, and what happened while it was away", async () => {
  const got: { name: string; signature: string; text: string }[] = [];
  let isUp = false;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (!isUp) return new Response(null, { status: 503 });
      const text = await request.text();
      got.push({
        name: JSON.parse(text).name,
        signature: request.headers.get("x-hall-signature") ?? "",
        text,
      });
      return new Response();
    },
  });
  using home = tempHome();
  const url = `http://127.0.0.1:${server.port}/`;
  configure(home, {
    alerts: { webhook: { url, secret: SECRET } },
    budgets: [{ scope: "month", limit_usd: 0.01 }],
  });
  {
    await using daemon = await startDaemon(home);
    await spoolSamples(home.data, [sample(90)], Date.now());
    await until("the alert is on", async () => (await alertsOf(daemon)).active.length === 1);
    await until("it was tried", async () => (await alertsOf(daemon)).deliveries[0]!.failed_attempts > 0);
    await daemon.kill9();
  }
  isUp = true;
  {
    await using daemon = await startDaemon(home);
    await until("it is delivered", async () => (await deliveriesOf(daemon)) === 1);
    await spoolSamples(home.data, [sample(100)], Date.now());
    await until("the next is delivered", async () => (await deliveriesOf(daemon)) === 2);
    expect((await alertsOf(daemon)).active.map((a) => a.title)).toEqual([
      "Codex work: the 5h window is used up",
    ]);
    await daemon.stop();
  }
  server.stop(true);
  expect(got.map((g) => g.name)).toEqual(["quota_low", "quota_reached"]);
  for (const { signature, text } of got)
    expect(signature).toBe(sign(SECRET, Number(/^t=(\d+)/.exec(signature)?.[1]), text));
  expect(all<{ event_type: string }>(home, NOTICES).map((n) => n.event_type)).toEqual([
    "alert_fired",
    "alert_fired",
  ]);
});

test("C-15 a dry run shows what it would deliver and calls no receiver", async () => {
  let requests = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(`${requests++}`),
  });
  using home = tempHome();
  const url = `http://127.0.0.1:${server.port}/`;
  configure(home, { alerts: { dry_run: true, webhook: { url, secret: SECRET } } });
  await using daemon = await startDaemon(home);
  await spoolSamples(home.data, [sample(90)], Date.now());
  await until("the alert is on", async () => (await alertsOf(daemon)).active.length === 1);
  const { is_dry_run, recent } = await alertsOf(daemon);
  expect([is_dry_run, recent.map((n) => n.is_dry_run)]).toEqual([true, [true]]);
  await daemon.stop();
  expect(await daemon.stderr()).toContain("alert (dry run): Codex work: 10 % of the 5h window left");
  expect(requests).toBe(0);
  server.stop(true);
});

test("F033 alerts that are turned off are not evaluated", async () => {
  using home = tempHome();
  configure(home, { alerts: { enabled: false } });
  await using daemon = await startDaemon(home);
  await spoolSamples(home.data, [sample(90)], Date.now());
  await until("the reading is stored", () => all(home, "select 1 from rate_limit_samples").length === 1);
  expect(await alertsOf(daemon)).toEqual({
    active: [],
    recent: [],
    is_dry_run: null,
    budgets: [],
    deliveries: [],
  });
});

test("F033 a setting of alerts that is not understood ends the start with a sentence", async () => {
  using home = tempHome();
  configure(home, { budgets: [{ scope: "day", limit: 5 }] });
  const { code, stderr } = await runDaemonToEnd(home);
  expect(code).toBe(78);
  expect(stderr).toContain("limit_usd");
});
