import { describe, expect, test } from "bun:test";
import { ORIGINS } from "../../schema/events.ts";
import { type AlertRig, alertRig, NONE, START, sourceHealth } from "./alerts-rig.ts";
import { HOUR, MINUTE } from "./samples.ts";

const RESET = START + 2 * HOUR;

function codex(rig: AlertRig, used_percent: number, over: Partial<{ resets: number; account: string }> = {}) {
  rig.sample({
    source: "codex",
    window: "5h",
    used_percent,
    time_unix_ms: rig.clock.now,
    resets_at_unix_ms: over.resets ?? RESET,
    account: over.account ?? "default",
  });
}

describe("a limit", () => {
  test("F033.A1 C-15 depletion fires once when less than a fifth is left, again when nothing is, and clears at the reset", () => {
    using rig = alertRig();
    codex(rig, 80);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(1);
    codex(rig, 81);
    expect(rig.evaluate()).toEqual({ fired: ["quota_low 80"], ended: [] });
    rig.later(1);
    codex(rig, 90);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(1);
    codex(rig, 100);
    expect(rig.evaluate()).toEqual({ fired: ["quota_reached 100"], ended: [] });
    expect(rig.queries.active().map((a) => a.title)).toEqual(["Codex: the 5h window is used up"]);
    rig.clock.now = RESET + MINUTE;
    expect(rig.evaluate()).toEqual({ fired: [], ended: ["reset quota_reached"] });
    expect(rig.evaluate()).toEqual(NONE);
    expect(rig.queries.recent().map((n) => [n.event_type, n.name, n.cleared_unix_ms])).toEqual([
      ["alert_cleared", "reset", RESET + MINUTE],
      ["alert_fired", "quota_reached", null],
      ["alert_fired", "quota_low", null],
    ]);
  });

  test("F033.A2 C-15 a restart in between reports nothing twice and forgets nothing", () => {
    using rig = alertRig();
    codex(rig, 95);
    expect(rig.evaluate().fired).toEqual(["quota_low 80"]);
    rig.restart();
    expect(rig.evaluate()).toEqual(NONE);
    rig.clock.now = RESET + 1;
    rig.restart();
    expect(rig.evaluate().ended).toEqual(["reset quota_low"]);
    expect(rig.queries.active()).toEqual([]);
  });

  test("C-15 sources that round differently do not make it come and go", () => {
    using rig = alertRig();
    codex(rig, 80.4);
    expect(rig.evaluate().fired).toEqual(["quota_low 80"]);
    for (const used of [80, 80.4, 79, 81]) {
      rig.later(1);
      codex(rig, used);
      expect(rig.evaluate()).toEqual(NONE);
    }
    rig.later(1);
    codex(rig, 70);
    expect(rig.evaluate().ended).toEqual(["recovered quota_low"]);
  });

  test("R04 a value older than a tenth of its window raises nothing, and ends nothing", () => {
    using rig = alertRig();
    codex(rig, 95);
    rig.later(31);
    expect(rig.evaluate()).toEqual(NONE);
    codex(rig, 95);
    expect(rig.evaluate().fired).toEqual(["quota_low 80"]);
    rig.later(60);
    expect(rig.evaluate()).toEqual(NONE);
    expect(rig.queries.active()).toHaveLength(1);
  });

  test("R05 a window that begins above the mark is a new alert of its own", () => {
    using rig = alertRig();
    codex(rig, 100);
    expect(rig.evaluate().fired).toEqual(["quota_reached 100"]);
    rig.clock.now = RESET - MINUTE;
    codex(rig, 85, { resets: RESET + 5 * HOUR });
    expect(rig.evaluate()).toEqual({ fired: ["quota_low 80"], ended: ["reset quota_reached"] });
    expect(rig.queries.active().map((a) => a.level)).toEqual([80]);
  });

  test("R06 a reset time that drifts is no new window", () => {
    using rig = alertRig();
    for (let i = 0; i < 20; i++) {
      codex(rig, 90, { resets: RESET + i * 50_000 });
      expect(rig.evaluate().fired).toHaveLength(i === 0 ? 1 : 0);
      rig.later(1);
    }
  });

  test("R07 accounts have alerts of their own, by their alias", () => {
    using rig = alertRig();
    codex(rig, 95, { account: "work" });
    codex(rig, 10, { account: "home" });
    rig.evaluate();
    expect(rig.queries.active().map((a) => [a.account, a.title])).toEqual([
      ["work", "Codex work: 5 % of the 5h window left"],
    ]);
  });

  test("R09 a window that is reported no longer has no alert", () => {
    using rig = alertRig();
    codex(rig, 95);
    expect(rig.evaluate().fired).toHaveLength(1);
    rig.later(5);
    rig.sample({ source: "codex", window: "weekly", used_percent: 3, time_unix_ms: rig.clock.now });
    expect(rig.evaluate().ended).toEqual(["withdrawn quota_low"]);
  });

  test("C-15 an alert is an event of its own category, published after it is stored", () => {
    using rig = alertRig();
    codex(rig, 95);
    rig.evaluate();
    const [event] = rig.db.query<Record<string, string>, []>("select * from events").all();
    expect(event).toMatchObject({ event_type: "alert_fired", source: "codex", origin: "monitor" });
    expect([...ORIGINS]).toContain("monitor");
    expect(rig.published).toEqual([rig.store.lastSeq()]);
  });

  test("C-15 what cannot be stored is not delivered and found again", () => {
    using rig = alertRig();
    codex(rig, 95);
    rig.db.run("create trigger no before insert on events begin select raise(abort, 'full'); end");
    expect(() => rig.evaluate()).toThrow("full");
    expect([rig.published, rig.queries.active()]).toEqual([[], []]);
    rig.db.run("drop trigger no");
    expect(rig.evaluate().fired).toEqual(["quota_low 80"]);
  });
});

describe("a source of limits", () => {
  const failing = { failures: 1, consecutive_failures: 1, last_failure_class: "unauthorized" } as const;

  test("C-15 down fires after ten minutes without an answer, once, and clears with the next one", () => {
    using rig = alertRig();
    rig.delivered.health = [sourceHealth({ ...failing, last_success_unix_ms: START })];
    codex(rig, 1);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(9);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(1);
    codex(rig, 1); // a rollout reports the value all the while, so nothing is stale
    expect(rig.evaluate().fired).toEqual(["unavailable 0"]);
    rig.later(10);
    codex(rig, 1);
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.health = [sourceHealth({ last_success_unix_ms: rig.clock.now })];
    expect(rig.evaluate().ended).toEqual(["recovered unavailable"]);
  });

  test("C-15 one good answer in between restarts the ten minutes", () => {
    using rig = alertRig();
    for (const health of [sourceHealth(failing), sourceHealth({}), sourceHealth(failing)]) {
      rig.delivered.health = [{ ...health, last_success_unix_ms: rig.clock.now }];
      expect(rig.evaluate()).toEqual(NONE);
      rig.later(6);
    }
    expect(rig.evaluate()).toEqual(NONE);
  });

  test("C-15 stale fires ten minutes after the last value from anywhere, and clears with a new one", () => {
    using rig = alertRig();
    rig.delivered.health = [sourceHealth({})];
    rig.later(9);
    expect(rig.evaluate()).toEqual(NONE);
    codex(rig, 5);
    rig.later(10);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(1);
    expect(rig.evaluate().fired).toEqual(["stale 0"]);
    codex(rig, 5);
    expect(rig.evaluate().ended).toEqual(["recovered stale"]);
  });

  test("F033 a source that is asked seldom is not stale between two questions", () => {
    using rig = alertRig();
    rig.delivered.health = [sourceHealth({ cadence_ms: 20 * MINUTE })];
    rig.later(40);
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(2);
    expect(rig.evaluate().fired).toEqual(["stale 0"]);
  });

  test("F033 files that are silent and accounts without limits are no fault", () => {
    using rig = alertRig();
    codex(rig, 5);
    rig.later(120);
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.health = [
      sourceHealth({ failures: 3, consecutive_failures: 3, last_failure_class: "not_applicable" }),
    ];
    rig.evaluate();
    rig.later(20);
    expect(rig.evaluate()).toEqual(NONE);
  });

  test("C-15 down and stale last over a restart, when nothing is known yet", () => {
    using rig = alertRig();
    rig.delivered.health = [sourceHealth(failing)];
    rig.evaluate();
    rig.later(12);
    expect(rig.evaluate().fired).toEqual(["unavailable 0", "stale 0"]);
    rig.delivered.health = [sourceHealth({ captures: 0, last_success_unix_ms: null })];
    rig.restart();
    expect(rig.evaluate()).toEqual(NONE);
    rig.later(1);
    rig.delivered.health = [sourceHealth({ last_success_unix_ms: rig.clock.now })];
    expect(rig.evaluate().ended).toEqual(["recovered unavailable", "recovered stale"]);
  });

  test("C-15 credits below the number fire once, also over a restart, and clear", () => {
    using rig = alertRig({ alerts: { credits_below: 10 } });
    const credits = (balance: number | null, more: object = {}) => ({
      source: "codex" as const,
      account: "work",
      limit_id: "codex",
      has_credits: true,
      is_unlimited: false,
      balance,
      time_unix_ms: rig.clock.now,
      ...more,
    });
    rig.delivered.health = [sourceHealth({ account: "work", name: "codex_app_server:work" })];
    rig.delivered.credits = [credits(10)];
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.credits = [credits(9.5)];
    expect(rig.evaluate().fired).toEqual(["credits_low 0"]);
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.credits = [];
    rig.restart();
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.credits = [credits(null)];
    expect(rig.evaluate()).toEqual(NONE);
    rig.delivered.credits = [credits(40)];
    expect(rig.evaluate().ended).toEqual(["recovered credits_low"]);
    rig.delivered.credits = [credits(9)];
    rig.later(25 * 60);
    rig.delivered.health = [sourceHealth({ account: "work", last_success_unix_ms: rig.clock.now })];
    expect(rig.evaluate()).toEqual(NONE);
    for (const never of [credits(0, { has_credits: false }), credits(0, { is_unlimited: true })]) {
      rig.delivered.credits = [never];
      expect(rig.evaluate()).toEqual(NONE);
    }
  });

  test("F033 an alert about a source that is asked no more is withdrawn", () => {
    using rig = alertRig();
    rig.delivered.health = [sourceHealth(failing)];
    rig.evaluate();
    rig.later(12);
    rig.evaluate();
    rig.delivered.health = [];
    expect(rig.evaluate().ended).toEqual(["withdrawn unavailable", "withdrawn stale"]);
  });
});
