import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, run } from "../cli/run.ts";
import { type AlertRig, alertRig } from "./alerts-rig.ts";
import { DAY, HOUR, MINUTE } from "./samples.ts";

let rig: AlertRig;
let empty: string;
let now: number;

const guard = (args: string, data_dir = rig.folder): Promise<Ran> =>
  run({ home: empty, data_dir }, ["guard", ...args.split(" ").filter(Boolean)]);
const codes = (...all: string[]) => Promise.all(all.map(async (args) => (await guard(args)).code));

beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), "hall-guard-"));
  rig = alertRig();
  now = Date.now();
  rig.clock.now = now;
  rig.spend("s1", 12.5);
  rig.spend("s1", null);
  rig.spend("s2", 40, { time_unix_ms: now - 40 * DAY, project_path: "/home/dev/garden" });
  const times = { time_unix_ms: now - 3 * MINUTE, resets_at_unix_ms: now + HOUR };
  rig.sample({ source: "claude", window: "5h", used_percent: 91, ...times });
  rig.sample({ source: "codex", window: "weekly", used_percent: 40, account: "work", ...times });
  const old = { time_unix_ms: now - 2 * HOUR, resets_at_unix_ms: now + HOUR };
  rig.sample({ source: "codex", window: "5h", used_percent: 60, account: "home", ...old });
  rig.sample({
    source: "claude",
    window: "weekly",
    used_percent: 99,
    time_unix_ms: now - 9 * DAY,
    resets_at_unix_ms: now - 2 * DAY,
  });
});
afterAll(() => {
  rig[Symbol.dispose]();
  rmSync(empty, { recursive: true, force: true });
});

describe("guard", () => {
  test.each([
    ["guard --window claude:monthly", "Window claude:monthly not found", "known: claude:5h, claude:weekly"],
    ["guard --window claude:weekl", "Window claude:weekl not found", "did you mean claude:weekly?"],
    ["guard --window codex:weekly --account other", "Account other not found", "known: home, work"],
    [
      "guard --window codex:weekly --account home",
      "Account home has no window codex:weekly",
      "known: codex:5h",
    ],
    ["limits --why --window monthly", "Window monthly not found", "known: 5h, weekly"],
    ["limits --why --account wrk", "Account wrk not found", "did you mean work?"],
    ["limits --why --account work --window 5h", "Account work has no window 5h", "known: weekly"],
  ])("EC018 %p: an unknown window or account is an error with what there is", async (line, message, hint) => {
    const { code, stdout, stderr } = await run({ home: empty, data_dir: rig.folder }, line.split(" "));
    expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
    expect(stderr).toBe(`hall-monitor: ${message}\n  ${hint}\n`);
  });

  test("F034.A1 ends with 0 below the money and with 1 from it on, and reports what is missing in the sum", async () => {
    const below = await guard("--limit-usd 12.51");
    expect(below).toEqual({
      code: 0,
      stdout: "ok    today: $12.50 of $12.51, without 1 request of unknown price\n",
      stderr: "",
    });
    expect((await guard("--limit-usd 12.5 --scope day")).code).toBe(1);
  });

  test("F034 counts a week, a month, a project or a session, and nothing else", async () => {
    expect(
      await codes(
        "--limit-usd 13 --scope month",
        "--limit-usd 39 --scope project --project garden",
        "--limit-usd 41 --scope project --project /home/dev/garden",
        "--limit-usd 39 --scope session --session s2",
        "--limit-usd 41 --scope session --session claude:s2",
      ),
    ).toEqual([0, 1, 0, 1, 0]);
  });

  test("F034.A2 holds a window against its percentage", async () => {
    const over = await guard("--window claude:5h --max-percent 90");
    expect([over.code, over.stdout]).toEqual([1, "over  claude:5h, default: 91 % used, at most 90 %\n"]);
    expect(
      await codes(
        "--window claude:5h --max-percent 92",
        "--window codex:weekly --account work --max-percent 41",
      ),
    ).toEqual([0, 0]);
  });

  test("F034 an old value can prove that a window is used up, and not that it is not", async () => {
    expect(await codes("--window codex:5h --max-percent 50", "--window codex:5h --max-percent 70")).toEqual([
      1, 69,
    ]);
  });

  test("F034 ends with 69 when nothing is known: no database, no such window, account or session, or an ended one", async () => {
    expect(
      await codes(
        "--window claude:monthly",
        "--window claude:weekly",
        "--window codex:weekly --account other",
        "--limit-usd 1 --scope session --session unknown",
      ),
    ).toEqual([69, 69, 69, 69]);
    expect((await guard("--limit-usd 1", empty)).code).toBe(69);
  });

  test("F034 ends with 64 for what it does not understand", async () => {
    expect(
      await codes(
        "",
        "--limit-usd 0",
        "--limit-usd NaN",
        "--limit-usd 5 --scope year",
        "--limit-usd 5 --scope project",
        "--limit-usd 5 --scope session",
        "--window claude",
        "--window claude:5h --scope day",
        "--window claude:5h --max-percent lots",
        "--limit-usd 5 --window claude:5h",
        "--scope day",
        "--limt-usd 5",
      ),
    ).toEqual(Array(12).fill(64));
  });

  test("F034 without options checks the budgets of config.json", async () => {
    const budgets = [
      { scope: "month", limit_usd: 100 },
      { scope: "session", limit_usd: 12 },
    ];
    writeFileSync(join(rig.folder, "config.json"), JSON.stringify({ budgets }));
    const { code, stdout } = await guard("--json");
    expect(code).toBe(1);
    const { data } = JSON.parse(stdout);
    expect(data).toEqual({
      is_over: true,
      checks: [
        { what: "this month", value: 12.5, limit: 100, unit: "usd", is_over: false, unpriced_requests: 1 },
        {
          what: "in session claude:s1",
          value: 12.5,
          limit: 12,
          unit: "usd",
          is_over: true,
          unpriced_requests: 1,
        },
      ],
    });
    writeFileSync(join(rig.folder, "config.json"), JSON.stringify({ budgets: [{ scope: "aeon" }] }));
    expect((await guard("")).code).toBe(78);
  });

  test("F034 reads, and leaves no trace", async () => {
    const before = rig.store.lastSeq();
    await guard("--limit-usd 1");
    expect([rig.store.lastSeq(), rig.queries.active(), rig.queries.recent()]).toEqual([before, [], []]);
  });
});
