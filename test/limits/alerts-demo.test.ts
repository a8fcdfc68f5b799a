import { afterEach, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAlerts } from "../../collector/alerts/watch.ts";
import { createSampler } from "../../collector/limits/sampler.ts";
import { createAppServerProbe } from "../../collector/sources/codex/app-server.ts";
import { alertQueries } from "../../store/alerts.ts";
import { openReader } from "../../store/database.ts";
import { createWorld, type World } from "../world.ts";
import { settingsOf } from "./alerts-rig.ts";
import { CADENCE, ENV, MINUTE, NOON } from "./rig.ts";

const FAKE = join(import.meta.dir, "fake-app-server.ts");
const RECORDED = readFileSync(join(import.meta.dir, "../fixtures/codex/app-server/sampler-ok.jsonl"), "utf8");
const [RESET, NEXT_RESET] = [NOON + 120 * MINUTE, NOON + 420 * MINUTE];

let world: World;
afterEach(() => world.close());

/** The recorded conversation, with other figures. */
function recording(used: number, balance: number, resets_at: number): string {
  return RECORDED.replaceAll('"usedPercent":23', `"usedPercent":${used}`)
    .replaceAll('"usedPercent":7', '"usedPercent":1')
    .replaceAll('"balance":"37.50"', `"balance":"${balance}"`)
    .replaceAll(
      /"windowDurationMins":300,"resetsAt":\d+/g,
      `"windowDurationMins":300,"resetsAt":${resets_at / 1000}`,
    );
}

/** Two accounts, each with an app-server of its own; everything is real but the server's words and the clock. */
function twoAccounts() {
  world = createWorld();
  const clock = { now: NOON };
  const file = (account: string) => world.path(`${account}.jsonl`);
  const probes = ["work", "home"].map((account) =>
    createAppServerProbe({
      env: ENV,
      cadence_ms: CADENCE,
      version: "0.0.0",
      timeout_ms: 10_000,
      kill_after_ms: 200,
      command: [process.execPath, FAKE, "--recording", file(account)],
      account,
      random: () => 0,
    }),
  );
  const data_dir = world.config.data_dir;
  const sampler = createSampler({
    data_dir,
    hostname: "devbox",
    probes,
    now: () => clock.now,
    random: () => 0,
  });
  const reader = openReader(data_dir);
  const { store, bus } = world.pipeline;
  const alerts = createAlerts({
    reader,
    store,
    metrics: bus,
    time_zone: "UTC",
    settings: settingsOf(),
    limits: sampler,
    now: () => clock.now,
  });
  return {
    clock,
    queries: alertQueries(reader),
    respond: (account: string, used: number, balance: number, resets_at = RESET) =>
      writeFileSync(file(account), recording(used, balance, resets_at)),
    breaks: (account: string) => rmSync(file(account), { force: true }),
    /** One poll of both, five minutes later; gives what begins and ends by it. */
    async poll(): Promise<string[]> {
      await sampler.tick();
      await world.read();
      const { fired, ended } = alerts.evaluate();
      clock.now += CADENCE;
      return [
        ...fired.map((a) => `${a.account}: ${a.name}`),
        ...ended.map((e) => `${e.alert.account}: ${e.alert.name} ${e.ending}`),
      ];
    },
  };
}

test("C-15 E-C two aliases with falling limits: down, stale, depletion and credits fire and clear", async () => {
  const { clock, queries, respond, breaks, poll } = twoAccounts();
  respond("work", 70, 37.5);
  respond("home", 10, 20);
  expect(await poll()).toEqual([]);
  respond("work", 85, 12);
  breaks("home");
  expect(await poll()).toEqual(["work: quota_low"]);
  respond("work", 100, 3);
  expect(await poll()).toEqual(["work: quota_reached", "work: credits_low"]);
  // The first failure was ten minutes ago, the last value fifteen.
  expect(await poll()).toEqual(["home: unavailable", "home: stale"]);
  expect(await poll()).toEqual([]);
  expect(queries.active().map((a) => a.title)).toEqual([
    "Codex work: the 5h window is used up",
    "Codex work: 3 credits left",
    "Codex home: cannot read limits",
    "Codex home: limits are stale",
  ]);

  clock.now = RESET + MINUTE;
  respond("work", 2, 50, NEXT_RESET);
  respond("home", 1, 20, NEXT_RESET);
  expect((await poll()).sort()).toEqual([
    "home: stale recovered",
    "home: unavailable recovered",
    "work: credits_low recovered",
    "work: quota_reached reset",
  ]);
  expect(queries.active()).toEqual([]);
  const all = JSON.stringify(queries.recent());
  for (const secret of ["dev@example.test", "user-lab0001", "acct-lab-0001", ".codex-s"])
    expect(all).not.toContain(secret);
});
