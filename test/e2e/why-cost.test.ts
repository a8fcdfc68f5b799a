import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cache } from "../../schema/api-cache.ts";
import type { LimitAttribution } from "../../schema/api-why.ts";
import { cli, type Daemon, type Home, isSettled, ROOT, startDaemon, tempHome, until } from "./daemon.ts";

const FIXTURES = join(ROOT, "test/fixtures");
const RANGE = ["--since", "2026-11-01", "--until", "2026-12-01"];
const IN_RANGE = `start_time=${Date.parse("2026-11-01")}&end_time=${Date.parse("2026-12-02")}`;
/** The last answer in the recorded rollouts is so long ago. */
const AGE_MS = 10 * 60_000;

let home: Home;
let daemon: Daemon;
const at = (name: string) => readdirSync(join(FIXTURES, name), { recursive: true, encoding: "utf8" });

/** Transcripts as they were recorded; rollouts too, but as if that had just been: their limits have still to be reset. */
function putRecorded(): void {
  for (const name of at("claude-332/transcripts/tui2").filter((n) => n.endsWith(".jsonl")))
    writeFileSync(
      home.at(`.claude/${name}`),
      readFileSync(join(FIXTURES, "claude-332/transcripts/tui2", name)),
    );
  const rollouts = at("codex-171/tui").filter((n) => /rollout-[^/]*\.jsonl$/.test(n));
  const texts = rollouts.map((name) => readFileSync(join(FIXTURES, "codex-171/tui", name), "utf8"));
  const times = texts.flatMap((text) =>
    [...text.matchAll(/^\{"timestamp":"([^"]+)"/gm)].map((m) => Date.parse(m[1]!)),
  );
  const later = Date.now() - AGE_MS - Math.max(...times);
  rollouts.forEach((name, i) => {
    const text = texts[i]!.replace(
      /"timestamp":"(\d{4}-[^"]+Z)"/g,
      (_, t) => `"timestamp":"${new Date(Date.parse(t) + later).toISOString()}"`,
    ).replace(/"resets_at":(\d+)/g, (_, s) => `"resets_at":${Number(s) + Math.round(later / 1000)}`);
    writeFileSync(home.at(`.codex/${name}`), text);
  });
}

beforeAll(async () => {
  home = tempHome();
  putRecorded();
  daemon = await startDaemon(home);
  await until("history is read", async () => (await daemon.status()).backfill.done);
  // Calls that no file shows come after it: figures would change between two answers.
  await until("nothing is left to be worked out", () => isSettled(home));
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

const json = <T>(stdout: string) => (JSON.parse(stdout) as { data: T }).data;

test("E06 cache: its table, its JSON and the daemon's route agree", async () => {
  const route = await daemon.get<Cache>(`/api/cache?by=session&source=claude&${IN_RANGE}`);
  expect(route.total.requests).toBeGreaterThan(10);
  const result = await cli(home, "cache", ...RANGE, "--source", "claude", "--json");
  expect([result.code, result.stderr]).toEqual([0, ""]);
  const { from_unix_ms: _, until_unix_ms: __, ...found } = json<Cache>(result.stdout);
  expect(route).toMatchObject({ total: found.total, groups: found.groups, misses: found.misses });

  const shown = await cli(home, "cache", ...RANGE, "--source", "claude");
  const rows = shown.stdout.trimEnd().split("\n");
  expect([shown.code, rows[0]]).toEqual([
    0,
    expect.stringMatching(/^Session +Hits +Saved +Written +Misses +Lost$/),
  ]);
  expect(rows.find((row) => row.startsWith("Total"))).toContain(` ${found.total.misses} `);
  for (const { reason } of found.total.reasons)
    expect(
      rows.some((row) => row.startsWith(`${reason.replaceAll("_", " ")}: `)),
      reason,
    ).toBe(true);
  for (const by of ["day", "project"])
    expect(
      json<Cache>((await cli(home, "cache", ...RANGE, "--source", "claude", "--by", by, "--json")).stdout)
        .total,
    ).toEqual(found.total);
  const key = found.groups[0]!.key;
  const one = json<Cache>((await cli(home, "cache", key, ...RANGE, "--json")).stdout);
  expect(one.groups.map((g) => g.key)).toEqual([key]);
});

test("E06 cache: its help, a time without a request, and words that it does not know", async () => {
  const help = await cli(home, "cache", "--help");
  expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/--by[\s\S]+Saved: [\s\S]+Lost: /)]);
  const empty = await cli(home, "cache", "--since", "2020-01-01", "--until", "2020-01-02");
  expect([empty.code, empty.stdout]).toEqual([0, "No requests in this period\n"]);
  expect((await cli(home, "cache", "--by", "author")).code).toBe(64);
});

test("E01 limits --why: its table, its JSON and the daemon's route agree, and each window adds up", async () => {
  for (const by of ["session", "model"]) {
    const route = await daemon.get<LimitAttribution>(`/api/limits/attribution?by=${by}`);
    const result = await cli(home, "limits", "--why", "--by", by, "--json");
    expect([result.code, result.stderr]).toEqual([0, ""]);
    const { windows } = json<LimitAttribution>(result.stdout);
    expect(windows.map((w) => [w.window, w.shares])).toEqual(route.windows.map((w) => [w.window, w.shares]));
    expect(windows.length).toBeGreaterThan(1);
    for (const w of windows) {
      const parts = [...w.shares, w.others, ...w.unattributed].map((part) => part.used_micro_percent);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(w.used_micro_percent);
    }
    expect(windows.some((w) => w.attributed_micro_percent > 0)).toBe(true);
    const shown = await cli(home, "limits", "--why", "--by", by);
    expect(shown.code).toBe(0);
    for (const w of windows) expect(shown.stdout).toContain(`codex ${w.account} ${w.window}`);
    expect(shown.stdout).toMatch(
      new RegExp(
        `\\(binding\\): .* used, .* of that explained[\\s\\S]*Points +Cost +Requests +${by.replace("_", " ")}`,
        "i",
      ),
    );
  }
});

test("E01 limits --why: its help, a window that has no reading, and words that it does not know", async () => {
  const help = await cli(home, "limits", "--help");
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("--why")]);
  const none = await cli(home, "limits", "--why", "--window", "weekly_opus");
  expect([none.code, none.stdout]).toEqual([69, ""]);
  expect((await cli(home, "limits", "--why", "--by", "author")).code).toBe(64);
});

test("E01 limits --why and cache: an empty store has nothing to explain", async () => {
  using fresh = tempHome();
  const first = await startDaemon(fresh);
  expect(await first.stop()).toBe(0);
  const why = await cli(fresh, "limits", "--why");
  expect([why.code, why.stdout]).toEqual([0, "No rate-limit samples of the last 35 days\n"]);
  const cache = await cli(fresh, "cache");
  expect([cache.code, cache.stdout]).toEqual([0, "No requests in this period\n"]);
});
