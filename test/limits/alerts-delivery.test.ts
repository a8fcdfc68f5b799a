import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDelivery, type Receiver, type Sent } from "../../collector/alerts/delivery.ts";
import { createDesktop } from "../../collector/alerts/desktop.ts";
import { createWebhook, sign } from "../../collector/alerts/webhook.ts";
import { type AlertRig, alertRig, START } from "./alerts-rig.ts";
import { HOUR } from "./samples.ts";

const SECRET = "a-secret-of-this-test";
type Got = { body: Record<string, unknown>; text: string; headers: Headers };

/** A receiver on this machine that answers as the test sets it. */
function receiver(answers: (number | Response)[] = []) {
  const got: Got[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const text = await request.text();
      got.push({ body: JSON.parse(text), text, headers: request.headers });
      const answer = answers.shift() ?? 204;
      return typeof answer === "number" ? new Response(null, { status: answer }) : answer;
    },
  });
  return {
    got,
    port: server.port!,
    url: `http://127.0.0.1:${server.port}/alerts`,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

function deliver(rig: AlertRig, to: Receiver) {
  const waits: number[] = [];
  const delivery = createDelivery(to, {
    queries: rig.queries,
    store: rig.store,
    now: () => rig.clock.now,
    sleep: async (ms) => void waits.push(ms),
  });
  return { delivery, waits };
}

function codex(rig: AlertRig, used_percent: number): void {
  const times = { time_unix_ms: rig.clock.now, resets_at_unix_ms: START + 2 * HOUR };
  rig.sample({ source: "codex", window: "5h", used_percent, ...times });
  rig.evaluate();
}

describe("a webhook", () => {
  test("F033.A4 gets what began and what ended, signed so that it can check body and time", async () => {
    using to = receiver();
    using rig = alertRig();
    const { delivery } = deliver(rig, createWebhook({ url: to.url, secret: SECRET }));
    codex(rig, 95);
    rig.clock.now = START + 3 * HOUR;
    rig.evaluate();
    await delivery.wake();
    expect(to.got.map((g) => [g.body.event_type, g.body.name, g.body.key])).toEqual([
      ["alert_fired", "quota_low", "quota:codex:default:codex:5h"],
      ["alert_cleared", "reset", "quota:codex:default:codex:5h"],
    ]);
    for (const { headers, text } of to.got) {
      const signature = headers.get("x-hall-signature") ?? "";
      const [, seconds] = /^t=(\d+),v1=[0-9a-f]{64}$/.exec(signature) ?? [];
      expect(signature).toBe(sign(SECRET, Number(seconds), text));
      expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(60);
    }
    const ids = to.got.map((g) => g.headers.get("x-hall-delivery"));
    expect(new Set(ids).size).toBe(2);
  });

  test("F033 that is away is asked again, ever more seldom, in order and with the same id", async () => {
    using to = receiver([500, 503, 429, 408]);
    using rig = alertRig();
    const { delivery, waits } = deliver(rig, createWebhook({ url: to.url, secret: SECRET }));
    codex(rig, 95);
    codex(rig, 100);
    await delivery.wake();
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(to.got.map((g) => g.body.name)).toEqual([...Array(5).fill("quota_low"), "quota_reached"]);
    expect(new Set(to.got.slice(0, 5).map((g) => g.headers.get("x-hall-delivery"))).size).toBe(1);
    expect(delivery.status()).toMatchObject({ delivered: 2, failed_attempts: 4, given_up: 0 });
  });

  test("F033 is given up after a day, and the wait between two tries has a cap", async () => {
    using rig = alertRig();
    const waits: number[] = [];
    const away: Receiver = {
      name: "webhook",
      max_age_ms: 24 * HOUR,
      send: async (): Promise<Sent> => ({ ok: false, failure: "unreachable", is_final: false }),
    };
    const delivery = createDelivery(away, {
      queries: rig.queries,
      store: rig.store,
      now: () => rig.clock.now,
      sleep: async (ms) => {
        waits.push(ms);
        rig.clock.now += ms;
      },
    });
    codex(rig, 95);
    await delivery.wake();
    expect(Math.max(...waits)).toBe(300_000);
    expect(rig.clock.now - START).toBeGreaterThan(24 * HOUR);
    expect(delivery.status()).toMatchObject({ delivered: 0, given_up: 1, last_failure: "unreachable" });
  });

  test("F033 that refuses for good is not asked again, and the next notice still comes", async () => {
    using to = receiver([401]);
    using rig = alertRig();
    const { delivery, waits } = deliver(rig, createWebhook({ url: to.url, secret: SECRET }));
    codex(rig, 95);
    codex(rig, 100);
    await delivery.wake();
    expect(waits).toEqual([]);
    expect(to.got.map((g) => g.body.name)).toEqual(["quota_low", "quota_reached"]);
    expect(delivery.status()).toMatchObject({ delivered: 1, given_up: 1, last_failure: "http_401" });
  });

  test("F033 leads nowhere else: a redirect is a refusal", async () => {
    using elsewhere = receiver();
    using to = receiver([Response.redirect(elsewhere.url, 307)]);
    using rig = alertRig();
    const { delivery } = deliver(rig, createWebhook({ url: to.url, secret: SECRET }));
    codex(rig, 95);
    await delivery.wake();
    expect([to.got.length, elsewhere.got.length]).toEqual([1, 0]);
    expect(delivery.status()).toMatchObject({ given_up: 1, last_failure: "http_307" });
  });

  test("F033 goes on after a restart where it was, and one that is new hears no old stories", async () => {
    using to = receiver();
    using rig = alertRig();
    codex(rig, 95);
    const hook = createWebhook({ url: to.url, secret: SECRET });
    const before = deliver(rig, hook).delivery;
    await before.wake();
    expect(to.got).toEqual([]);
    codex(rig, 100);
    await before.stop();
    await deliver(rig, hook).delivery.wake();
    await deliver(rig, hook).delivery.wake();
    expect(to.got.map((g) => g.body.name)).toEqual(["quota_reached"]);
  });

  test("C-15 a dry run evaluates and shows, and delivers nothing", async () => {
    using to = receiver();
    using rig = alertRig({ alerts: { dry_run: true } });
    const { delivery } = deliver(rig, createWebhook({ url: to.url, secret: SECRET }));
    codex(rig, 95);
    await delivery.wake();
    expect(rig.queries.recent().map((n) => [n.name, n.is_dry_run])).toEqual([["quota_low", true]]);
    expect([to.got, delivery.status().delivered]).toEqual([[], 0]);
  });

  test("F033 without a listener is unreachable, and stopping does not wait for it", async () => {
    let url: string;
    {
      using gone = receiver();
      url = gone.url;
    }
    using rig = alertRig();
    const to = createWebhook({ url, secret: SECRET });
    const delivery = createDelivery(to, { queries: rig.queries, store: rig.store, now: () => rig.clock.now });
    codex(rig, 95);
    const delivering = delivery.wake();
    while (delivery.status().failed_attempts === 0) await new Promise((resolve) => setImmediate(resolve));
    await delivery.stop();
    await delivering;
    expect(delivery.status()).toMatchObject({ delivered: 0, last_failure: "unreachable" });
  });
});

describe("the desktop", () => {
  test("F033 shows a note by the machine's own program, its text as arguments", async () => {
    using rig = alertRig();
    const [program, log] = [join(rig.folder, "notify-send"), join(rig.folder, "log")];
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${log}'\n`);
    chmodSync(program, 0o755);
    const { delivery } = deliver(rig, createDesktop(rig.folder)!);
    codex(rig, 100);
    await delivery.wake();
    expect(readFileSync(log, "utf8").split("\n")).toEqual([
      "--app-name=hall-monitor",
      "--urgency=critical",
      "--",
      "Codex: the 5h window is used up",
      "100 % used, alert above 100 %",
      "",
    ]);
    expect(delivery.status().delivered).toBe(1);
  });

  test("F033 shows nothing that is no news any more", async () => {
    using rig = alertRig();
    const [program, ran] = [join(rig.folder, "notify-send"), join(rig.folder, "ran")];
    writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\n`);
    chmodSync(program, 0o755);
    const { delivery } = deliver(rig, createDesktop(rig.folder)!);
    codex(rig, 100);
    rig.later(10);
    await delivery.wake();
    expect([existsSync(ran), delivery.status().given_up]).toEqual([false, 1]);
  });

  test("F033 is left alone where no program shows notes", () => {
    using rig = alertRig();
    expect(createDesktop(rig.folder)).toBeUndefined();
  });
});
