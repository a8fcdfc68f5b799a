import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EffectiveSettings, Health, HookHealth, Reject } from "../../schema/api-health.ts";
import { cli, countStored, type Daemon, startDaemon, tempHome, until } from "./daemon.ts";
import { response } from "./page-rig.ts";

const SECRET = "a-secret-of-sixteen-characters";
const SESSION = "cccccccc-6f1c-4a55-9d0e-1c2d3e4f5a6b";
const home = tempHome({ HALL_OTLP_TOKEN: "another-secret-of-sixteen", HALL_SCAN_INTERVAL_MS: "200" });
const transcript = join(home.claude, "-work-shop", `${SESSION}.jsonl`);
let daemon: Daemon;

beforeAll(async () => {
  mkdirSync(join(home.claude, "-work-shop"), { recursive: true });
  const lines = [response(SESSION, "a", Date.now() - 60_000), response(SESSION, "b", Date.now() - 50_000)];
  const priced = `${JSON.stringify(lines[0])}\n`;
  const unpriced = `${JSON.stringify(response(SESSION, "c", Date.now() - 40_000, { model: "mystery-9" }))}\n`;
  writeFileSync(
    transcript,
    `${priced}{"type":"assistant",\n${JSON.stringify(lines[1])}\n{broken\n${unpriced}`,
  );
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  const config = {
    capture: { mode: "full" },
    alerts: { webhook: { url: "https://alerts.example/hook", secret: SECRET } },
  };
  writeFileSync(join(home.data, "config.json"), JSON.stringify(config), { mode: 0o600 });
  expect((await cli(home, "install", "--settings")).code).toBe(0);
  daemon = await startDaemon(home);
});
afterAll(async () => {
  await daemon.stop();
  home[Symbol.dispose]();
});

const rejected = () => daemon.get<Reject[]>("/api/health/rejects");

test("F046.A1 the route lists each rejected line with its file, line and reason, the last one first", async () => {
  await until("both lines are rejected", async () => (await rejected()).length === 2);
  const found = await rejected();
  expect(found.map(({ path, line, reason }) => ({ path, line, reason }))).toEqual([
    { path: transcript, line: 4, reason: "invalid_json" },
    { path: transcript, line: 2, reason: "invalid_json" },
  ]);
  const { rejects } = await daemon.get<Health>("/api/health");
  expect(rejects).toEqual([{ source: "claude", reason: "invalid_json", lines: 2 }]);
  // Page by page the same, and each filter leaves out what does not match.
  const first = await (await fetch(`${daemon.url}/api/health/rejects?limit=1`)).json();
  const second = await (
    await fetch(`${daemon.url}/api/health/rejects?limit=1&cursor=${first.next_cursor}`)
  ).json();
  expect([first.data[0].line, second.data[0].line, second.next_cursor]).toEqual([4, 2, null]);
  expect(await daemon.get<Reject[]>("/api/health/rejects?source=codex")).toEqual([]);
});

test("F046.A2 the installed hook is run and measured, and leaves nothing in the record", async () => {
  const events = () => countStored(home);
  const before = events();
  const hook = await daemon.get<HookHealth>("/api/health/hooks");
  expect(hook).toMatchObject({ installed: "settings", failed_runs: 0 });
  expect(hook.runs).toBeGreaterThan(0);
  expect(hook.p50_ms!).toBeGreaterThan(0);
  expect(hook.p99_ms!).toBeGreaterThanOrEqual(hook.p50_ms!);
  expect(hook.max_ms!).toBeGreaterThanOrEqual(hook.p99_ms!);
  expect(events()).toBe(before);
  // Asked again soon, it is the same measurement.
  expect(await daemon.get<HookHealth>("/api/health/hooks")).toEqual(hook);
});

test("F046.A2 the delay from a real hook's clock until its event is stored is measured", async () => {
  await home.fire("UserPromptSubmit", {
    session_id: SESSION,
    hook_event_name: "UserPromptSubmit",
    prompt: "hi",
  });
  const delay = async () => (await daemon.get<Health>("/api/health")).hook_delay!;
  await until("the event is stored", async () => (await delay()).events > 0);
  const { events, p50_ms, p99_ms } = await delay();
  expect(events).toBe(1);
  expect(p99_ms!).toBeGreaterThanOrEqual(p50_ms!);
});

test("F046.A3 settings come with value and origin, from variable, config.json and default, without a secret", async () => {
  const answer = await daemon.get<EffectiveSettings>("/api/health/settings");
  const of = (name: string) => answer.settings.find((s) => s.name === name);
  expect(of("HALL_SCAN_INTERVAL_MS")).toMatchObject({ value: 200, origin: "environment" });
  expect(of("HALL_CAPTURE")).toMatchObject({ value: "full", origin: "config.json" });
  expect(of("HALL_HOT_DAYS")).toMatchObject({ value: 7, origin: "default" });
  expect(of("HALL_OTLP_TOKEN")).toMatchObject({ value: "(hidden)", origin: "environment" });
  expect(answer.config.map((leaf) => leaf.key)).toEqual([
    "capture.mode",
    "alerts.webhook.url",
    "alerts.webhook.secret",
  ]);
  expect(JSON.stringify(answer)).not.toContain("sixteen");
  expect(JSON.stringify(answer)).not.toContain("alerts.example");
});

test("F046.A4 the route names each model without a price, with its volume", async () => {
  const unpriced = async () => (await daemon.get<Health>("/api/health")).prices.unpriced;
  await until("the model is stored", async () => (await unpriced()).length > 0);
  expect(await unpriced()).toEqual([{ model: "mystery-9", requests: 1, tokens: 1100, note: null }]);
});

test("F046.A1 archive, database and memory have sizes, and a line of a file that is gone has no number", async () => {
  appendFileSync(transcript, "{worse\n");
  await until("the third line is rejected", async () => (await rejected()).length === 3);
  const { storage } = await daemon.get<Health>("/api/health");
  expect(storage!.database_bytes).toBeGreaterThan(0);
  expect(storage!.memory_bytes).toBeGreaterThan(0);
  await until("the archive is written", async () => {
    const { archive } = (await daemon.get<Health>("/api/health")).storage!;
    return archive.segments > 0 && archive.newest[0]!.bytes > 0;
  });
  rmSync(transcript);
  expect((await rejected()).map((reject) => reject.line)).toEqual([null, null, null]);
});
