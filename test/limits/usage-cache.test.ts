import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createUsageCache,
  readUsageCache,
  usageCacheFiles,
} from "../../collector/sources/claude/usage-cache.ts";
import type { RateLimitSample } from "../../store/batch.ts";

const FIXTURE = join(import.meta.dir, "../fixtures/claude-332/usage/332-claude.json-excerpt.json");
const bytes = readFileSync(FIXTURE);
const FETCHED = 1795759627484;
const shown = (samples: RateLimitSample[]) => samples.map((s) => [s.window, s.used_percent]);

test("H16 what the client keeps of its limits is a reading of each window, the binding one first", () => {
  const samples = readUsageCache(bytes, FETCHED);
  expect(shown(samples)).toEqual([
    ["5h", 37],
    ["weekly", 61],
    ["weekly_sonnet", 12],
  ]);
  expect(samples[0]).toMatchObject({ source: "claude", origin: "client_cache", time_unix_ms: FETCHED });
  const weekly = JSON.parse(bytes.toString());
  const [session, week] = weekly.cachedUsageUtilization.utilization.limits;
  session.is_active = false;
  week.is_active = true;
  const other = readUsageCache(Buffer.from(JSON.stringify(weekly)), FETCHED);
  expect(shown(other)[0]).toEqual(["weekly", 61]);
});

test("H16 the rest of the file is not decoded, and similar text of a prompt does not count", () => {
  const broken = `{"primaryApiKey": "sk-\\q", "history": ["\\"cachedUsageUtilization\\": {"], ${bytes.toString().slice(1)}`;
  expect(() => JSON.parse(broken)).toThrow();
  expect(shown(readUsageCache(Buffer.from(broken), FETCHED))).toHaveLength(3);
});

test("H16 figures and times that cannot be are in no reading, and a torn file is read when it is whole", () => {
  const cache = (value: unknown) =>
    readUsageCache(Buffer.from(JSON.stringify({ cachedUsageUtilization: value })), FETCHED);
  const five_hour = { utilization: 1795759627, resets_at: null };
  expect(cache({ fetchedAtMs: FETCHED, utilization: { five_hour } })).toEqual([]);
  expect(cache({ fetchedAtMs: 12, utilization: { seven_day: { utilization: 5 } } })).toEqual([]);
  expect(cache(null)).toEqual([]);
  expect(readUsageCache(bytes.subarray(0, 1500), FETCHED)).toEqual([]);
});

test("H16 both places of the file are polled, and only what is new is taken", () => {
  const home = mkdtempSync(join(tmpdir(), "hall-usage-"));
  mkdirSync(join(home, ".claude/projects"), { recursive: true });
  const files = usageCacheFiles([join(home, ".claude/projects")]);
  expect(files).toEqual([join(home, ".claude/.claude.json"), join(home, ".claude.json")]);
  const taken: RateLimitSample[][] = [];
  const cache = createUsageCache(files, (samples) => taken.push(samples));
  cache.poll();
  writeFileSync(files[1]!, bytes);
  cache.poll();
  cache.poll();
  expect(taken).toHaveLength(1);
  writeFileSync(files[1]!, bytes.toString().replace("numStartups", "starts"));
  cache.poll();
  expect(taken).toHaveLength(1);
  writeFileSync(files[1]!, bytes.toString().replaceAll(String(FETCHED), String(FETCHED + 60_000)));
  cache.poll();
  expect(taken.map((s) => s[0]!.time_unix_ms)).toEqual([FETCHED, FETCHED + 60_000]);
  rmSync(home, { recursive: true });
});
