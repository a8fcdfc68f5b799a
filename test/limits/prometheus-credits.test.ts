import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { CreditReading } from "../../schema/rate-limits.ts";
import { openReader } from "../../store/database.ts";
import { startViewer } from "../viewer/rig.ts";
import { createWorld, jsonl } from "../world.ts";
import { parseAnswer } from "../world-app.ts";
import { parseExposition } from "./exposition.ts";

const THREAD = "01a1fa16-228d-7c00-b24a-14c635de0003";
const ROLLOUT = `.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${THREAD}.jsonl`;
const NOW = Date.parse("2026-11-20T12:00:00Z");

const sample = (minute: number, credits: object | null) => ({
  timestamp: new Date(NOW - 3_600_000 + minute * 60_000).toISOString(),
  type: "event_msg",
  payload: {
    type: "token_count",
    info: null,
    rate_limits: { limit_id: "codex", primary: null, secondary: null, credits },
  },
});
const head = {
  timestamp: new Date(NOW - 3_600_000).toISOString(),
  type: "session_meta",
  payload: { id: THREAD, cwd: "/w/shop", cli_version: "0.169.0", source: "exec" },
};
const bought = (balance: string) => ({ has_credits: true, unlimited: false, balance });

test("C-17 C-04 credits come from rollouts too: the newest reading, also after a restart and a second reading", async () => {
  const world = createWorld();
  const sampled: CreditReading[] = [];
  const limits = { health: () => [], credits: () => sampled };
  await using viewer = await startViewer({
    reader: openReader(world.config.data_dir),
    limits,
    now: () => NOW,
  });
  const shown = async () =>
    parseExposition(await (await viewer.get("/metrics")).text()).get(
      'codex_credits_remaining{account="default"}',
    );

  world.write(ROLLOUT, jsonl(head, sample(1, bought("37.50")), sample(2, null)));
  await world.read();
  expect(await shown()).toBe(37.5);
  world.append(ROLLOUT, jsonl(sample(5, bought("12.5")), sample(4, bought("20"))));
  await world.read();
  expect(await shown()).toBe(12.5);
  world.pipeline.collector.reindex(["codex"]);
  await world.read();
  expect(await shown()).toBe(12.5);

  const reading = {
    source: "codex",
    account: "default",
    limit_id: "codex",
    has_credits: true,
    is_unlimited: false,
  } as const;
  sampled.push({ ...reading, balance: 9, time_unix_ms: NOW - 3_600_000 });
  expect(await shown()).toBe(12.5);
  sampled[0] = { ...reading, balance: 9, time_unix_ms: NOW };
  expect(await shown()).toBe(9);
  const { data } = parseAnswer("GET /api/limits", await (await viewer.get("/api/limits")).json());
  expect(data.credits).toEqual([{ ...reading, balance: 9, time_unix_ms: NOW }]);
  world.close();
});

test("C-17 the recorded rollouts give the credits that the backend served", async () => {
  const world = createWorld();
  cpSync(join(import.meta.dir, "../fixtures/codex/home"), world.path(".codex"), { recursive: true });
  await world.read();
  expect(world.all("select limit_id, has_credits, is_unlimited, balance from credit_readings")).toEqual([
    { limit_id: "codex", has_credits: 1, is_unlimited: 0, balance: 37.5 },
    { limit_id: "codex_mini", has_credits: 1, is_unlimited: 0, balance: 37.5 },
  ]);
  world.close();
});
