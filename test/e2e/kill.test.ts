import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { countRollupDifferences } from "../../store/rollups.ts";
import { all, countStored, type Home, one, spawnDaemon, startDaemon, tempHome, until } from "./daemon.ts";
import { type Accepted, startWriters } from "./writers.ts";

const KILLS = 10;
const SOON_MS = 250;

/** Three die while they start, seven in the middle of storing; every moment is a random one. */
async function killInARow(home: Home): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawnDaemon(home);
    const before = kill < 3 ? undefined : countStored(home, "feed");
    if (before !== undefined) await until("the daemon stores", () => countStored(home, "feed") > before);
    await Bun.sleep(Math.random() * SOON_MS);
    child.kill("SIGKILL");
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
  }
}

test("F1 F007.A2 F025.A3 ten kill -9 in a row under eight writers lose nothing and count nothing twice", async () => {
  using home = tempHome();
  await using writers = startWriters(home);
  await killInARow(home);
  await using daemon = await startDaemon(home);
  await writers.stop();
  const { accepted } = writers;
  const isAllStored = () =>
    hookEvents(home) >= accepted.hooks.length &&
    claudeTokens(home).output >= accepted.output_tokens &&
    codexTokens(home) >= accepted.codex_tokens;
  // The slower the machine, the more they wrote while it was killed ten times.
  await until("everything is stored", isAllStored, 200_000);
  expect(await daemon.stop()).toBe(0);
  checkRows(home, accepted);
  checkArchive(home);
});

const hookEvents = (home: Home) =>
  one<{ n: number }>(home, "select count(*) as n from events where origin = 'hook'").n;
const claudeTokens = (home: Home) =>
  one<{ output: number; input: number }>(
    home,
    "select sum(output_tokens) as output, sum(uncached_input_tokens) as input from requests where source = 'claude'",
  );
const codexTokens = (home: Home) =>
  one<{ n: number }>(
    home,
    `select sum(uncached_input_tokens + cache_creation_5m_input_tokens + cache_creation_1h_input_tokens
      + cache_read_input_tokens + output_tokens) as n from requests where source = 'codex'`,
  ).n;

function checkRows(home: Home, accepted: Accepted): void {
  const hooks = all<{ id: string }>(home, "select tool_use_id as id from events where origin = 'hook'");
  expect(hooks.map((h) => h.id).sort()).toEqual(accepted.hooks.toSorted());
  const responses = all<{ id: string }>(
    home,
    "select request_key as id from requests where source = 'claude'",
  );
  expect(responses.map((r) => r.id).sort()).toEqual(accepted.responses.toSorted());
  expect(claudeTokens(home)).toEqual({
    output: accepted.output_tokens,
    input: 10 * accepted.responses.length,
  });
  expect(codexTokens(home)).toBe(accepted.codex_tokens);
  expect(all(home, "select reason, detail from rejects")).toEqual([]);
  expect(home.read(countRollupDifferences)).toBe(0);
  expect(all(home, "pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
}

type Archived = { seq: number; after_seq?: number; event_id?: string; request_key?: string };

/** But for lines that repeat what changed, the archive is the feed: every number once, in order. */
function checkArchive(home: Home): void {
  const folder = join(home.data, "archive");
  const lines = readdirSync(folder)
    .sort()
    .flatMap((day) => readFileSync(join(folder, day), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Archived)
    .filter((line) => line.after_seq === undefined);
  const rows = all<{ seq: number; id: string }>(home, "select seq, event_id as id from feed order by seq");
  expect(rows.map((r) => r.seq)).toEqual(rows.map((_, i) => i + 1));
  expect(lines.map((l) => ({ seq: l.seq, id: l.event_id ?? l.request_key! }))).toEqual(rows);
}
